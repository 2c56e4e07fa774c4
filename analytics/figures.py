"""Reading figures: from the table of counted days that has the dimensions in question, else from the
sessions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Aggregate, F, FloatField, Q, QuerySet, Sum
from django.db.models.functions import Extract

from analytics.counting import cut, figures
from analytics.models import (
    FIGURES,
    ClientDay,
    CountedDay,
    DomainDay,
    FlowDay,
    ScoreDay,
    TeamDay,
    TierDay,
)
from analytics.scope import Scope
from flowpilot.core.statistics import Share, percentile, wilson
from sessions.models import AISession

NAMES: Final = (*FIGURES, "rating_sum", "score_sum")
WHOLE: Final[tuple[type[CountedDay], ...]] = (TierDay, TeamDay, DomainDay, ClientDay)
"""Tables that have every session in them, in the order of their size."""
PARTIAL: Final[dict[str, type[CountedDay]]] = {"flow_id": FlowDay, "decile": ScoreDay}
"""Tables with only the sessions that have this at all."""


@dataclass(frozen=True)
class Counts:
    """How many sessions there are of each set."""

    values: Mapping[str, float]

    def __getitem__(self, name: str) -> int:
        return int(self.values.get(name, 0))

    def share(self, part: str, whole: str) -> Share:
        return wilson(min(self[part], self[whole]), self[whole])

    def mean(self, total: str, count: str) -> float | None:
        return self.values.get(total, 0) / self[count] if self[count] else None


NONE: Final = Counts({})


def together(cells: Iterable[Counts]) -> Counts:
    """The sum of cells that have no session in common."""
    found: dict[str, float] = dict.fromkeys(NAMES, 0)
    for counts in cells:
        for name, value in counts.values.items():
            found[name] = found.get(name, 0) + value
    return Counts(found)


def served(scope: Scope, *by: str) -> type[CountedDay] | None:
    """The table that has what the scope narrows and what is to be cut by; None if there is none."""
    needed = scope.filters | set(by) - {"day"}
    tables = next(((PARTIAL[name],) for name in by if name in PARTIAL), WHOLE)
    return next((model for model in tables if needed <= set(model.DIMENSIONS)), None)


def fitting(scope: Scope, *by: str) -> Scope:
    """The scope, with fewer days if they have to be read from the sessions."""
    return scope if served(scope, *by) else scope.shortened()


def read(
    scope: Scope, *by: str, names: Sequence[str] = NAMES, **cuts: Any
) -> list[tuple[tuple[Any, ...], Counts]]:
    """(values of the cuts and dimensions, counts of the sets of these names), in order. `cuts` are
    expressions on the column `day`. The scope has to be `fitting`."""
    model, keys = served(scope, *by), (*cuts, *by)
    rows = _counted(model, scope) if model else _of_sessions(scope, by)
    sums = {f"{name}_n": Sum(name) for name in names} if model else figures(scope.now, names)
    found = (
        rows.annotate(**cuts).values(*keys).annotate(**sums).order_by(*keys) if keys else _alone(rows, sums)
    )
    return [
        (tuple(row[key] for key in keys), Counts({name: row[f"{name}_n"] or 0 for name in names}))
        for row in found
    ]


def total(scope: Scope, *by: str, names: Sequence[str] = NAMES) -> Counts:
    """Of all that have the dimensions at all."""
    return together(counts for _key, counts in read(scope, *by, names=names))


def _counted(model: type[CountedDay], scope: Scope) -> QuerySet[Any]:
    rows: QuerySet[Any] = model.objects.for_account(scope.user.account_id).order_by()
    return rows.filter(day__gte=scope.since, day__lte=scope.until, **scope.conditions())


def _of_sessions(scope: Scope, by: tuple[str, ...]) -> QuerySet[Any]:
    rows = cut(scope.sessions(), scope.zone, "day", *by).order_by()
    present = {f"{name}__isnull": False for name in PARTIAL.keys() & set(by)}
    return rows.filter(**present)


def _alone(rows: QuerySet[Any], sums: dict[str, Any]) -> Any:
    return [rows.aggregate(**sums)]


class Percentile(Aggregate):
    """`percentile_cont`: the value below which that share of the others lies."""

    function = "percentile_cont"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()

    def __init__(self, expression: Any, *, share: float, **extra: Any) -> None:
        super().__init__(expression, share=float(share), **extra)


@dataclass(frozen=True)
class Times:
    """Minutes from start to resolution, pauses included, of `n` sessions."""

    n: int
    median: float | None
    p90: float | None


RESOLVED: Final = Q(status=AISession.Status.RESOLVED)
MINUTES: Final = Extract(F("resolved_at") - F("created_at"), "epoch") / 60.0
MOST_TIMES: Final = 20_000
"""Resolved sessions whose times are read at most, the newest ones: percentiles cannot be added up by day."""
WHOLE_SCOPE: Final = ""


def times(scope: Scope) -> dict[str, Times]:
    """By tier, and of all under `WHOLE_SCOPE`; from the sessions themselves."""
    rows = cut(scope.sessions().filter(RESOLVED), scope.zone, "tier").annotate(minutes=MINUTES)
    newest = rows.order_by("-created_at", "-id").values_list("tier", "minutes")[:MOST_TIMES]
    by_tier: dict[str, list[float]] = {WHOLE_SCOPE: []}
    for tier, minutes in newest:
        by_tier.setdefault(tier, []).append(float(minutes))
        by_tier[WHOLE_SCOPE].append(float(minutes))
    return {tier: _spread(sorted(minutes)) for tier, minutes in by_tier.items()}


def _spread(minutes: Sequence[float]) -> Times:
    return Times(len(minutes), percentile(minutes, 0.5), percentile(minutes, 0.9))
