"""When people work: mostly on weekdays between eight and six, in their own time zone."""

from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from random import Random
from zoneinfo import ZoneInfo

DAYS = 90
_WEEKDAYS = (1.35, 1.1, 1.05, 1.0, 0.8, 0.07, 0.04)
"""Monday to Sunday, relative."""
_HOURS = {7: 0.3, 8: 1.3, 9: 2.0, 10: 1.7, 11: 1.3, 12: 0.7, 13: 1.2, 14: 1.5, 15: 1.2, 16: 0.9, 17: 0.4}
_GROWTH = 0.5
"""How many more sessions the last day has than the first: the tool is catching on."""


def moments(rng: Random, count: int, now: datetime, zone: str) -> list[datetime]:
    """`count` moments of the last 90 days (UTC, unsorted); none in the last day, so that all can end.

    One moment falls into each of `count` equally busy parts of the time, so no part is left out.
    """
    here = ZoneInfo(zone)
    days = [now.astimezone(here) - timedelta(days=back) for back in range(DAYS, 1, -1)]
    busy = list(
        accumulate(_WEEKDAYS[day.weekday()] * (1 - _GROWTH * (now - day).days / DAYS) for day in days)
    )
    places = [bisect_right(busy, (part + rng.random()) / count * busy[-1]) for part in range(count)]
    chosen = [_at_work(rng, days[min(place, len(days) - 1)]) for place in places]
    rng.shuffle(chosen)
    return chosen


def recent(rng: Random, now: datetime, *, within: timedelta) -> datetime:
    """A moment shortly before `now`, at any hour: what is open now has just begun."""
    return now - timedelta(minutes=rng.uniform(20, within.total_seconds() / 60))


def _at_work(rng: Random, day: datetime) -> datetime:
    hour = rng.choices(list(_HOURS), list(_HOURS.values()))[0]
    local = day.replace(hour=hour, minute=rng.randrange(60), second=rng.randrange(60), microsecond=0)
    return local.astimezone(UTC)
