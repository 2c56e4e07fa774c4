"""Opening an export as text: gzip by its magic number, the encoding by its bytes. One pass, no look-ahead.

UTF-8 with bytes that are not UTF-8 is read as cp1252 at just those bytes. That reads pure cp1252 files,
and also the mixed ones that appear when exports of several systems are pasted together.
"""

import codecs
import gzip
import io
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TextIO

from django.utils.translation import gettext as _

from sessions.importing.errors import UnusableFile

SAMPLE = 4096
_GZIP = b"\x1f\x8b"
_FOREIGN = {
    b"PK\x03\x04": "Excel / zip",
    b"\xd0\xcf\x11\xe0": "Excel 97",
    b"%PDF": "PDF",
    b"\x89PNG": "PNG",
    b"SQLi": "SQLite",
    b"\xfd7zX": "xz",
    b"7z\xbc\xaf": "7-Zip",
}
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def _as_cp1252(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("flowpilot.cp1252", _as_cp1252)


@dataclass
class TextFile:
    """An open export. `position` and `size` are bytes on disk, for a progress bar."""

    text: TextIO
    size: int
    _raw: BinaryIO

    @property
    def position(self) -> int:
        return self._raw.tell()

    def close(self) -> None:
        self.text.close()
        self._raw.close()


def open_text(path: Path) -> TextFile:
    """Open `path` for reading line by line; line ends are kept as they are.

    Raises `UnusableFile` for what is missing, unreadable, empty or no text file.
    """
    try:
        size = path.stat().st_size
        raw = path.open("rb")
    except OSError as error:
        raise UnusableFile(
            _("Cannot read %(path)s: %(reason)s.") % {"path": path, "reason": error.strerror}
        ) from error
    try:
        return TextFile(_decoded(raw, path), size, raw)
    except (OSError, EOFError) as error:
        raw.close()
        raise UnusableFile(
            _("Cannot read %(path)s: %(reason)s.") % {"path": path, "reason": error}
        ) from error
    except UnusableFile:
        raw.close()
        raise


def _decoded(raw: BinaryIO, path: Path) -> TextIO:
    zipped = raw.read(2) == _GZIP
    raw.seek(0)
    binary: BinaryIO = gzip.GzipFile(fileobj=raw) if zipped else raw  # type: ignore[assignment]
    sample = binary.read(SAMPLE)
    if not sample.strip():
        raise UnusableFile(_("%(path)s is empty.") % {"path": path})
    for magic, name in _FOREIGN.items():
        if sample.startswith(magic):
            raise UnusableFile(
                _("%(path)s is not a text file but %(kind)s. Export it as CSV, TSV, JSON or JSONL.")
                % {"path": path, "kind": name}
            )
    binary.seek(0)
    encoding = encoding_of(sample)
    errors = "flowpilot.cp1252" if encoding == "utf-8-sig" else "replace"
    return io.TextIOWrapper(binary, encoding, errors, newline="")


def encoding_of(sample: bytes) -> str:
    """By its byte order mark; without one, UTF-16 shows in the zeros between Latin letters."""
    for mark, name in _MARKS:
        if sample.startswith(mark):
            return name
    half = len(sample) // 2
    if half and sample[1::2].count(0) > half * 0.4:
        return "utf-16-le"
    if half and sample[0::2].count(0) > half * 0.4:
        return "utf-16-be"
    return "utf-8-sig"
