"""Moments that come from outside, as the database takes them: in UTC, between the years 1 and 9999; and the
days of a time zone."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


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


def zone_named(name: str) -> ZoneInfo:
    """The time zone; UTC for a name that nobody knows."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """When the day begins there, in UTC. ValueError at the ends of time."""
    return in_utc(datetime.combine(day, time.min, tzinfo=zone))
