"""Dates as exports write them."""

import re
from datetime import UTC, datetime, timedelta, tzinfo

from dateutil import parser as dateutil_parser
from django.utils import timezone

EARLIEST = datetime(1990, 1, 2, tzinfo=UTC)
"""Older ones are a system's way of saying "none" (1899-12-30, 1900-01-01, 1970-01-01)."""

_NUMERIC = re.compile(
    r"(?P<first>\d{1,2})(?P<sep>[/.-])(?P<second>\d{1,2})(?P=sep)(?P<year>\d{4}|\d{2})"
    r"(?:[ T,]{1,3}(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second_of>\d{2})(?:\.\d{1,9})?)?"
    r"(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?)?$"
)
_EPOCH = re.compile(r"\d{10}(?:\d{3})?$")
_FILL = (datetime(2000, 1, 1), datetime(2001, 2, 2))  # noqa: DTZ001 two different fillers, to see what is missing


def parse_date(text: str, *, day_first: bool, zone: tzinfo) -> datetime | None:
    """Read an ISO, numeric (US unless `day_first`; with dots always day first), textual or epoch date.

    Times without an offset are in `zone`. None for what cannot be read, is incomplete, is older than
    `EARLIEST` or lies in the future.
    """
    found = _iso(text) or _numeric(text, day_first) or _epoch(text) or _textual(text, day_first)
    if found is None:
        return None
    try:
        found = (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    return found if EARLIEST <= found <= timezone.now() + timedelta(days=1) else None


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _numeric(text: str, day_first: bool) -> datetime | None:
    match = _NUMERIC.match(text)
    if not match:
        return None
    first, second = int(match["first"]), int(match["second"])
    day, month = (first, second) if day_first or match["sep"] == "." else (second, first)
    year = int(match["year"]) + (2000 if len(match["year"]) == 2 else 0)
    hour = _hour(int(match["hour"] or 0), match["half"])
    try:
        return datetime(year, month, day, hour, int(match["minute"] or 0), int(match["second_of"] or 0))  # noqa: DTZ001
    except ValueError:
        return None


def _hour(hour: int, half: str | None) -> int:
    if not half:
        return hour
    return hour % 12 + (12 if half in "Pp" else 0)


def _epoch(text: str) -> datetime | None:
    if not _EPOCH.match(text):
        return None
    return datetime.fromtimestamp(int(text[:10]), tz=UTC)


def _textual(text: str, day_first: bool) -> datetime | None:
    """Dates with month names. Read twice with different fillers: what differs was not in the text."""
    if len(text) > 60 or not any(c.isalpha() for c in text) or not any(c.isdigit() for c in text):
        return None
    try:
        one, two = (dateutil_parser.parse(text, dayfirst=day_first, default=fill) for fill in _FILL)
    except (ValueError, OverflowError, TypeError, AttributeError):
        return None
    return one if one.date() == two.date() else None
