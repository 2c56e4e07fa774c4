"""How sessions are cut and counted: the same expressions fill the rollups and read the sessions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import add
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.contrib.postgres.aggregates import BitOr
from django.db.models import (
    BooleanField,
    Case,
    Count,
    ExpressionWrapper,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Floor, Least, TruncDate

from analytics.models import FIGURES
from analytics.sets import BEHIND_SETS, PUSH_SETS
from flowpilot.psa.models import PsaPush
from proposals.models import ProposalEvidence
from sessions import sets

SETS: Final = tuple(name for name in FIGURES if name != "sessions")
SUMS: Final = ("rating_sum", "score_sum")


def dimensions(zone: ZoneInfo) -> dict[str, Any]:
    """Name of a dimension → expression on a session. Days are those of the zone."""
    scored = Q(scored_at__isnull=False)
    tenth = Cast(Floor(sets.STARTED_AT * 10), IntegerField())
    return {
        "day": TruncDate("created_at", tzinfo=zone),
        "tier": sets.first_tier(),
        "domain": Coalesce("problem_domain", Value("")),
        "flow_id": F("matched_flow_id"),
        "decile": Case(When(scored, then=Least(tenth, Value(9)))),
        "said": sets.STARTED_AT,
    }


def flags(now: datetime) -> dict[str, Any]:
    """Name of a set → whether the session belongs to it."""
    return {
        name: ExpressionWrapper(sets.named(name).condition(now), output_field=BooleanField()) for name in SETS
    }


@dataclass(frozen=True)
class Fate:
    """Sets that go by rows of one table beside the session: looked up together, a bit for each of them,
    because a look for each would take most of the time of counting."""

    rows: QuerySet[Any]
    which: Mapping[str, Q]

    def bits(self) -> Subquery:
        """Of the sets that the session is in; NULL for none."""
        of_session = self.rows.filter(account_id=OuterRef("account_id"), session_id=OuterRef("pk")).order_by()
        each = [
            Case(When(Q(pk__isnull=False) & which, then=Value(1 << place)), default=Value(0))
            for place, which in enumerate(self.which.values())
        ]
        return Subquery(
            of_session.values("session_id").annotate(bits=BitOr(reduce(add, each))).values("bits")
        )

    def filters(self, column: str) -> dict[str, str]:
        """Name of a set → condition of SQL on the column with the bits."""
        return {name: f"{column} & {1 << place} <> 0" for place, name in enumerate(self.which)}


FATES_OF: Final = {
    "of_pushes": Fate(PsaPush.objects.all(), {name: which for name, (_label, which) in PUSH_SETS.items()}),
    "of_proposals": Fate(
        ProposalEvidence.objects.filter(superseded_at__isnull=True),
        {name: Q(**which) for name, which in BEHIND_SETS.items()},
    ),
}


def figures(now: datetime, names: Iterable[str]) -> dict[str, Any]:
    """Name → aggregate over sessions, for readers that no rollup serves."""
    scored = sets.ended(now) & Q(scored_at__isnull=False)
    others = {
        "sessions": Count("pk"),
        "rating_sum": Coalesce(Sum("session_rating"), 0),
        "score_sum": Coalesce(Sum(sets.STARTED_AT, filter=scored), 0.0),
    }
    return {
        f"{name}_n": others[name] if name in others else Count("pk", filter=sets.named(name).condition(now))
        for name in names
    }


def cut(rows: QuerySet[Any], zone: ZoneInfo, *names: str) -> QuerySet[Any]:
    """The sessions with those dimensions that are no columns of theirs."""
    known = dimensions(zone)
    return rows.annotate(**{name: known[name] for name in names if name in known})
