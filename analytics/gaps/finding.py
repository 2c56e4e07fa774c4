"""What a detector found, and how much it matters."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Extract

from analytics.figures import Percentile
from flowpilot.accounts.models import Account
from flowpilot.core.text import JsonValue
from sessions import sets
from sessions.models import AISession

WINDOW: Final = timedelta(weeks=13)
"""Detectors look at sessions that began within it."""
WEEKS: Final = 13
MINUTES_TO_THE_END: Final = Extract(F("ended_at") - F("created_at"), "epoch") / 60.0
SESSIONS_KEPT: Final = 5_000
"""Of a gap, the newest ones: all of them, but of the widest."""
REASONS_KEPT: Final = 5
REASON_LENGTH: Final = 120
SEVERITIES: Final = ((20 * 60, "critical"), (8 * 60, "high"), (2 * 60, "medium"))
"""From so many minutes of work that did not last within the window: 20, 8 and 2 hours; "low" below."""


@dataclass(frozen=True)
class Look:
    """The account and the moment of one run."""

    account: Account
    now: datetime

    @property
    def since(self) -> datetime:
        return self.now - WINDOW

    def ended(self) -> QuerySet[AISession]:
        """The window's sessions that have an outcome."""
        rows = AISession.objects.for_account(self.account.pk).order_by()
        return rows.filter(sets.ended(self.now), created_at__gte=self.since, created_at__lte=self.now)


def of_its_team(flow: str) -> Q:
    """Sessions that the team of a flow answers for: a gap of a team is about that team, and shown to it
    alone. One of the whole account is about all of them. `flow` is the column that leads to the flow."""
    return Q(**{f"{flow}__team__isnull": True}) | Q(team=F(f"{flow}__team"))


@dataclass(frozen=True)
class Found:
    """`key` is the same for the same finding in every run, empty for a topic, which is known by what it has
    in common with an earlier one; `sessions` are all that show it."""

    kind: str
    key: str
    title: str
    evidence: dict[str, JsonValue]
    sessions: tuple[UUID, ...] = field(repr=False)
    team_id: UUID | None = None
    domain: str = ""


@dataclass(frozen=True)
class Weight:
    """How much some sessions matter."""

    demand: int
    resolved: int
    escalated: int
    durable: float
    """Share of the resolutions that lasted; of those too young to tell, of what was resolved at all."""
    median_minutes: float

    @property
    def priority(self) -> float:
        return round(self.demand * (1 - self.durable) * self.median_minutes, 1)

    @property
    def severity(self) -> str:
        return next((name for least, name in SEVERITIES if self.priority >= least), "low")


def weigh(look: Look, sessions: Collection[UUID]) -> Weight:
    rows = AISession.objects.for_account(look.account.pk).filter(pk__in=sessions)
    found = rows.aggregate(
        n=Count("pk"),
        resolved=Count("pk", filter=sets.resolved(look.now)),
        escalated=Count("pk", filter=sets.passed_on(look.now)),
        old=Count("pk", filter=ripe(look.now)),
        lasting=Count("pk", filter=sets.lasting(look.now)),
        median=Percentile(MINUTES_TO_THE_END, share=0.5),
    )
    young = found["resolved"] / found["n"] if found["n"] else 0.0
    durable = found["lasting"] / found["old"] if found["old"] else young
    return Weight(found["n"], found["resolved"], found["escalated"], durable, float(found["median"] or 0))


def by_week(look: Look, sessions: Collection[UUID]) -> list[int]:
    """How many of the sessions began in each week of the window, the oldest first."""
    weeks = [0] * WEEKS
    rows = AISession.objects.for_account(look.account.pk).filter(pk__in=sessions)
    for moment in rows.values_list("created_at", flat=True):
        ago = (look.now - moment).days // 7
        if 0 <= ago < WEEKS:
            weeks[WEEKS - 1 - ago] += 1
    return weeks


def reasons_of(look: Look, sessions: Collection[UUID]) -> dict[str, JsonValue]:
    """Why those of them that were escalated were, the most frequent first: by the kind that was chosen (of
    `EscalationCode`), where none was by what was written."""
    rows = AISession.objects.for_account(look.account.pk).filter(sets.passed_on(look.now), pk__in=sessions)
    read = rows.order_by().values_list("escalation_code", "escalation_reason")
    found = Counter(code or (reason or "")[:REASON_LENGTH] for code, reason in read)
    del found[""]
    return dict(found.most_common(REASONS_KEPT))


def ripe(now: datetime) -> Q:
    """Ended long enough ago to know whether it lasted; what was never resolved has not."""
    return Q(ended_at__lte=now - sets.DURABLE_AFTER) | sets.old_enough(now)
