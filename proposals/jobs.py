"""The learning job: one runner at a time, account by account, batch by batch."""

import logging
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import inf
from time import monotonic
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError
from django.db.models import Max

from flowpilot.accounts.models import Account, User
from flowpilot.ai.contracts import Engine, EngineError, SessionFacts
from flowpilot.ai.router import engine_for
from flowpilot.core.locks import single_instance
from flowpilot.core.scope import account_scope
from proposals import actions
from proposals.analysis import Verdict, judge, propose_alone
from proposals.groups import Group, Loaded, groups_of, load
from proposals.known import Memory
from proposals.models import AnalysisRun, SessionAnalysis
from proposals.running import LOCK
from sessions.models import AISession

log = logging.getLogger(__name__)

STOP_BEFORE_TIMEOUT_SECONDS = 120
"""The job ends by itself this long before django-q2 would end it."""

Progress = Callable[[int], None]


@dataclass
class Tally:
    """What a pass did. `skipped` says why it did nothing at all, `errors` which accounts it could not do."""

    claimed: int = 0
    completed: int = 0
    failed: int = 0
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


class AccountsFailed(Exception):
    """Some accounts could not be done; the others were."""


def analyse_pending() -> str:
    """The scheduled entry: all accounts, within the queue's timeout."""
    return _reported(run(seconds=settings.JOB_TIMEOUT_SECONDS - STOP_BEFORE_TIMEOUT_SECONDS))


def analyse_now(account_id: str) -> str:
    """The entry for a run over one account that somebody asked for."""
    seconds = settings.JOB_TIMEOUT_SECONDS - STOP_BEFORE_TIMEOUT_SECONDS
    return _reported(run(UUID(account_id), seconds=seconds, trigger=AnalysisRun.Trigger.HAND))


def _reported(tally: Tally) -> str:
    """What the queue keeps of a pass; a task in which accounts failed fails as well."""
    if tally.errors:
        raise AccountsFailed("; ".join(tally.errors))
    return str(tally)


def run(
    account_id: UUID | None = None,
    *,
    limit: int | None = None,
    seconds: float | None = None,
    trigger: str = AnalysisRun.Trigger.SCHEDULE,
    progress: Progress = lambda done: None,
) -> Tally:
    """Analyse what waits: in one account, or in all in turn. At most `limit` sessions, `seconds` long.

    Accounts take turns by the batch, the one that waited longest first, so that none starves behind a
    busy one. A second runner finds the lock held and does nothing.
    """
    tally, start = Tally(), monotonic()
    deadline = start + seconds if seconds else inf
    with single_instance(LOCK) as alone:
        if not alone:
            tally.skipped = "another analysis is running"
            return tally
        turns = deque(_Turn(account, trigger) for account in _accounts(account_id))
        while turns and monotonic() < deadline and (limit is None or tally.claimed < limit):
            turn = turns.popleft()
            size = settings.ANALYSIS_BATCH
            if turn.batch(
                tally, size if limit is None else min(size, limit - tally.claimed), deadline, progress
            ):
                turns.append(turn)
            else:
                turn.finish()
        for turn in turns:
            turn.finish()
    tally.seconds = monotonic() - start
    return tally


@dataclass
class _Turn:
    """One account's part in a pass."""

    account: Account
    trigger: str
    row: AnalysisRun | None = None
    counts: Counter[str] = field(default_factory=Counter)
    memory: Memory = field(default_factory=Memory)

    def batch(self, tally: Tally, limit: int, deadline: float, progress: Progress) -> bool:
        """Claim and analyse one batch; False when nothing waits any more, or the account cannot be done."""
        before = tally.numbers()
        try:
            with account_scope(self.account.pk):
                more = self._batch(tally, limit, deadline, progress)
        except Exception as error:
            log.exception("The analysis of account %s failed", self.account.slug)
            tally.errors.append(f"{self.account.slug}: {_said(error)}")
            more = False
        self.counts += tally.numbers() - before
        return more

    def _batch(self, tally: Tally, limit: int, deadline: float, progress: Progress) -> bool:
        account_id = self.account.pk
        if self.row is None:
            actions.supersede_stale_evidence(account_id)
        engine = engine_for(self.account)
        claim = actions.claim(account_id, limit=limit)
        if not claim.sessions:
            return False
        self.row = self.row or actions.start_run(account_id, trigger=self.trigger)
        tally.claimed += len(claim.sessions)
        work = Work(account_id, claim.token, engine, tally, self.memory, deadline)
        work.analyse_claim(claim, progress)
        return True

    def finish(self) -> None:
        if self.row:
            with account_scope(self.account.pk):
                actions.finish_run(self.row, dict(self.counts))


