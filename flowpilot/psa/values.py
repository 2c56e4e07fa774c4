"""Reading what vendors answer: keys that are missing or null, dates that mean "none", texts with markup."""

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any, Final

from flowpilot.core.text import clean_line, clean_text

LINE: Final = 500
TEXT: Final = 100_000
FIRST_YEAR: Final = 1971
"""Vendors write 1899-12-30, 1900-01-01 or 1970-01-01 where there is no date."""
_BLOCKS: Final = re.compile(
    r"address|article|blockquote|br|d[dlt]|div|h[1-6r]|li|[ou]l|p|pre|section|t(able|[dhr])"
)
_UNSEEN: Final = frozenset(("script", "style", "head", "title", "template"))


def at(data: Any, *path: str | int) -> Any:
    """What stands at a path of keys and indices; None where it ends before."""
    for step in path:
        if isinstance(step, int):
            data = data[step] if isinstance(data, list) and len(data) > step else None
        else:
            data = data.get(step) if isinstance(data, dict) else None
    return data


def line_at(data: Any, *path: str | int) -> str:
    """A text of one line; "" where there is none. Numbers are written out, objects are nothing."""
    value = at(data, *path)
    return "" if isinstance(value, dict | list | bool) else clean_line(value, limit=LINE)


def text_at(data: Any, *path: str | int) -> str:
    """A text of any number of lines; "" where there is none."""
    value = at(data, *path)
    return clean_text(value, limit=TEXT) if isinstance(value, str) else ""


def rows_at(data: Any, *path: str | int) -> list[dict[str, Any]]:
    """The objects of a list; what is no object is left out."""
    rows = at(data, *path)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def moment_at(data: Any, *path: str | int) -> datetime | None:
    """A moment, taken as UTC where it names no zone; None for none, for what cannot be read and for dates
    that stand for none."""
    value = at(data, *path)
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        if moment is None or moment.year < FIRST_YEAR:
            return None
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def fitted(text: str, limit: int) -> str:
    """A text within so many characters. Its last line stays, whatever goes: there the marker is."""
    if len(text) <= limit:
        return text
    last = "\n…\n" + text.rpartition("\n")[2]
    return text[: limit - len(last)].rstrip() + last


def plain(html: str) -> str:
    """The text of a piece of HTML, with line breaks where blocks end."""
    reader = _Text()
    reader.feed(html[: 4 * TEXT])
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.pieces).split("\n"))
    text = "\n".join(lines)
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return clean_text(text, limit=TEXT)


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in _UNSEEN
        if _BLOCKS.fullmatch(tag):
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN and self._hidden:
            self._hidden -= 1
        if _BLOCKS.fullmatch(tag):
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.pieces.append(" ".join(data.split("\n")))
