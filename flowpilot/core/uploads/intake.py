"""What is kept of a file that somebody sends: pixels of an image, characters of a text, and nothing else.
Secrets that are recognised in a text are masked before it is kept.

The name says what it is meant to be; what it is decides its content.
"""

import unicodedata
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from flowpilot.core.redaction import mask_secrets
from flowpilot.core.text import clean_line

FILE_LIMIT: Final = 10 * 2**20
"""Bytes of one file."""
NAME_LIMIT: Final = 200
IMAGES: Final = (".png", ".jpg", ".jpeg", ".gif", ".webp")
TEXTS: Final = (".txt", ".log", ".csv")
ACCEPTED: Final = (*IMAGES, *TEXTS)
DECODER: Final = "flowpilot.core.uploads.images.bare"
"""Loaded by the first image of a process: its library takes 2 MB, and most processes never see one."""

_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
_UNSEEN: Final = ("Cc", "Cf", "Cn", "Co")


class UnusableUpload(Exception):
    """A file that is not taken; the message names it and says why."""


@dataclass(frozen=True)
class Prepared:
    """What is kept of a file. `width` and `height` are None for texts."""

    name: str
    media_type: str
    content: bytes
    width: int | None = None
    height: int | None = None


def prepared(name: str, content: bytes) -> Prepared:
    """What may be kept of a file. Raises `UnusableUpload`."""
    shown = mask_secrets(clean_name(name)).text
    ending = PurePath(shown).suffix.lower()
    if len(content) > FILE_LIMIT:
        said = _("“%(name)s” has more than %(megabytes)d MB.")
        raise UnusableUpload(said % {"name": shown, "megabytes": FILE_LIMIT // 2**20})
    if not content:
        raise UnusableUpload(_("“%(name)s” is empty.") % {"name": shown})
    if ending in IMAGES:
        image: Prepared = import_string(DECODER)(shown, content)
        return image
    if ending in TEXTS:
        return Prepared(shown, "text/plain", mask_secrets(_text(shown, content)).text.encode())
    accepted = ", ".join(each.removeprefix(".") for each in ACCEPTED)
    said = _("“%(name)s” is of a kind that is not taken. Taken are: %(accepted)s.")
    raise UnusableUpload(said % {"name": shown, "accepted": accepted})


def clean_name(name: str) -> str:
    """The last part of a name, on one line, without what turns writing around; with its ending."""
    last = clean_line(name, limit=10_000).replace("\\", "/").rsplit("/", 1)[-1]
    visible = "".join(
        letter for letter in last if unicodedata.category(letter) not in ("Cf", "Cc", "Co", "Cn")
    )
    stem, ending = PurePath(visible).stem, PurePath(visible).suffix[:20]
    return f"{stem[: NAME_LIMIT - len(ending)]}{ending}".strip() or _("file")


def _text(name: str, content: bytes) -> str:
    """Characters of a log: UTF-8, UTF-16 with its mark, else Windows' Latin. NUL shows that it is none."""
    if content.startswith(_UTF16_MARKS):
        text = content.decode("utf-16", "replace")
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("cp1252", "replace")
    if "\x00" in text:
        raise UnusableUpload(_("“%(name)s” is not text.") % {"name": name})
    return text
