"""What is known in an account, kept in memory while a pass goes on."""

from collections import OrderedDict, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Self
from uuid import UUID

from django.db.models import F, Q, TextField, Window
from django.db.models.functions import Cast, Right, RowNumber
from django.utils import timezone

from flowpilot.ai.offline.similarity import Problem, problem_of
from flowpilot.flows.models import Flow
from proposals.facts import of_any_state
from proposals.groups import Group
from proposals.growth import Growth
from proposals.models import FlowProposal, ProposalEvidence
from proposals.term_index import TermIndex

Status = FlowProposal.Status

KNOWN_LIMIT: Final = 50_000
"""Proposals of an account that a finding is compared with; older ones are forgotten."""
COMPARED_PROPOSALS: Final = 20
"""Known proposals that a group is compared with closely, those that share most terms first."""
REPRESENTATIVES: Final = 8
"""Evidence sessions that say what a proposal is about."""
PROBLEMS_KEPT = 30_000_000
"""Characters of problems in memory, each counting as 2,000 more: about half as many bytes as they take, some
3,000 problems of long tickets. Reading them is the costly part."""
OF_A_PROBLEM: Final = 2000
READ_AT_ONCE: Final = 5
LATE_COMMIT: Final = timedelta(seconds=2)
"""How long after it was dated a change by somebody else may become visible."""

RANK: Final[Mapping[str, int]] = {
    Status.PENDING: 0,
    Status.REJECTED: 1,
    Status.DISMISSED: 2,
    Status.APPROVED: 3,
    Status.EDITED: 3,
}
"""Open ones win over declined ones, those over published ones. An expired one is forgotten."""
FORGOTTEN: Final = (
    Q(status=Status.EXPIRED)
    | Q(published_version__flow__status=Flow.Status.RETIRED)
    | Q(duplicate_of_flow__status=Flow.Status.RETIRED)
)


