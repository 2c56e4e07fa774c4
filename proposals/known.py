"""Whether a finding is known already: the comparison of a group with the proposals that exist."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain
from uuid import UUID

from django.db.models import QuerySet

from flowpilot.ai.offline.similarity import SAME, Problem, similarity, spread
from proposals.groups import Group
from proposals.memory import RANK, Memory, Status
from proposals.models import FlowProposal


class NotWrittenYet(Exception):
    """The group says the same as a verdict that waits to be written: write it, then judge again."""


def same_finding(
    group: Group, memory: Memory, *, statuses: Collection[str] = tuple(RANK), likely: UUID | None = None
) -> FlowProposal | None:
    """The known proposal that says the same: of the same team, and about the same place in the same
    flow, or about problems that resemble each other. Raises `NotWrittenYet`."""
    if group.version and group.left_at:
        rows = FlowProposal.objects.for_account(memory.account_id)
        best = _best(_about_the_same_place(rows.filter(team_id=group.team_id, status__in=statuses), group))
        return memory.growth.usable(best, statuses) if best else None
    first = [likely] if likely and memory.is_open(likely) else []
    for pk in chain(first, _alike(group, memory, statuses)):
        if memory.is_waiting(pk):
            raise NotWrittenYet
        known = memory.growth.usable(pk, statuses)
        if known and memory.is_waiting(known.pk):
            raise NotWrittenYet
        if known:
            return known
    return None


def look_ahead(groups: Sequence[Group], memory: Memory) -> list[UUID | None]:
    """The open proposal that each of these groups is probably about, with what judging them will ask for read
    at once."""
    likely = [_likely(group, memory) for group in groups]
    memory.growth.read_ahead({pk: group for pk, group in zip(likely, groups, strict=True) if pk})
    return likely


def _likely(group: Group, memory: Memory) -> UUID | None:
    if group.version:
        return None
    best = next(_alike(group, memory, tuple(RANK)), None)
    return best if best and memory.is_open(best) and not memory.is_waiting(best) else None


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


def _best(rows: Iterable[FlowProposal]) -> UUID | None:
    best = min(rows, key=lambda row: (RANK[Status(row.status)], row.pk), default=None)
    return best.pk if best else None