def propose_from(session: AISession, *, by: User) -> SessionAnalysis:
    """Analyse one session now because a team admin asked; returns what came of it, good or bad."""
    claim = actions.claim_by_hand(session, by=by)
    account_id = session.account_id
    try:
        facts = load(account_id, [session.pk])[session.pk][1]
        engine = engine_for(session.account)
        _judge_and_store(
            account_id, claim.token, lambda: propose_alone(account_id, facts, session.team_id, engine)
        )
    except Exception as error:
        log.exception("Proposing a flow from session %s failed", session.pk)
        actions.fail(account_id, session.pk, token=claim.token, error=_said(error), retryable=False)
    return SessionAnalysis.objects.get(
        session=session, request_no=claim.request_no, resolution_no=session.resolution_no
    )


def expire_proposals() -> str:
    """Close proposals whose time is over, in every account."""
    expired, errors = 0, []
    for account in _accounts(None):
        try:
            with account_scope(account.pk):
                expired += actions.expire(account.pk)
        except Exception as error:
            log.exception("Expiring proposals of account %s failed", account.slug)
            errors.append(f"{account.slug}: {_said(error)}")
    if errors:
        raise AccountsFailed("; ".join(errors))
    return f"expired {expired}"


def _accounts(account_id: UUID | None) -> list[Account]:
    """One account, or all of them, the one whose last run is longest ago first."""
    if account_id:
        return list(Account.objects.filter(pk=account_id))
    return sorted(Account.objects.order_by("created_at", "pk"), key=_last_turn)


def _last_turn(account: Account) -> datetime:
    """When its last run began; for an account that never had one, since when it waits."""
    with account_scope(account.pk):
        last: datetime | None = AnalysisRun.objects.for_account(account.pk).aggregate(
            last=Max("started_at")
        )["last"]
    return last or account.created_at


def _said(error: Exception) -> str:
    """What people are told; the rest is in the log."""
    if isinstance(error, EngineError):
        return str(error)
    if isinstance(error, DatabaseError):
        return "The database refused to store the result; the log says why."
    return f"{type(error).__name__}: {error}"


def _judge_and_store(account_id: UUID, token: UUID, judged: Callable[[], Verdict]) -> Verdict | None:
    """Judge and write down; None when the claim was lost. If the same finding was opened by somebody
    else in between, judge once more: it is known then."""
    verdict = judged()
    try:
        written = actions.store(account_id, verdict, token=token)
    except actions.FindingTaken:
        verdict = judged()
        written = actions.store(account_id, verdict, token=token)
    return verdict if written else None


@dataclass(frozen=True)
class Work:
    """One claim in work: its account, its token, who thinks, where it is counted, until when."""

    account_id: UUID
    token: UUID
    engine: Engine
    tally: Tally
    memory: Memory = field(default_factory=Memory)
    deadline: float = inf

    def analyse_claim(self, claim: actions.Claim, progress: Progress = lambda done: None) -> None:
        """Judge and store every group. What failed before goes alone, so it harms nobody else; what is
        not begun by the deadline goes back into the line."""
        loaded = self.load(claim.sessions)
        left = {pk for pk in claim.sessions if pk not in loaded}
        batches = [[loaded[pk] for pk in claim.fresh if pk in loaded]]
        batches += [[loaded[pk]] for pk in claim.again if pk in loaded]
        for batch in batches:
            for group in self.groups(batch):
                if monotonic() > self.deadline:
                    left |= {facts.id for facts in group.members}
                    continue
                self.analyse(group)
                progress(len(group.members))
        if left:
            actions.release(self.account_id, left, token=self.token)

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

    def groups(self, batch: Sequence[tuple[AISession, SessionFacts]]) -> list[Group]:
        """The batch in groups; if grouping itself fails, each session alone and the culprits out."""
        try:
            return groups_of(batch, self.engine)
        except Exception as error:
            if len(batch) == 1:
                self.fail(batch[0][1].id, error)
                return []
            log.exception("Grouping %s sessions failed; each goes alone", len(batch))
            return [group for one in batch for group in self.groups([one])]

    def analyse(self, group: Group) -> None:
        try:
            verdict = _judge_and_store(
                self.account_id,
                self.token,
                lambda: judge(self.account_id, group, self.engine, self.memory),
            )
        except Exception as error:
            self.recover(group, error)
            return
        if verdict:
            self.tally.completed += len(group.members)
            self.tally.outcomes[verdict.outcome] += len(group.members)

    def recover(self, group: Group, error: Exception) -> None:
        """A member on which the engine fails must not fail its neighbours: find it, go on without it."""
        if len(group.members) == 1:
            self.fail(group.members[0].id, error)
            return
        healthy = []
        for member in group.members:
            try:
                judge(self.account_id, replace(group, members=(member,)), self.engine, self.memory)
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
        log.warning("Analysis of session %s failed: %s", session_id, error, exc_info=error)
        retryable = not isinstance(error, EngineError) or error.retryable
        self.tally.failed += 1
        actions.fail(
            self.account_id,
            session_id,
            token=self.token,
            error=_said(error),
            retryable=retryable,
        )
