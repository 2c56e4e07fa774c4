"""Whether a finding is known already: the comparison of a group with the proposals that exist."""

from collections.abc import Collection, Iterable, Iterator
from uuid import UUID

from django.db.models import F, QuerySet

from flowpilot.ai.offline.similarity import SAME, Problem, similarity, spread
from flowpilot.flows.models import Flow
from proposals.groups import Group
from proposals.memory import RANK, Memory, Status
from proposals.models import FlowProposal


class NotWrittenYet(Exception):
    """The group says the same as a verdict that waits to be written: write it, then judge again."""


def same_finding(
    group: Group, memory: Memory, *, statuses: Collection[str] = tuple(RANK)
) -> FlowProposal | None:
    """The known proposal that says the same: of the same team, and about the same place in the same
    flow, or about problems that resemble each other. Raises `NotWrittenYet`."""
    account_id = memory.account_id
    if group.version and group.left_at:
        rows = FlowProposal.objects.for_account(account_id).filter(team_id=group.team_id, status__in=statuses)
        return _best(_about_the_same_place(rows, group))
    for pk in _alike(group, memory, statuses):
        if memory.is_waiting(pk):
            raise NotWrittenYet
        if known := _usable(account_id, pk, statuses):
            return known
    return None


def _usable(account_id: UUID, pk: UUID, statuses: Collection[str]) -> FlowProposal | None:
    """The row, as much of it as a verdict needs, if it still stands so and its flow is not retired."""
    rows = FlowProposal.objects.for_account(account_id).filter(pk=pk, status__in=statuses)
    rows = rows.annotate(flow_status=F("published_version__flow__status"))
    row: FlowProposal | None = next(iter(rows.only(*_JUDGED)), None)
    return None if row is None or row.flow_status == Flow.Status.RETIRED else row  # type: ignore[attr-defined]


_JUDGED = ("id", "status", "title", "evidence_count", "wake_at_evidence")


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
