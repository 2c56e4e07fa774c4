"""Moments that come from outside, as the database takes them: in UTC, between the years 1 and 9999; and the
days of a time zone."""

from datetime import UTC, date, datetime, time
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils import timezone


def moment_of(text: str) -> datetime:
    """Reads ISO 8601 with a zone; ValueError for whatever no row can have."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return in_utc(moment)


def in_utc(moment: datetime) -> datetime:
    """ValueError when the zone leads out of the years that there are."""
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{moment.isoformat()} is not between the years 1 and 9999 in UTC") from error


def seconds_until(http_date: str) -> float | None:
    """From now to a moment as headers of HTTP write it, 0 for a past one; None for what is no such moment."""
    try:
        moment = parsedate_to_datetime(http_date)
    except (ValueError, OverflowError):  # a year or a zone of twenty digits
        return None
    at = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max((at - timezone.now()).total_seconds(), 0.0)


def zone_named(name: str) -> ZoneInfo:
    """The time zone; UTC for a name that nobody knows."""
    return known_zone(name) or ZoneInfo("UTC")


def known_zone(name: str) -> ZoneInfo | None:
    """The time zone, or None. Zones are files: part of a name, such as "Europe", is a folder."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """When the day begins there, in UTC. ValueError at the ends of time."""
    return in_utc(datetime.combine(day, time.min, tzinfo=zone))
