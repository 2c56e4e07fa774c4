"""Keep the counted days up to date: recount whole days that were touched, so that doing it twice, late or in
another order leads to the same figures."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from math import inf
from time import monotonic
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import TruncDate
from django.utils import timezone

from analytics.counting import FATES_OF, SETS, SUMS, cut, flags
from analytics.models import FATES, FIGURES, ROLLUPS, CountedDay, RollupState, TouchedDay
from flowpilot.accounts.models import Account
from flowpilot.core.moments import midnight, zone_named
from sessions.models import AISession
from sessions.sets import DURABLE_AFTER

LOCK: Final = "analytics: counted days"
AT_ONCE: Final = 28
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
    return mark(account_id, days | _days(Q(), account_id))


def waiting(account_id: UUID) -> int:
    """How many days are marked."""
    return TouchedDay.objects.for_account(account_id).values("day").distinct().count()


def last_counted(account: Account) -> datetime | None:
    state = RollupState.objects.for_account(account.pk).first()
    return state.counted_at if state else None


@transaction.atomic
def _mark_what_waited(account: Account, now: datetime) -> None:
    """Mark the days of sessions that came to be old enough since the last time; all days, when the account's
    days are others than before."""
    state = RollupState.objects.for_account(account.pk).select_for_update().first()
    if state is None or state.time_zone != account.time_zone:
        mark_everything(account.pk)
    else:
        waited = Q(resolved_at__gt=state.counted_at - DURABLE_AFTER, resolved_at__lte=now - DURABLE_AFTER)
        mark(account.pk, _days(waited, account.pk))
    RollupState.objects.update_or_create(
        account=account, defaults={"counted_at": now, "time_zone": account.time_zone}
    )


def _days(which: Q, account_id: UUID) -> set[date]:
    rows = AISession.objects.for_account(account_id).filter(which)
    days = rows.annotate(day=TruncDate("created_at", tzinfo=ZoneInfo("UTC"))).order_by()
    return set(days.values_list("day", flat=True).distinct())


def days_in_utc(moments: Iterable[datetime]) -> set[date]:
    """As marks name them."""
    return {moment.astimezone(UTC).date() for moment in moments}


def mark(account_id: UUID, days: Iterable[date]) -> int:
    """Have these days counted anew."""
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
    for model in ROLLUPS:
        model.objects.for_account(account_id).filter(day__in=days).delete()
    _count(account_id, days, zone, now)
    return len(touched)


def _count(account_id: UUID, days: Sequence[date], zone: ZoneInfo, now: datetime) -> None:
    """Fill the cells of all tables from one look at the sessions of these days, within the database: a busy
    day has hundreds of cells."""
    rows = AISession.objects.for_account(account_id).filter(_within(days, zone))
    fates = {name: fate.bits() for name, fate in FATES_OF.items()}
    cutting = cut(rows, zone, "day", "said", *CUTS).annotate(**flags(now), **fates).order_by()
    columns = ("day", *CUTS, *SETS, *fates, "session_rating", "said")
    sql, parameters = cutting.values(*columns).query.sql_with_params()
    wanted = {name: name for name in SETS}
    for column, fate in FATES_OF.items():
        wanted |= fate.filters(column)
    sums = [f"count(*) FILTER (WHERE {condition}) AS {name}" for name, condition in wanted.items()]
    cuts, by = ", ".join(CUTS), [f"(day, {', '.join(model.DIMENSIONS)})" for model in ROLLUPS]
    filled = ", ".join(_filling(model) for model in ROLLUPS)
    whole = (
        f"WITH counted AS MATERIALIZED (SELECT GROUPING({cuts}) AS grouped, day, {cuts},"  # noqa: S608
        f" count(*) AS sessions, {', '.join(sums)}, coalesce(sum(session_rating), 0) AS rating_sum,"
        " coalesce(sum(said) FILTER (WHERE ended AND decile IS NOT NULL), 0) AS score_sum"
        f" FROM ({sql}) AS sessions GROUP BY GROUPING SETS ({', '.join(by)})), {filled} SELECT"
    )
    with connection.cursor() as cursor:
        cursor.execute(whole, [*parameters, *[account_id] * len(ROLLUPS)])


def _filling(model: type[CountedDay]) -> str:
    """Sessions without a flow are in no cell of a flow, those without a score in none of a score."""
    table = model._meta.db_table
    names = ", ".join(("day", *model.DIMENSIONS, *FIGURES, *FATES, *SUMS))
    there = [f"{name} IS NOT NULL" for name in ("flow_id", "decile") if name in model.DIMENSIONS]
    which = " AND ".join([f"grouped = {_grouping(model)}", *there])
    return (
        f"{table}_filled AS (INSERT INTO {table} (id, account_id, created_at, {names})"  # noqa: S608
        f" SELECT gen_random_uuid(), %s, now(), {names} FROM counted WHERE {which})"
    )


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
