"""How well writing into the ticket systems works. Each push counts once, however many attempts it took."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Aggregate, Count, F, FloatField, Q, Sum
from django.db.models.functions import Extract

from flowpilot.psa.models import PsaPush

State = PsaPush.State
MOST: Final = 20_000
"""Pushes that are looked at, the newest ones: times cannot be added up by day."""

AT_FIRST: Final = Q(state=State.DELIVERED, attempts=1)
LEFT_OUT: Final = Q(state=State.DEAD, attempts=0, put_aside_at__isnull=False)
"""Withdrawn or put aside before it was ever sent: a decision, and no failure to write."""
GIVEN_UP: Final = Q(state=State.DEAD) & ~LEFT_OUT


@dataclass(frozen=True)
class Delivery:
    """Counts of pushes; the times are in seconds from the ending of the session to the arrival."""

    at_first: int
    """Arrived by the first attempt, those that were found by their marker after it included."""
    delivered: int
    attempted: int
    """Sent at least once, and decided: what waits and what nobody knows is no failure yet."""
    dead: int
    """Given up; what was left out by decision is none of them."""
    left_out: int
    pending: int
    unknown: int
    duplicates: int
    """Notes that are in their tickets beside the one that was meant; as found where arrival was uncertain."""
    counted: int
    """Notes that were looked for again, and counted, after a call without an answer."""
    to_count: int
    """Those of which that is still to be done."""
    made: int
    """Pushes that were looked at, `MOST` at most."""
    dead_by_class: Mapping[str, int]
    sessions_by_class: Mapping[str, int]
    """The sessions of those, each once for a kind of error."""
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


def delivery(account_id: UUID, since: datetime, until: datetime, *, sessions: Any = None) -> Delivery:
    """Of pushes made in [since, until), which is when their sessions ended: of the newest `MOST`. `sessions`:
    a query of keys; only pushes of these."""
    of_account = PsaPush.objects.for_account(account_id)
    of_account = of_account if sessions is None else of_account.filter(session_id__in=sessions)
    rows = of_account.filter(created_at__gte=since, created_at__lt=until).order_by("-created_at", "-id")[
        :MOST
    ]
    took = Extract(F("delivered_at") - F("created_at"), "epoch")
    counted = rows.aggregate(
        made=Count("pk"),
        at_first=Count("pk", filter=AT_FIRST),
        delivered=Count("pk", filter=Q(state=State.DELIVERED)),
        attempted=Count("pk", filter=Q(attempts__gte=1, state__in=[State.DELIVERED, State.DEAD])),
        dead=Count("pk", filter=GIVEN_UP),
        left_out=Count("pk", filter=LEFT_OUT),
        pending=Count("pk", filter=Q(state__in=[State.PENDING, State.SENDING])),
        unknown=Count("pk", filter=Q(state=State.UNKNOWN)),
        duplicates=Sum(F("copies") - 1, filter=Q(copies__gt=1), default=0),
        counted=Count("pk", filter=Q(copies__isnull=False)),
        to_count=Count("pk", filter=Q(count_again_at__isnull=False)),
        median_seconds=_Percentile(took, at=0.5, filter=Q(delivered_at__isnull=False)),
        p95_seconds=_Percentile(took, at=0.95, filter=Q(delivered_at__isnull=False)),
    )
    dead = of_account.filter(GIVEN_UP, pk__in=rows.values("pk"))
    told = dead.values_list("error_class").annotate(n=Count("pk"), of=Count("session_id", distinct=True))
    classes = list(told.order_by("-n", "error_class"))
    return Delivery(
        dead_by_class={name: n for name, n, _sessions in classes},
        sessions_by_class={name: sessions for name, _n, sessions in classes},
        **counted,
    )
