"""Dates as exports write them."""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from email.utils import parsedate_to_datetime

from django.utils import timezone

EARLIEST = datetime(1990, 1, 2, tzinfo=UTC)
"""Older ones are a system's way of saying "none" (1899-12-30, 1900-01-01, 1970-01-01)."""

_NUMERIC = re.compile(
    r"(?P<first>\d{1,2})(?P<sep>[/.-])(?P<second>\d{1,2})(?P=sep)(?P<year>\d{4}|\d{2})"
    r"(?:[ T,]{1,3}(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second_of>\d{2})(?:\.\d{1,9})?)?"
    r"(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?)?$"
)
_EPOCH = re.compile(r"\d{10}(?:\d{3})?$")
_WEEKDAY = re.compile(r"^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,?\s+", re.IGNORECASE)
_TEXTUAL = tuple(
    f"{date}{time}"
    for date in ("%b %d %Y", "%B %d %Y", "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%b-%y")
    for time in ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", " %I:%M%p")
)


def parse_date(text: str, *, day_first: bool, zone: tzinfo) -> datetime | None:
    """Read an ISO, numeric (US unless `day_first`; with dots always day first), textual or epoch date.

    Times without an offset are in `zone`. None for what cannot be read, is incomplete, is older than
    `EARLIEST` or lies in the future.
    """
    found = _iso(text) or _numeric(text, day_first) or _epoch(text) or _textual(text)
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


def _textual(text: str) -> datetime | None:
    """Dates with an English month name, and those of mail headers."""
    words = _WEEKDAY.sub("", text).replace(",", " ").replace(" at ", " ").split()
    for form in _TEXTUAL:
        try:
            return datetime.strptime(" ".join(words), form)  # noqa: DTZ007 the zone is the caller's
        except ValueError:
            continue
    try:
        return parsedate_to_datetime(text)
    except ValueError:
        return None
