"""Whether a finding is known already: the comparison of a group with the proposals that exist."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import QuerySet

from flowpilot.ai.offline.similarity import SAME, Problem, similarity, spread
from flowpilot.flows.models import Flow
from proposals.facts import facts_of, sessions_for_comparison
from proposals.groups import Group
from proposals.models import FlowProposal, ProposalEvidence

Status = FlowProposal.Status

COMPARED_PROPOSALS = 20
"""Known proposals that a group is compared with closely, those that share most terms first."""

_RANK = {
    Status.PENDING: 0,
    Status.REJECTED: 1,
    Status.DISMISSED: 2,
    Status.APPROVED: 3,
    Status.EDITED: 3,
}
"""Open ones win over declined ones, those over published ones. An expired one is forgotten."""


@dataclass
class Memory:
    """Problems of sessions that were compared before in this pass: reading them is the costly part."""

    problems: dict[UUID, Problem] = field(default_factory=dict)
    limit: int = 5000

    def read(self, account_id: UUID, wanted: Collection[UUID]) -> dict[UUID, Problem]:
        """What these sessions are about, whatever has become of them since."""
        unread = [pk for pk in wanted if pk not in self.problems]
        if len(self.problems) + len(unread) > self.limit:
            self.problems.clear()
            unread = list(wanted)
        if unread:
            rows = sessions_for_comparison(account_id, unread)
            self.problems |= {row.pk: Problem.of(facts_of(row)) for row in rows}
        return {pk: self.problems[pk] for pk in wanted if pk in self.problems}


def same_finding(
    account_id: UUID,
    group: Group,
    *,
    statuses: Sequence[str] = tuple(_RANK),
    memory: Memory | None = None,
) -> FlowProposal | None:
    """The known proposal that says the same: of the same team, and about the same place in the same
    flow, or about problems that resemble each other."""
    rows = FlowProposal.objects.for_account(account_id).filter(team_id=group.team_id, status__in=statuses)
    if group.version and group.left_at:
        return _best(_about_the_same_place(rows, group))
    rows = rows.filter(proposal_type=FlowProposal.Type.NEW_FLOW).exclude(
        published_version__flow__status=Flow.Status.RETIRED
    )
    twins = list(rows.filter(fingerprint=group.fingerprint).only("id", "status"))
    return _best(twins or _alike(account_id, rows, group, memory or Memory()))


def _about_the_same_place(rows: QuerySet[FlowProposal], group: Group) -> list[FlowProposal]:
    """A change that was published counts only for sessions that could not have it yet."""
    assert group.version is not None
    here = rows.filter(target_flow_id=group.version.flow_id, terms__overlap=group.terms)
    pinned = max((facts.flow.number for facts in group.members if facts.flow), default=0)
    return [
        row
        for row in here.select_related("published_version").only("id", "status", "published_version__number")
        if row.published_version is None or row.published_version.number > pinned
    ]


def _alike(
    account_id: UUID, rows: QuerySet[FlowProposal], group: Group, memory: Memory
) -> list[FlowProposal]:
    terms = group.terms
    near = sorted(
        rows.filter(terms__overlap=terms).only("id", "terms", "status"),
        key=lambda row: (-len({*row.terms} & {*terms}), row.pk),
    )[:COMPARED_PROPOSALS]
    own = spread(group.problems)
    known = _representatives(account_id, near, memory)
    return [row for row in near if _resemble(own, known[row.pk])]


def _representatives(
    account_id: UUID, proposals: Sequence[FlowProposal], memory: Memory
) -> dict[UUID, list[Problem]]:
    """A few evidence sessions of each proposal, spread over all of them: they say what it is about.

    A draft may hold several causes, so the newest alone would often miss the one that comes again.
    Superseded evidence tells it too: what a proposal is about does not change when a session is reopened.
    """
    every: dict[UUID, list[UUID]] = {proposal.pk: [] for proposal in proposals}
    links = (
        ProposalEvidence.objects.for_account(account_id)
        .filter(proposal__in=list(every))
        .order_by("-session_id")
        .values_list("proposal_id", "session_id")
        .distinct()
    )
    for proposal_id, session_id in links:
        every[proposal_id].append(session_id)
    chosen = {proposal: spread(sessions) for proposal, sessions in every.items()}
    problems = memory.read(account_id, {pk for sessions in chosen.values() for pk in sessions})
    return {
        proposal: [problems[pk] for pk in sessions if pk in problems] for proposal, sessions in chosen.items()
    }


def _resemble(own: Sequence[Problem], known: Sequence[Problem]) -> bool:
    """Whether two groups are about one problem: their closest pair says so."""
    return any(similarity(one, other) >= SAME for one in own for other in known)


def _best(rows: Iterable[FlowProposal]) -> FlowProposal | None:
    best = min(rows, key=lambda row: (_RANK[Status(row.status)], row.pk), default=None)
    return FlowProposal.objects.get(pk=best.pk) if best else None