class Memory:
    """What is known in one account, kept for a pass: every proposal's terms, status and fingerprint, and
    what those that were compared before are about.

    Filled by one query, then kept up by what has changed since; bounded by `KNOWN_LIMIT` and `PROBLEMS_KEPT`.
    It only finds candidates: whether one may be used says its row.
    """

    def __init__(self, account_id: UUID) -> None:
        self.account_id = account_id
        self.growth = Growth(account_id)
        self._seen_until: datetime | None = None
        self._terms = TermIndex()
        self._status: dict[UUID, str] = {}
        self._rejected: set[UUID] = set()
        self._fingerprint: dict[UUID, str] = {}
        self._twins: dict[str, set[UUID]] = {}
        self._problems: OrderedDict[UUID, dict[UUID, Problem]] = OrderedDict()
        self._kept = 0
        self._waiting: set[UUID] = set()
        self._new: set[UUID] = set()

    @classmethod
    def of(cls, account_id: UUID) -> Self:
        """What is known now."""
        memory = cls(account_id)
        memory.refresh()
        return memory

    def refresh(self, *, everything: bool = False) -> None:
        """Take in what has changed since the last time, by whomever; or look at everything again."""
        now = timezone.now()
        rows = FlowProposal.objects.for_account(self.account_id).filter(
            proposal_type=FlowProposal.Type.NEW_FLOW
        )
        if everything or self._seen_until is None:
            rows = rows.exclude(FORGOTTEN).order_by("-created_at", "-id")[:KNOWN_LIMIT]
        else:
            rows = rows.filter(updated_at__gte=self._seen_until - LATE_COMMIT)
        columns = rows.values_list("pk", "team_id", "status", "fingerprint", "terms")
        for pk, team_id, status, fingerprint, terms in columns.iterator(chunk_size=2000):
            if status in RANK:
                self._note(pk, team_id, status, fingerprint, terms)
            else:
                self._forget(pk)
        self._seen_until = now

    def expect(self, proposal_id: UUID, group: Group) -> None:
        """A verdict about the group waits to be written to that proposal, new or known."""
        self._waiting.add(proposal_id)
        if proposal_id not in self._status:
            self._new.add(proposal_id)
            self._note(proposal_id, group.team_id, Status.PENDING, group.fingerprint, group.terms)
            self._problems[proposal_id] = {}
        if proposal_id in self._problems:
            members = zip(group.members, group.problems, strict=True)
            self._keep(proposal_id, {facts.id: problem for facts, problem in members})

    def settle(self, proposal_id: UUID, *, written: bool) -> None:
        """What waited is written, or it is void: then what it would have told is forgotten."""
        if not written:
            self._drop_problems(proposal_id)
            if proposal_id in self._new:
                self._forget(proposal_id)
        self.growth.forget(proposal_id)
        self._waiting.discard(proposal_id)
        self._new.discard(proposal_id)

    def leave_out(self, proposal_id: UUID) -> None:
        """Take no finding for the same as this one, until it changes."""
        self._forget(proposal_id)

    def is_open(self, proposal_id: UUID) -> bool:
        """Whether it is a pending one, as far as is known."""
        return self._status.get(proposal_id) == Status.PENDING

    @property
    def knows_rejected(self) -> bool:
        return bool(self._rejected)

    def is_rejected(self, proposal_id: UUID) -> bool:
        return proposal_id in self._rejected

    def is_waiting(self, proposal_id: UUID) -> bool:
        return proposal_id in self._waiting

    def twins(self, group: Group, statuses: Collection[str]) -> list[UUID]:
        """Proposals with the very fingerprint, the best first."""
        found = self._twins.get(group.fingerprint, ())
        return sorted(
            (pk for pk in found if self._status[pk] in statuses), key=lambda pk: (self._rank(pk), pk)
        )

    def near(self, group: Group, statuses: Collection[str]) -> list[UUID]:
        """Those worth comparing closely: open ones first, then declined ones, the nearest of each first."""
        found = self._terms.nearest(
            group.team_id,
            group.terms,
            limit=COMPARED_PROPOSALS,
            eligible=None if len(statuses) == len(RANK) else lambda pk: self._status[pk] in statuses,
        )
        return [pk for pk, shared in sorted(found, key=lambda one: (self._rank(one[0]), -one[1], one[0]))]

    def problems(self, proposals: Sequence[UUID]) -> Iterator[tuple[UUID, Collection[Problem]]]:
        """What each of these is about; read a few at a time, for often the first says it all."""
        for start in range(0, len(proposals), READ_AT_ONCE):
            few = proposals[start : start + READ_AT_ONCE]
            self._read([pk for pk in few if pk not in self._problems])
            for pk in few:
                if pk in self._problems:
                    self._problems.move_to_end(pk)
                    yield pk, self._problems[pk].values()

    def _rank(self, pk: UUID) -> int:
        return RANK[self._status[pk]]

    def _note(self, pk: UUID, team_id: UUID | None, status: str, fingerprint: str, terms: list[str]) -> None:
        self._status[pk], self._fingerprint[pk] = status, fingerprint
        (self._rejected.add if status == Status.REJECTED else self._rejected.discard)(pk)
        self._twins.setdefault(fingerprint, set()).add(pk)
        self._terms.put(pk, team_id, terms)

    def _forget(self, pk: UUID) -> None:
        if pk in self._status:
            del self._status[pk]
            self._rejected.discard(pk)
            fingerprint = self._fingerprint.pop(pk)
            self._twins[fingerprint].discard(pk)
            if not self._twins[fingerprint]:
                del self._twins[fingerprint]
            self._terms.drop(pk)
            self._drop_problems(pk)

    def _keep(self, proposal_id: UUID, found: dict[UUID, Problem]) -> None:
        """Of all that is known about a proposal a sample that does not depend on the order of coming."""
        before = self._problems.pop(proposal_id, {})
        chosen = sorted((before | found).items(), key=lambda item: _lot(item[0]))[:REPRESENTATIVES]
        self._problems[proposal_id] = dict(chosen)
        self._kept += _size(self._problems[proposal_id]) - _size(before)
        while self._kept > PROBLEMS_KEPT:
            self._drop_problems(next(iter(self._problems)))

    def _drop_problems(self, pk: UUID) -> None:
        self._kept -= _size(self._problems.pop(pk, {}))

    def _read(self, proposals: Collection[UUID]) -> None:
        """A draft may hold several causes, so its newest session alone would often miss the one that comes
        again. Superseded evidence tells it too: what a proposal is about does not change when a session is
        reopened."""
        if not proposals:
            return
        links = _sample(self.account_id, proposals)
        wanted = {session for sessions in links.values() for session in sessions}
        read = {row.pk: problem_of(facts) for row, facts in of_any_state(self.account_id, wanted)}
        for proposal in proposals:
            self._keep(proposal, {pk: read[pk] for pk in links.get(proposal, ()) if pk in read})


def _size(problems: Mapping[UUID, Problem]) -> int:
    return sum(len(one.text) + len(one.fix) + OF_A_PROBLEM for one in problems.values())


def _lot(session_id: UUID) -> str:
    """The random end of an id: the smallest of them are a fair sample of a proposal's evidence, which a new
    session joins or not whatever came before it."""
    return session_id.hex[-12:]


def _sample(account_id: UUID, proposals: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """A few evidence sessions of each, as `_lot` has it."""
    place = Window(
        RowNumber(),
        partition_by="proposal_id",
        order_by=[Right(Cast("session_id", TextField()), 12), F("resolution_no")],
    )
    links = (
        ProposalEvidence.objects.for_account(account_id)
        .filter(proposal__in=proposals)
        .annotate(place=place)
        .filter(place__lte=REPRESENTATIVES)
        .values_list("proposal_id", "session_id")
    )
    chosen: dict[UUID, list[UUID]] = defaultdict(list)
    for proposal_id, session_id in links:
        chosen[proposal_id].append(session_id)
    return chosen
