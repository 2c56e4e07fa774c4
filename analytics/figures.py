"""Reading figures: from the table of counted days that has the dimensions in question, else from the
sessions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Aggregate, Count, F, FloatField, Q, QuerySet, Sum
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
)
from analytics.scope import Scope
from flowpilot.core.statistics import Share, wilson
from sessions.models import AISession

NAMES: Final = (*FIGURES, "rating_sum", "score_sum")
WHOLE: Final[tuple[type[CountedDay], ...]] = (TeamDay, DomainDay, ClientDay)
"""Tables that have every session in them, in the order of their size."""
PARTIAL: Final[dict[str, type[CountedDay]]] = {"flow_id": FlowDay, "decile": ScoreDay}
"""Tables with only the sessions that have this at all."""


@dataclass(frozen=True)
class Counts:
    """How many sessions there are of each set."""

    values: Mapping[str, float]

    def __getitem__(self, name: str) -> int:
        return int(self.values.get(name, 0))

    def __add__(self, other: "Counts") -> "Counts":
        return Counts({name: self.values.get(name, 0) + other.values.get(name, 0) for name in NAMES})

    def share(self, part: str, whole: str) -> Share:
        return wilson(min(self[part], self[whole]), self[whole])

    def mean(self, total: str, count: str) -> float | None:
        return self.values.get(total, 0) / self[count] if self[count] else None


NONE: Final = Counts({})


def served(scope: Scope, *by: str) -> type[CountedDay] | None:
    """The table that has what the scope narrows and what is to be cut by; None if there is none."""
    needed = scope.filters | set(by) - {"day"}
    tables = next(((PARTIAL[name],) for name in by if name in PARTIAL), WHOLE)
    return next((model for model in tables if needed <= set(model.DIMENSIONS)), None)


def fitting(scope: Scope, *by: str) -> Scope:
    """The scope, with fewer days if they have to be read from the sessions."""
    return scope if served(scope, *by) else scope.shortened()


def read(scope: Scope, *by: str) -> list[tuple[tuple[Any, ...], Counts]]:
    """(values of the dimensions, counts), in order. The scope has to be `fitting`."""
    model = served(scope, *by)
    rows = _counted(model, scope, by) if model else _from_sessions(scope, by)
    return [
        (tuple(row[name] for name in by), Counts({name: row[f"{name}_n"] or 0 for name in NAMES}))
        for row in rows
    ]


def total(scope: Scope) -> Counts:
    return sum((counts for _key, counts in read(scope)), NONE)


def _counted(model: type[CountedDay], scope: Scope, by: tuple[str, ...]) -> QuerySet[Any]:
    rows = model.objects.for_account(scope.user.account_id).filter(
        day__gte=scope.since, day__lte=scope.until, **scope.conditions()
    )
    sums = {f"{name}_n": Sum(name) for name in NAMES}
    return rows.values(*by).annotate(**sums).order_by(*by) if by else _alone(rows, sums)


def _from_sessions(scope: Scope, by: tuple[str, ...]) -> QuerySet[Any]:
    rows = cut(scope.sessions(), scope.zone, *by)
    for name in PARTIAL.keys() & set(by):
        rows = rows.filter(**{f"{name}__isnull": False})
    sums = figures(scope.now)
    return rows.order_by().values(*by).annotate(**sums).order_by(*by) if by else _alone(rows, sums)


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
    """Minutes from start to resolution, pauses included."""

    n: int
    median: float | None
    p90: float | None


RESOLVED: Final = Q(status=AISession.Status.RESOLVED)
MINUTES: Final = Extract(F("resolved_at") - F("created_at"), "epoch") / 60.0


def times(scope: Scope, *by: str) -> dict[tuple[Any, ...], Times]:
    """Of resolved sessions, from the sessions themselves: percentiles cannot be added up."""
    rows = cut(scope.sessions().filter(RESOLVED), scope.zone, *by).order_by()
    found = {
        "n_n": Count("pk"),
        "median_n": Percentile(MINUTES, share=0.5),
        "p90_n": Percentile(MINUTES, share=0.9),
    }
    read = rows.values(*by).annotate(**found) if by else [rows.aggregate(**found)]
    return {tuple(row[name] for name in by): Times(row["n_n"], row["median_n"], row["p90_n"]) for row in read}
