"""One claim in work: judged group by group, written down many verdicts at a time."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from time import monotonic
from uuid import UUID

from django.db import DatabaseError

from flowpilot.ai.contracts import Analyst, AnswerLater, EngineError
from flowpilot.ai.router import RoutedEngine
from flowpilot.core.db.errors import is_disk_full
from proposals import actions
from proposals.analysis import Verdict, judge
from proposals.facts import Loaded
from proposals.groups import Group, groups_of, load
from proposals.known import NotWrittenYet, look_ahead
from proposals.memory import Memory

log = logging.getLogger(__name__)

WRITE_AFTER_SECONDS = 2.0
"""What was concluded is at risk no longer than this, and not at all with an engine that takes longer."""
WRITTEN_AT_ONCE = 500
LOOKED_UP_AT_ONCE = 50

IN_HAND_SECONDS = 90.0
"""One analysis may go on for so long after the deadline: the limit of the job is further off still."""

Progress = Callable[[int], None]


@dataclass
class Tally:
    """What a pass did. `skipped` says why it did nothing at all, `errors` which accounts it could not do."""

    claimed: int = 0
    completed: int = 0
    failed: int = 0
    submitted: int = 0
    """Sessions whose question waits for the vendor."""
    outcomes: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    skipped: str = ""
    errors: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, object]:
        result: dict[str, object] = {
            "claimed": self.claimed,
            "completed": self.completed,
            "failed": self.failed,
            "outcomes": dict(sorted(self.outcomes.items())),
            "seconds": round(self.seconds, 3),
        }
        if self.submitted:
            result["submitted"] = self.submitted
        if self.errors:
            result["errors"] = self.errors
        return {**result, "skipped": self.skipped} if self.skipped else result

    def numbers(self) -> Counter[str]:
        """The figures that a run keeps."""
        counts = {"claimed": self.claimed, "completed": self.completed, "failed": self.failed}
        return Counter({**counts, **self.outcomes})

    def __str__(self) -> str:
        if self.skipped:
            return self.skipped
        return f"claimed {self.claimed}, completed {self.completed}, failed {self.failed}"


def said(error: Exception) -> str:
    """What people are told; the rest is in the log."""
    if isinstance(error, EngineError):
        return str(error)
    if is_disk_full(error):
        return "The database's disk is full; the analysis goes on when there is room."
    if isinstance(error, DatabaseError):
        return "The database refused to store the result; the log says why."
    return f"{type(error).__name__}: {error}"


def may_begin(engine: Analyst, deadline: float) -> bool:
    """Whether an analysis that begins now ends in time, however long the vendor takes for it."""
    longest = engine.longest_analysis if isinstance(engine, RoutedEngine) else 0.0
    return monotonic() + max(0.0, longest - IN_HAND_SECONDS) <= deadline


@dataclass
class Work:
    """One claim in work: its account, its token, who thinks, where it is counted, until when."""

    account_id: UUID
    token: UUID
    engine: Analyst
    tally: Tally
    memory: Memory | None = None
    deadline: float = inf
    _waiting: list[Verdict] = field(default_factory=list)
    _written_at: float = field(default_factory=monotonic)
    _taken: set[str] = field(default_factory=set)
    """Fingerprints of findings that were judged again because somebody else had opened them."""

    def __post_init__(self) -> None:
        self._memory = self.memory or Memory(self.account_id)

    def analyse_claim(self, claim: actions.Claim, progress: Progress = lambda done: None) -> None:
        """Judge and store every group. What was tried before goes first and alone: it harms nobody else, and
        nobody else keeps it in hand. What is not begun by the deadline goes back into the line."""
        self._memory.refresh()
        left: set[UUID] = set()
        try:
            for ids in (*((pk,) for pk in claim.again), claim.fresh):
                left |= self._analyse_together(ids, progress)
        except DatabaseError as error:
            if is_disk_full(error):
                actions.release(self.account_id, claim.sessions, token=self.token)
            raise
        if left:
            actions.release(self.account_id, left, token=self.token)

    def _analyse_together(self, ids: Sequence[UUID], progress: Progress) -> set[UUID]:
        """Those that were left: reopened meanwhile, or not begun by the deadline."""
        loaded = self.load(ids) if ids else {}
        left = {pk for pk in ids if pk not in loaded}
        for group, likely in self._in_turn(self.groups(list(loaded.values()))):
            if not may_begin(self.engine, self.deadline):
                left |= {facts.id for facts in group.members}
                continue
            self.analyse(group, likely)
            progress(len(group.members))
        self.write()
        return left

    def _in_turn(self, groups: Sequence[Group]) -> Iterator[tuple[Group, UUID | None]]:
        """Each group with the open proposal that it is probably about, looked up for some of them at once."""
        for start in range(0, len(groups), LOOKED_UP_AT_ONCE):
            some = groups[start : start + LOOKED_UP_AT_ONCE]
            yield from zip(some, self._looked_up(some), strict=True)

    def _looked_up(self, groups: Sequence[Group]) -> Sequence[UUID | None]:
        """Nothing depends on it: if it fails, each group finds that out for itself."""
        try:
            return look_ahead(groups, self._memory)
        except Exception:
            log.exception("Looking up %s groups failed; each is looked up alone", len(groups))
            return [None] * len(groups)

    def load(self, ids: Sequence[UUID]) -> dict[UUID, Loaded]:
        """The sessions as facts; if reading them fails, each alone and the culprits out."""
        try:
            return load(self.account_id, ids)
        except Exception as error:
            if len(ids) == 1:
                self.fail(ids[0], error)
                return {}
            log.exception("Reading %s sessions failed; each is read alone", len(ids))
            return {pk: row for one in ids for pk, row in self.load([one]).items()}

    def groups(self, batch: Sequence[Loaded]) -> list[Group]:
        """The batch in groups; if grouping itself fails, each session alone and the culprits out."""
        try:
            return groups_of(batch, self.engine)
        except Exception as error:
            if len(batch) == 1:
                self.fail(batch[0][1].id, error)
                return []
            log.exception("Grouping %s sessions failed; each goes alone", len(batch))
            return [group for one in batch for group in self.groups([one])]

    def analyse(self, group: Group, likely: UUID | None = None) -> None:
        """Judge a group; the verdict is written when enough of them wait, or one has waited long enough."""
        try:
            verdict = self._judged(group, likely)
        except AnswerLater as later:
            self._submit(group, later)
            return
        except Exception as error:
            self.recover(group, error)
            return
        self._waiting.append(verdict)
        if verdict.proposal_id and not group.left_at:
            self._memory.expect(verdict.proposal_id, group)
        if len(self._waiting) >= WRITTEN_AT_ONCE or monotonic() - self._written_at >= WRITE_AFTER_SECONDS:
            self.write()

    def _submit(self, group: Group, later: AnswerLater) -> None:
        """The answer comes within a day: until then the sessions are nobody's."""
        ids = {facts.id for facts in group.members}
        if actions.wait_for(self.account_id, ids, token=self.token, question_id=later.question_id):
            self.tally.submitted += len(ids)

    def _judged(self, group: Group, likely: UUID | None = None) -> Verdict:
        """The verdict; if it builds on one that waits, that is written first."""
        try:
            return judge(self.account_id, group, self.engine, self._memory, likely=likely)
        except NotWrittenYet:
            self.write()
            return judge(self.account_id, group, self.engine, self._memory)

    def write(self) -> None:
        """Write down what waits, together; if that fails, each alone, so that none loses another's."""
        while self._waiting:
            verdicts, self._waiting = self._waiting, []
            try:
                self._store(verdicts)
            except Exception:
                log.info("Writing %s verdicts failed; each is written alone", len(verdicts), exc_info=True)
                self._write_each(verdicts)
        self._written_at = monotonic()

    def _write_each(self, verdicts: Sequence[Verdict]) -> None:
        failed: list[tuple[Group, Exception]] = []
        for verdict in verdicts:
            try:
                self._store([verdict])
            except Exception as error:
                self._settle(verdict, written=False)
                failed.append((verdict.group, error))
        for group, why in failed:
            if isinstance(why, actions.FindingTaken) and group.fingerprint not in self._taken:
                # Somebody else opened the same finding meanwhile: it is known now.
                self._taken.add(group.fingerprint)
                self._memory.refresh(everything=True)
                self.analyse(group)
            else:
                self.recover(group, why)

    def _store(self, verdicts: Sequence[Verdict]) -> None:
        if not verdicts:
            return
        written = actions.store_all(self.account_id, verdicts, token=self.token)
        ids = {verdict.new_id for verdict in written}
        for verdict in verdicts:
            self._settle(verdict, written=verdict.new_id in ids)
        for verdict in written:
            self.tally.completed += len(verdict.group.members)
            self.tally.outcomes[verdict.outcome] += len(verdict.group.members)

    def _settle(self, verdict: Verdict, *, written: bool) -> None:
        if verdict.proposal_id:
            self._memory.settle(verdict.proposal_id, written=written)

    def recover(self, group: Group, error: Exception) -> None:
        """A member on which the engine fails must not fail its neighbours: find it, go on without it."""
        if len(group.members) == 1:
            self.fail(group.members[0].id, error)
            return
        healthy = []
        for member in group.members:
            try:
                self._judged(replace(group, members=(member,)))
                healthy.append(member)
            except AnswerLater:
                healthy.append(member)
            except Exception as own_error:
                self.fail(member.id, own_error)
        if len(healthy) < len(group.members):
            if healthy:
                self.analyse(replace(group, members=tuple(healthy)))
            return
        for member in group.members:
            self.analyse(replace(group, members=(member,)))

    def fail(self, session_id: UUID, error: Exception) -> None:
        """Charge the session with it, unless it is the server that cannot go on."""
        if is_disk_full(error):
            raise error
        log.warning("Analysis of session %s failed: %s", session_id, error, exc_info=error)
        retryable = not isinstance(error, EngineError) or error.retryable
        self.tally.failed += 1
        actions.fail(
            self.account_id,
            session_id,
            token=self.token,
            error=said(error),
            retryable=retryable,
        )
