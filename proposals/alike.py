"""What resembles a pending proposal without being the same finding: published flows, and other proposals.

Proposals are found by their evidence: the past sessions are indexed anyway, so nothing is written for it and
the learning job takes no longer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from flowpilot.accounts.models import User
from flowpilot.core.retrieval.scoring import Found, find
from flowpilot.core.web import visible
from flowpilot.flows import matching
from flowpilot.flows.matching import Match
from flowpilot.flows.matching.calibration import calibration_for
from flowpilot.flows.matching.tiers import SIMILAR_FROM, sameness
from proposals.models import FlowProposal, ProposalEvidence
from sessions.similar import HISTORY

SHOWN: Final = 3
_LOOKED_AT: Final = 60
"""Past sessions, the best first; those that speak for the proposal itself are among them."""
Status = FlowProposal.Status


@dataclass(frozen=True)
class AlikeProposal:
    """Another proposal of the team whose sessions resemble the finding."""

    proposal: FlowProposal
    probability: float
    """That both are the same problem, from 0.0 to 1.0."""

    @property
    def may_be_the_same(self) -> bool:
        return sameness(self.probability) == "same"


@dataclass(frozen=True)
class Alike:
    """Best first each; `flows` may hold the finding already."""

    flows: list[Match]
    proposals: list[AlikeProposal]

    def __bool__(self) -> bool:
        return bool(self.flows or self.proposals)


def alike(proposal: FlowProposal, user: User) -> Alike:
    """Nothing for a change to a flow, or for a proposal that is decided: there it would not matter."""
    if proposal.is_enhancement or not proposal.is_pending:
        return Alike([], [])
    found = matching.rank(proposal.account_id, proposal.title, limit=SHOWN)
    flows = [match for match in found if match.probability >= SIMILAR_FROM]
    return Alike(flows, _proposals(proposal, user))


def _proposals(proposal: FlowProposal, user: User) -> list[AlikeProposal]:
    found = find(HISTORY, proposal.account_id, f"{proposal.title}\n{proposal.summary}", limit=_LOOKED_AT)
    scores = _scores(proposal, found)
    chances = _chances(proposal, found, scores)
    rows = visible(FlowProposal, user).filter(
        pk__in=chances,
        team_id=proposal.team_id,
        proposal_type=FlowProposal.Type.NEW_FLOW,
        status__in=(Status.PENDING, Status.DISMISSED, Status.REJECTED),
        duplicate_of=None,
        duplicate_of_flow=None,
    )
    known = [AlikeProposal(row, chances[row.pk]) for row in rows.defer("why", "terms")]
    return sorted(known, key=lambda one: (-one.probability, one.proposal.pk))[:SHOWN]


def _scores(proposal: FlowProposal, found: Found) -> dict[UUID, float]:
    """What the best session of each other proposal scores. A session that speaks for this one counts for
    none: it does not tell them apart."""
    hits = {hit.owner: hit.score for hit in found.hits}
    links = list(
        ProposalEvidence.objects.for_account(proposal.account_id)
        .filter(session_id__in=hits)
        .values_list("proposal_id", "session_id")
    )
    own = {session for speaks_for, session in links if speaks_for == proposal.pk}
    scores: dict[UUID, float] = {}
    for speaks_for, session in links:
        if session not in own:
            scores[speaks_for] = max(scores.get(speaks_for, 0.0), hits[session])
    return scores


def _chances(proposal: FlowProposal, found: Found, scores: Mapping[UUID, float]) -> dict[UUID, float]:
    calibration = calibration_for(proposal.account_id, found.engine)
    chances = {
        pk: calibration.probability(
            found.figures(score, (rival for other, rival in scores.items() if other != pk))
        )
        for pk, score in scores.items()
    }
    return {pk: chance for pk, chance in chances.items() if chance >= SIMILAR_FROM}
