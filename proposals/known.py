"""Whether a finding is known already: the comparison of a group with the proposals that exist."""

from collections.abc import Collection, Iterable, Iterator
from uuid import UUID

from django.db.models import QuerySet

from flowpilot.ai.offline.similarity import SAME, Problem, similarity, spread
from proposals.groups import Group
from proposals.memory import FORGOTTEN, RANK, Memory, Status
from proposals.models import FlowProposal


class NotWrittenYet(Exception):
    """The group says the same as a verdict that waits to be written: write it, then judge again."""


def same_finding(
    account_id: UUID,
    group: Group,
    *,
    statuses: Collection[str] = tuple(RANK),
    memory: Memory | None = None,
) -> FlowProposal | None:
    """The known proposal that says the same: of the same team, and about the same place in the same
    flow, or about problems that resemble each other. Raises `NotWrittenYet`."""
    rows = FlowProposal.objects.for_account(account_id).filter(team_id=group.team_id, status__in=statuses)
    if group.version and group.left_at:
        return _best(_about_the_same_place(rows, group))
    if memory is None:
        memory = Memory(account_id)
        memory.refresh()
    usable = rows.filter(proposal_type=FlowProposal.Type.NEW_FLOW).exclude(FORGOTTEN)
    for pk in _alike(group, memory, statuses):
        if memory.is_waiting(pk):
            raise NotWrittenYet
        if known := usable.select_related("current_draft").filter(pk=pk).first():
            return known
    return None


def _alike(group: Group, memory: Memory, statuses: Collection[str]) -> Iterator[UUID]:
    """Proposals about the same, the best first."""
    twins = memory.twins(group, statuses)
    yield from twins
    own = spread(group.problems)
    for pk, known in memory.problems([pk for pk in memory.near(group, statuses) if pk not in twins]):
        if _resemble(own, known):
            yield pk


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


def _resemble(own: Iterable[Problem], known: Collection[Problem]) -> bool:
    """Whether two groups are about one problem: their closest pair says so."""
    return any(similarity(one, other) >= SAME for one in own for other in known)


def _best(rows: Iterable[FlowProposal]) -> FlowProposal | None:
    best = min(rows, key=lambda row: (RANK[Status(row.status)], row.pk), default=None)
    return FlowProposal.objects.get(pk=best.pk) if best else None
