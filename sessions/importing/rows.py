"""One record of an export as a typed ticket, or the reason why it cannot be one."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from django.utils.html import strip_tags
from django.utils.translation import gettext as _

from flowpilot.core.text import TextTooLong, checked_text, clean_line, clean_text
from sessions.importing.columns import Columns
from sessions.importing.dates import parse_date
from sessions.importing.errors import UnusableRow

TITLE_LIMIT = 300
DESCRIPTION_LIMIT = 100_000
"""A longer problem text is cut: what matters of a problem stands at its beginning."""
RESOLUTION_LIMIT = 100_000
"""A longer resolution is refused: cut, it would teach a flow that ends in its middle."""
ID_LIMIT = 190
LINE_LIMITS = {"category": 100, "status": 60, "client": 200, "assignee": 200, "priority": 60}

_EMPTY = {"", "?", "-", "--", "n/a", "na", "none", "null", "nil", "nan", "(null)", "undefined"}
_ENDED = re.compile(
    r"(?:^|[^a-z])(?:resolved|closed?|solved|completed?|done|fixed|finished)(?:$|[^a-z])", re.I
)
_NOT_ENDED = re.compile(
    r"\b(?:not|no|un\w+|cancel\w*|re-?open\w*|duplicate\w*|rejected|waiting|pending)\b", re.I
)


@dataclass(frozen=True)
class Reading:
    """How the rows of one file are to be read."""

    zone: tzinfo
    day_first: bool = False
    any_status: bool = False


@dataclass(frozen=True)
class TicketRow:
    line: int
    external_id: str
    """The ticket's id in its system; without one, `sha256:` and the hash of its content."""
    has_id: bool
    title: str
    description: str
    resolution: str
    category: str
    status: str
    client: str
    assignee: str
    priority: str
    opened_at: datetime | None
    closed_at: datetime | None
    unread_dates: tuple[str, ...]
    """Dates that were there but could not be read; the row goes in without them."""


def ticket_row(line: int, values: Mapping[str, object], columns: Columns, reading: Reading) -> TicketRow:
    """Clean and check one record. Raises `UnusableRow` with the reason."""
    raw = {field: _first(values, names) for field, names in columns.items()}
    short = {field: _line(raw.get(field), limit) for field, limit in LINE_LIMITS.items()}
    description = clean_text(raw.get("description"), limit=DESCRIPTION_LIMIT)
    title = _line(raw.get("title"), TITLE_LIMIT) or _first_line(description)
    resolution = _checked(raw.get("resolution"), RESOLUTION_LIMIT, "resolution")
    _refuse_unfit(title, resolution, short["status"], reading)
    given_id = _checked(raw.get("external_id"), ID_LIMIT, "external_id")
    opened, closed = (_date(raw.get(field), reading) for field in ("opened_at", "closed_at"))
    if opened and closed and opened > closed:
        opened = None
    return TicketRow(
        line=line,
        external_id=given_id or _content_id(title, description, resolution),
        has_id=bool(given_id),
        title=title,
        description=description,
        resolution=resolution,
        opened_at=opened,
        closed_at=closed,
        unread_dates=_unread(raw, opened, closed, reading),
        **short,
    )


def _refuse_unfit(title: str, resolution: str, status: str, reading: Reading) -> None:
    if not title:
        raise UnusableRow(_("no problem text: title and description are empty"))
    if resolution.casefold() in _EMPTY:
        raise UnusableRow(_("no resolution"))
    if status and not reading.any_status and not is_ended(status):
        raise UnusableRow(
            _("the status “%(status)s” is neither resolved nor closed (--any-status takes it)")
            % {"status": status}
        )


def is_ended(status: str) -> bool:
    """By the words of the status; boards name theirs freely (``>Closed``, ``Completed - billed``)."""
    return bool(_ENDED.search(status)) and not _NOT_ENDED.search(status)


def _first(values: Mapping[str, object], names: tuple[str, ...]) -> object:
    for name in names:
        value = _flat(values.get(name))
        if value is not None and value != "":
            return value
    return None


def _flat(value: object) -> object:
    """What an API nests: the name of a referenced thing, the lines of a list."""
    if isinstance(value, dict):
        named = (value.get(key) for key in ("name", "label", "value", "displayName", "text", "title"))
        return next((each for each in named if isinstance(each, str | int | float) and each != ""), None)
    if isinstance(value, list):
        lines = (
            clean_text(_flat(each), limit=RESOLUTION_LIMIT) for each in value if not isinstance(each, list)
        )
        return "\n".join(line for line in lines if line)
    return value


def _line(value: object, limit: int) -> str:
    text = clean_line(value, limit=limit)
    return "" if text.casefold() in _EMPTY else text


def _first_line(text: str) -> str:
    lines = (clean_line(strip_tags(line), limit=TITLE_LIMIT) for line in text[:4000].split("\n"))
    return next((line for line in lines if line), "")


def _checked(value: object, limit: int, field: str) -> str:
    try:
        return checked_text(value, limit=limit, field=field)
    except TextTooLong as error:
        raise UnusableRow(str(error)) from error


def _date(value: object, reading: Reading) -> datetime | None:
    text = clean_line(value, limit=80)
    return parse_date(text, day_first=reading.day_first, zone=reading.zone) if text else None


def _unread(
    raw: Mapping[str, object], opened: datetime | None, closed: datetime | None, reading: Reading
) -> tuple[str, ...]:
    given = (raw.get("opened_at") if not opened else None, raw.get("closed_at") if not closed else None)
    texts = (_line(value, 80) for value in given if value is not None)
    return tuple(text for text in texts if text and not _date(text, reading))


def _content_id(title: str, description: str, resolution: str) -> str:
    content = "\x00".join((title, description, resolution)).encode()
    return "sha256:" + hashlib.sha256(content).hexdigest()
