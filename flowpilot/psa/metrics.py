"""How well writing into the ticket systems works. Each push counts once, however many attempts it took."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Aggregate, Count, F, FloatField, Q
from django.db.models.functions import Extract

from flowpilot.psa.models import PsaPush, PsaPushAttempt

State = PsaPush.State


@dataclass(frozen=True)
class Delivery:
    """Counts of pushes; the times are in seconds from the ending of the session to the arrival."""

    at_first: int
    """Arrived by the first attempt, those that were found by their marker after it included."""
    delivered: int
    attempted: int
    """Sent at least once."""
    dead: int
    pending: int
    unknown: int
    dead_by_class: Mapping[str, int]
    median_seconds: float | None
    p95_seconds: float | None

    @property
    def first_attempt_rate(self) -> float | None:
        """Of those that were attempted; None when there are none."""
        return self.at_first / self.attempted if self.attempted else None

    @property
    def eventual_rate(self) -> float | None:
        """Of those that were decided: what waits and what nobody knows counts on neither side."""
        decided = self.delivered + self.dead
        return self.delivered / decided if decided else None


class _Percentile(Aggregate):
    function = "PERCENTILE_CONT"
    template = "%(function)s(%(at)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


def delivery(account_id: UUID, since: datetime, until: datetime) -> Delivery:
    """Of pushes made in [since, until), which is when their sessions ended."""
    rows = PsaPush.objects.for_account(account_id).filter(created_at__gte=since, created_at__lt=until)
    took = Extract(F("delivered_at") - F("created_at"), "epoch")
    counted = rows.aggregate(
        at_first=Count("pk", filter=Q(state=State.DELIVERED, attempts=1)),
        delivered=Count("pk", filter=Q(state=State.DELIVERED)),
        attempted=Count("pk", filter=Q(attempts__gte=1)),
        dead=Count("pk", filter=Q(state=State.DEAD)),
        pending=Count("pk", filter=Q(state__in=[State.PENDING, State.SENDING])),
        unknown=Count("pk", filter=Q(state=State.UNKNOWN)),
        median_seconds=_Percentile(took, at=0.5, filter=Q(delivered_at__isnull=False)),
        p95_seconds=_Percentile(took, at=0.95, filter=Q(delivered_at__isnull=False)),
    )
    classes = rows.filter(state=State.DEAD).values_list("error_class").annotate(n=Count("pk"))
    return Delivery(dead_by_class=dict(classes.order_by("-n", "error_class")), **counted)


def calls_since(connection_id: UUID, since: datetime) -> int:
    """How often a connection's system was asked to take something."""
    return PsaPushAttempt.objects.filter(push__connection=connection_id, started_at__gte=since).count()
