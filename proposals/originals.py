"""What a proposal may be a duplicate of: what resembles it, or what a reviewer searches for."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import QuerySet

from flowpilot.accounts.models import User
from flowpilot.core.search import searched
from flowpilot.core.web import find, visible
from flowpilot.flows import matching
from flowpilot.flows.models import Flow
from proposals import actions
from proposals.alike import alike
from proposals.models import PROPOSAL_SEARCH, FlowProposal

LISTED: Final = 10
"""Of proposals, and of flows half as many."""


@dataclass(frozen=True)
class Original:
    """A proposal or a published flow; `value` is what the form sends: "proposal:<id>" or "flow:<id>".

    probability: that both are the same, from 0.0 to 1.0; None where nobody compared them.
    """

    value: str
    title: str
    proposal: FlowProposal | None = None
    probability: float | None = None


def original_of(user: User, kind: str, pk: UUID) -> FlowProposal | Flow:
    """The row that a form names; 404 when it is not the user's to see."""
    return find(Flow, user, pk) if kind == "flow" else find(FlowProposal, user, pk)


def originals(proposal: FlowProposal, user: User, text: str) -> list[Original]:
    """Those that `text` finds, without one those that resemble the proposal; for a change to a flow the
    other changes to it."""
    if proposal.is_enhancement:
        return list(_searched(proposal, user, text))
    if not text:
        return list(_alike(proposal, user))
    flows = matching.rank(proposal.account_id, text, limit=LISTED // 2)
    return [
        *_searched(proposal, user, text),
        *(Original(f"flow:{match.flow_id}", match.title) for match in flows),
    ]


def named(proposal: FlowProposal, row: FlowProposal | Flow) -> Original | None:
    """An original that a link names, if it can be one."""
    if not actions.may_be_original(proposal, row):
        return None
    return Original(f"flow:{row.pk}", row.title) if isinstance(row, Flow) else _original(row)


def _alike(proposal: FlowProposal, user: User) -> Iterator[Original]:
    found = alike(proposal, user)
    for other in found.proposals:
        yield Original(
            f"proposal:{other.proposal.pk}", other.proposal.title, other.proposal, other.probability
        )
    for match in found.flows:
        yield Original(f"flow:{match.flow_id}", match.title, probability=match.probability)


def _searched(proposal: FlowProposal, user: User, text: str) -> Iterator[Original]:
    rows: QuerySet[FlowProposal] = visible(FlowProposal, user).filter(
        team_id=proposal.team_id,
        proposal_type=proposal.proposal_type,
        target_flow_id=proposal.target_flow_id,
        status__in=actions.ORIGINALS,
        duplicate_of=None,
        duplicate_of_flow=None,
    )
    if text:
        rows = searched(rows, "proposals_keys", PROPOSAL_SEARCH, text)
    newest = rows.exclude(pk=proposal.pk).order_by("-created_at", "-id").defer("why", "terms")
    yield from (_original(row) for row in newest[:LISTED])


def _original(row: FlowProposal) -> Original:
    return Original(f"proposal:{row.pk}", row.title, row)
