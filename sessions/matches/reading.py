"""What an engineer chooses from: ranked flows with what became of those who followed them, and what was seen
before."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import Count, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from flowpilot.accounts.models import User
from flowpilot.core.web import find
from flowpilot.flows.matching import Match
from flowpilot.flows.matching.tiers import SIMILAR_FROM
from sessions.actions.replying import open_step
from sessions.models import AISession, AISessionStep
from sessions.problem import problem_of
from sessions.suggestions import Suggestions, suggest

LIKELY: Final = SIMILAR_FROM
"""Probability below which a flow that is not the best is folded away."""
WHY: Final[dict[str, str | Promise]] = {
    "guided": _("Above 80 % probability: follow it step by step."),
    "exploring": _("Between 40 and 80 % probability: check that it fits before you follow it."),
    "discovery": _("Below 40 % probability: treat it as an idea, nothing here is known to fit."),
}
NOTHING: Final = _(
    "No published flow has anything in common with this problem: the steps are found as you go."
)


@dataclass(frozen=True)
class Success:
    """What became of the sessions that followed a flow, of any version, and have ended."""

    resolved: int = 0
    ended: int = 0

    @property
    def rate(self) -> float | None:
        return self.resolved / self.ended if self.ended else None


@dataclass(frozen=True)
class Ranked:
    match: Match
    success: Success


@dataclass(frozen=True)
class Matches:
    session: AISession
    ranked: list[Ranked]
    """Those that may be right, the best in any case."""
    improbable: list[Ranked]
    suggestions: Suggestions
    may_start: bool
    waiting: AISessionStep | None
    """The step that waits for its answer, and is dropped by a start."""

    @property
    def tier(self) -> str:
        """What the best of them would make of the session."""
        return self.ranked[0].match.tier if self.ranked else AISession.Tier.DISCOVERY

    @property
    def why(self) -> str | Promise:
        return WHY[self.tier] if self.ranked else NOTHING


def matches(user: User, pk: UUID) -> Matches:
    """404 when the session is not the user's to see."""
    session = find(AISession, user, pk)
    found = suggestions_for(session, user)
    successes = success_of([match.flow_id for match in found.flows])
    ranked = [Ranked(match, successes.get(match.flow_id, Success())) for match in found.flows]
    first = next((n for n, each in enumerate(ranked) if n and each.match.probability < LIKELY), len(ranked))
    may_start = session.status == AISession.Status.ACTIVE and session.holder_id == user.pk
    return Matches(session, ranked[:first], ranked[first:], found, may_start, open_step(session))


def suggestions_for(session: AISession, user: User) -> Suggestions:
    return suggest(problem_of(session), user, client_id=session.client_id, without=[session.pk])


def match_with(session: AISession, user: User, version_id: UUID) -> Match | None:
    """The match that a version was offered as; None when another one is in force, or it no longer fits."""
    found = suggestions_for(session, user).flows
    return next((match for match in found if match.version_id == version_id), None)


def success_of(flows: Collection[UUID]) -> dict[UUID, Success]:
    """By flow, of those that anybody followed."""
    ended = AISession.objects.filter(
        matched_flow__in=flows, flow_version__isnull=False, status__in=AISession.ENDED
    )
    counted = ended.values("matched_flow").annotate(
        ended=Count("pk"), resolved=Count("pk", filter=Q(status=AISession.Status.RESOLVED))
    )
    rows = counted.values_list("matched_flow", "resolved", "ended")
    return {flow: Success(resolved, ended) for flow, resolved, ended in rows}
