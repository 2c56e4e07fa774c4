"""Keep the counted days up to date: recount whole days that were touched, so that doing it twice, late or in
another order leads to the same figures."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from math import inf
from time import monotonic
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import TruncDate
from django.utils import timezone

from analytics.counting import SETS, cut, flags
from analytics.models import FIGURES, ROLLUPS, CountedDay, RollupState, TouchedDay
from flowpilot.accounts.models import Account
from flowpilot.core.moments import midnight, zone_named
from sessions.models import AISession
from sessions.sets import DURABLE_AFTER

LOCK: Final = "analytics: counted days"
AT_ONCE: Final = 14
"""Days that one transaction recounts."""
WRITTEN_AT_ONCE: Final = 2000
ONE_DAY: Final = timedelta(days=1)
NEIGHBOURS: Final = (-ONE_DAY, timedelta(0), ONE_DAY)
"""A day of UTC touches these days of any time zone."""
CUTS: Final = ("team_id", "tier", "domain", "flow_id", "client_id", "decile")
Progress = Callable[[int], None]


def catch_up(
    account: Account,
    *,
    now: datetime | None = None,
    deadline: float = inf,
    progress: Progress = lambda done: None,
) -> int:
    """Recount the account's touched days, the newest first, until the deadline (`monotonic`); returns how
    many. What is left over stays marked. `progress` hears of the days as they are done."""
    now, done = now or timezone.now(), 0
    _mark_what_waited(account, now)
    while monotonic() < deadline:
        counted = _recount_some(account.pk, zone_named(account.time_zone), now)
        if not counted:
            break
        done += counted
        progress(counted)
    return done


@transaction.atomic
def mark_everything(account_id: UUID) -> int:
    """Have every day counted anew, those too on which no session is left; returns how many."""
    days: set[date] = set()
    for model in ROLLUPS:
        days.update(model.objects.for_account(account_id).values_list("day", flat=True).distinct())
    return _mark(account_id, days | _days(Q(), account_id))


def waiting(account_id: UUID) -> int:
    """How many days are marked."""
    return TouchedDay.objects.for_account(account_id).values("day").distinct().count()


@transaction.atomic
def _mark_what_waited(account: Account, now: datetime) -> None:
    """Mark the days of sessions that came to be old enough since the last time; all days, when the account's
    days are others than before."""
    state = RollupState.objects.for_account(account.pk).select_for_update().first()
    if state is None or state.time_zone != account.time_zone:
        mark_everything(account.pk)
    else:
        waited = Q(resolved_at__gt=state.counted_at - DURABLE_AFTER, resolved_at__lte=now - DURABLE_AFTER)
        _mark(account.pk, _days(waited, account.pk))
    RollupState.objects.update_or_create(
        account=account, defaults={"counted_at": now, "time_zone": account.time_zone}
    )


def _days(which: Q, account_id: UUID) -> set[date]:
    rows = AISession.objects.for_account(account_id).filter(which)
    days = rows.annotate(day=TruncDate("created_at", tzinfo=ZoneInfo("UTC"))).order_by()
    return set(days.values_list("day", flat=True).distinct())


def _mark(account_id: UUID, days: Iterable[date]) -> int:
    marks = [TouchedDay(account_id=account_id, day=day) for day in sorted(days)]
    return len(TouchedDay.objects.bulk_create(marks, batch_size=WRITTEN_AT_ONCE))


@transaction.atomic
def _recount_some(account_id: UUID, zone: ZoneInfo, now: datetime) -> int:
    """Take the newest marks away and recount around them. A change that commits after they were taken has a
    mark of its own, which stays; one that committed before is seen by what is read afterwards."""
    marks = TouchedDay.objects.for_account(account_id)
    touched = list(marks.order_by("-day").values_list("day", flat=True).distinct()[:AT_ONCE])
    if not touched:
        return 0
    marks.filter(day__in=touched).delete()
    days = sorted({day + shift for day in touched for shift in NEIGHBOURS})
    cells: dict[type[CountedDay], list[CountedDay]] = {model: [] for model in ROLLUPS}
    for cell in _counted(account_id, days, zone, now):
        cells[type(cell)].append(cell)
    for model, rows in cells.items():
        model.objects.for_account(account_id).filter(day__in=days).delete()
        model.objects.bulk_create(rows, batch_size=WRITTEN_AT_ONCE)
    return len(touched)


def _counted(account_id: UUID, days: Sequence[date], zone: ZoneInfo, now: datetime) -> Iterator[CountedDay]:
    """The cells of all tables, from one look at the sessions of these days."""
    rows = AISession.objects.for_account(account_id).filter(_within(days, zone))
    cutting = cut(rows, zone, "day", *CUTS).annotate(**flags(now)).order_by()
    columns = ("day", *CUTS, *SETS, "session_rating", "confidence_score")
    sql, parameters = cutting.values(*columns).query.sql_with_params()
    sums = [f"count(*) FILTER (WHERE {name})" for name in SETS]
    by = [f"(day, {', '.join(model.DIMENSIONS)})" for model in ROLLUPS]
    whole = (
        f"SELECT GROUPING({', '.join(CUTS)}), day, {', '.join(CUTS)}, count(*), {', '.join(sums)},"  # noqa: S608
        " coalesce(sum(session_rating), 0),"
        " coalesce(sum(confidence_score) FILTER (WHERE ended AND decile IS NOT NULL), 0)"
        f" FROM ({sql}) AS sessions GROUP BY GROUPING SETS ({', '.join(by)})"
    )
    names = ("day", *CUTS, *FIGURES, "rating_sum", "score_sum")
    with connection.cursor() as cursor:
        cursor.execute(whole, parameters)
        for grouping, *values in cursor:
            model, row = _TABLES[grouping], dict(zip(names, values, strict=True))
            if model is not None and _belongs(model, row):
                unused = set(CUTS) - set(model.DIMENSIONS)
                kept = {name: value for name, value in row.items() if name not in unused}
                yield model(account_id=account_id, **kept)


def _belongs(model: type[CountedDay], row: dict[str, Any]) -> bool:
    """Sessions without a flow are in no cell of a flow, those without a score in none of a score."""
    return all(row[name] is not None for name in ("flow_id", "decile") if name in model.DIMENSIONS)


def _within(days: Sequence[date], zone: ZoneInfo) -> Q:
    """Begun on one of the days, which are in order: a condition for each run of them."""
    found, first = Q(), days[0]
    for day, following in zip(days, [*days[1:], None], strict=True):
        if following != day + ONE_DAY:
            begun = {
                "created_at__gte": midnight(first, zone),
                "created_at__lt": midnight(day + ONE_DAY, zone),
            }
            found |= Q(**begun)
            first = following or day
    return found


def _grouping(model: type[CountedDay]) -> int:
    """What PostgreSQL's GROUPING() says of the table's cells: a bit for each dimension that they lack."""
    return sum(
        1 << (len(CUTS) - 1 - place) for place, name in enumerate(CUTS) if name not in model.DIMENSIONS
    )


_TABLES: Final = {_grouping(model): model for model in ROLLUPS}
