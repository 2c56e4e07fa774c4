"""How sessions are cut and counted: the same expressions fill the rollups and read the sessions."""

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Count,
    ExpressionWrapper,
    F,
    IntegerField,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Floor, Least, TruncDate

from analytics.models import FIGURES, UNSCORED
from sessions import sets

SETS: Final = tuple(name for name in FIGURES if name != "sessions")
SUMS: Final = ("rating_sum", "score_sum")


def dimensions(zone: ZoneInfo) -> dict[str, Any]:
    """Name of a dimension → expression on a session. Days are those of the zone."""
    scored = Q(scored_at__isnull=False)
    tenth = Cast(Floor(F("confidence_score") * 10), IntegerField())
    return {
        "day": TruncDate("created_at", tzinfo=zone),
        "tier": Case(When(scored, then="confidence_tier"), default=Value(UNSCORED), output_field=CharField()),
        "domain": Coalesce("problem_domain", Value("")),
        "flow_id": F("matched_flow_id"),
        "decile": Case(When(scored, then=Least(tenth, Value(9)))),
    }


def flags(now: datetime) -> dict[str, Any]:
    """Name of a set → whether the session belongs to it."""
    return {
        name: ExpressionWrapper(sets.named(name).condition(now), output_field=BooleanField()) for name in SETS
    }


def figures(now: datetime) -> dict[str, Any]:
    """Name → aggregate over sessions, for readers that no rollup serves."""
    counted = {f"{name}_n": Count("pk", filter=sets.named(name).condition(now)) for name in SETS}
    scored = sets.ended(now) & Q(scored_at__isnull=False)
    return {
        "sessions_n": Count("pk"),
        **counted,
        "rating_sum_n": Coalesce(Sum("session_rating"), 0),
        "score_sum_n": Coalesce(Sum("confidence_score", filter=scored), 0.0),
    }


def cut(rows: QuerySet[Any], zone: ZoneInfo, *names: str) -> QuerySet[Any]:
    """The sessions with those dimensions that are no columns of theirs."""
    known = dimensions(zone)
    return rows.annotate(**{name: known[name] for name in names if name in known})
