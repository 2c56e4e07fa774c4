"""Days put together to columns of a chart: days, weeks or months, so that there are not too many."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.utils.formats import date_format

from analytics.scope import ONE_DAY, Scope

MOST_DAYS: Final = 45
MOST_WEEKS: Final = 53 * 7


@dataclass(frozen=True)
class Period:
    """From one day to another, both included."""

    since: date
    until: date

    @property
    def label(self) -> str:
        return date_format(self.since, "j M")

    @property
    def title(self) -> str:
        if self.since == self.until:
            return date_format(self.since, "j M Y")
        return f"{date_format(self.since, 'j M Y')} – {date_format(self.until, 'j M Y')}"


def periods(scope: Scope) -> list[Period]:
    """Days up to some six weeks, weeks up to a year, months beyond; the first and last may be shorter."""
    found, first = [], scope.since
    while first <= scope.until:
        last = min(_last_of(first, scope.days), scope.until)
        found.append(Period(first, last))
        first = last + ONE_DAY
    return found


def _last_of(day: date, days: int) -> date:
    if days <= MOST_DAYS:
        return day
    if days <= MOST_WEEKS:
        return day + timedelta(days=6 - day.weekday())
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1) - ONE_DAY


def place_of(day: date, found: Iterable[Period]) -> int:
    """Which of the periods, in order, the day is in."""
    return next(place for place, period in enumerate(found) if period.since <= day <= period.until)
