"""Days put together to columns of a chart: days, weeks, months and so on, so that there are not too many."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any, Final

from django.db.models import Case, DateField, F, When
from django.db.models.functions import Cast, Trunc
from django.utils.formats import date_format

from analytics.scope import ONE_DAY, Scope

UNITS: Final = ((45, "day"), (53 * 7, "week"), (4 * 366, "month"), (12 * 366, "quarter"))
"""Up to so many days: some fifty columns at most."""
LONGEST_UNIT: Final = "year"
MONTHS: Final[Mapping[str, int]] = {"month": 1, "quarter": 3, "year": 12}
LABELS: Final[Mapping[str, str]] = {
    "day": "j M",
    "week": "j M",
    "month": "M Y",
    "quarter": "M Y",
    "year": "Y",
}


@dataclass(frozen=True)
class Period:
    """From one day to another, both included; `label` stands under its column."""

    since: date
    until: date
    label: str

    @cached_property
    def title(self) -> str:
        if self.since == self.until:
            return date_format(self.since, "j M Y")
        return f"{date_format(self.since, 'j M Y')} – {date_format(self.until, 'j M Y')}"


def unit_of(scope: Scope) -> str:
    return next((unit for days, unit in UNITS if scope.days <= days), LONGEST_UNIT)


def periods(scope: Scope) -> dict[date, Period]:
    """In order, by the first day of the whole day, week and so on; the first and last may be cut short."""
    unit, found, last = unit_of(scope), {}, scope.since - ONE_DAY
    while last < scope.until:
        since = last + ONE_DAY
        first, last = _bounds(since, unit)
        until = min(last, scope.until)
        found[first] = Period(since, until, date_format(since, LABELS[unit]))
    return found


def _bounds(day: date, unit: str) -> tuple[date, date]:
    """The first and the last day of the unit that the day is in."""
    if unit == "day":
        return day, day
    if unit == "week":
        first = day - timedelta(days=day.weekday())
        return first, first + timedelta(days=6)
    months = MONTHS[unit]
    first = day.replace(month=(day.month - 1) // months * months + 1, day=1)
    return first, (first + timedelta(days=31 * months)).replace(day=1) - ONE_DAY


def period_in_database(scope: Scope) -> Any:
    """The key in `periods` of a row's column `day`; NULL before the scope's days."""
    unit = unit_of(scope)
    first = F("day") if unit == "day" else Cast(Trunc("day", unit), DateField())
    return Case(When(day__gte=scope.since, then=first))
