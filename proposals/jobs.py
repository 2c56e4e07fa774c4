"""The learning job: one runner at a time, account by account, batch by batch."""

import logging
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache, partial
from math import inf
from time import monotonic
from uuid import UUID

from django.conf import settings
from django.db.models import Max

from flowpilot.accounts.models import Account, User
from flowpilot.accounts.rounds import AccountsFailed, in_every_account
from flowpilot.ai.contracts import Analyst
from flowpilot.ai.later import patient_engine_for
from flowpilot.ai.router import engine_for
from flowpilot.core.collector import collecting_rarely
from flowpilot.core.locks import single_instance
from flowpilot.core.scope import account_scope
from proposals import actions
from proposals.analysis import propose_by_hand
from proposals.groups import load
from proposals.late import take_up_answers
from proposals.memory import Memory
from proposals.models import AnalysisRun, FlowProposal, SessionAnalysis
from proposals.running import LOCK
from proposals.work import Progress, Tally, Work, may_begin, said
from sessions.models import AISession

log = logging.getLogger(__name__)

STOP_BEFORE_TIMEOUT_SECONDS = 120
"""The job ends by itself this long before django-q2 would end it."""

REMEMBERED_ACCOUNTS = 4
"""Accounts whose proposals are kept in memory at a time; for more of them, they are read again."""

EngineOf = Callable[[Account], Analyst]


class LockLost(Exception):
    """The server has given up the connection that held the runner's lock: somebody else may run by now."""

    def __str__(self) -> str:
        return "the runner's lock was lost"


def analyse_pending() -> str:
    """The scheduled entry: all accounts, within the queue's timeout; where that is set, by batches."""
    seconds = settings.JOB_TIMEOUT_SECONDS - STOP_BEFORE_TIMEOUT_SECONDS
    return _reported(run(seconds=seconds, engine_of=patient_engine_for))


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
    engine_of: EngineOf = engine_for,
) -> Tally:
    """Analyse what waits: in one account, or in all in turn. At most `limit` sessions, `seconds` long.

    Accounts take turns by the batch, the one that waited longest first, so that none starves behind a
    busy one. A second runner finds the lock held and does nothing.
    """
    tally, start = Tally(), monotonic()
    deadline = start + seconds if seconds else inf
    with single_instance(LOCK) as alone, collecting_rarely():
        if not alone:
            tally.skipped = "another analysis is running"
            return tally
        remembered = lru_cache(maxsize=REMEMBERED_ACCOUNTS)(Memory)
        turns = deque(
            _Turn(account, trigger, engine_of, remembered, alone.still_holds)
            for account in _accounts(account_id)
        )
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
    engine_of: EngineOf
    remembered: Callable[[UUID], Memory]
    holds_lock: Callable[[], bool]
    row: AnalysisRun | None = None
    counts: Counter[str] = field(default_factory=Counter)

    def batch(self, tally: Tally, limit: int, deadline: float, progress: Progress) -> bool:
        """Claim and analyse one batch; False when nothing waits any more, or the account cannot be done."""
        before = tally.numbers()
        try:
            with account_scope(self.account.pk):
                more = self._batch(tally, limit, deadline, progress)
        except Exception as error:
            log.exception("The analysis of account %s failed", self.account.slug)
            tally.errors.append(f"{self.account.slug}: {said(error)}")
            more = False
        self.counts += tally.numbers() - before
        return more

    def _batch(self, tally: Tally, limit: int, deadline: float, progress: Progress) -> bool:
        account_id = self.account.pk
        if self.row is None:
            actions.supersede_stale_evidence(account_id)
            take_up_answers(self.account, tally, self.remembered(account_id), deadline)
        engine = self.engine_of(self.account)
        if not self.holds_lock():
            raise LockLost
        if not may_begin(engine, deadline):
            return False
        claim = actions.claim(account_id, limit=limit, alone=True)
        if not claim.sessions:
            return False
        self.row = self.row or actions.start_run(account_id, trigger=self.trigger)
        tally.claimed += len(claim.sessions)
        work = Work(account_id, claim.token, engine, tally, self.remembered(account_id), deadline)
        work.analyse_claim(claim, progress)
        return True

    def finish(self) -> None:
        if self.row:
            with account_scope(self.account.pk):
                actions.finish_run(self.row, dict(self.counts))


def propose_from(session: AISession, *, by: User, engine_of: EngineOf = engine_for) -> SessionAnalysis:
    """Analyse one session now because a team admin asked; returns what came of it, good or bad."""
    return propose_together([session], by=by, engine_of=engine_of)


def propose_together(
    sessions: Sequence[AISession], *, by: User, engine_of: EngineOf = engine_for
) -> SessionAnalysis:
    """Analyse resolved sessions of one team as one problem, now; returns what came of it, good or bad."""
    return _analysed_by_hand(sessions, actions.claim_by_hand(sessions, by=by), engine_of)


def split_off(
    proposal: FlowProposal, session: AISession, *, by: User, engine_of: EngineOf = engine_for
) -> SessionAnalysis:
    """Take a session out of a proposal's evidence and analyse it by itself; returns what came of it."""
    claim = actions.split_off(proposal, session, by=by)
    return _analysed_by_hand([session], claim, engine_of, apart_from=proposal.pk)


def _analysed_by_hand(
    sessions: Sequence[AISession],
    claim: actions.Claim,
    engine_of: EngineOf,
    *,
    apart_from: UUID | None = None,
) -> SessionAnalysis:
    first = sessions[0]
    account_id = first.account_id
    try:
        loaded = load(account_id, claim.sessions)
        members = tuple(facts for _row, facts in loaded.values())
        engine = engine_of(first.account)
        judged = partial(propose_by_hand, account_id, members, first.team_id, engine, apart_from=apart_from)
        try:
            actions.store(account_id, judged(), token=claim.token)
        except actions.FindingTaken:
            # Somebody else opened the same finding in between: it is known now.
            actions.store(account_id, judged(), token=claim.token)
    except Exception as error:
        log.exception("Proposing a flow from session %s failed", first.pk)
        for session in sessions:
            actions.fail(account_id, session.pk, token=claim.token, error=said(error), retryable=False)
    return SessionAnalysis.objects.get(
        session=first, request_no=claim.request_no, resolution_no=first.resolution_no
    )


def replay_draft(account_id: str, proposal_id: str, draft_id: str = "") -> str:
    """The entry for a replay that a page asked for; one that was queued without a draft is of the current."""
    with account_scope(UUID(account_id)):
        proposal = FlowProposal.objects.with_context().filter(pk=UUID(proposal_id)).first()
        if proposal is None:
            return "the proposal is gone"
        kept = actions.replay_draft(proposal, seen=UUID(draft_id) if draft_id else None)
    if kept is None:
        return "the draft is not the current one any more"
    return f"walked {kept.done} of {kept.found}"


def expire_proposals() -> str:
    """Close proposals whose time is over, in every account."""
    return in_every_account("expired", lambda account: actions.expire(account.pk))


def _accounts(account_id: UUID | None) -> list[Account]:
    """One account, or all of them, the one whose last run is longest ago first."""
    if account_id:
        return list(Account.objects.filter(pk=account_id))
    return sorted(Account.objects.order_by("created_at", "pk"), key=_last_turn)


def _last_turn(account: Account) -> datetime:
    """When its last run began; for an account that never had one, since when it waits."""
    with account_scope(account.pk):
        runs = AnalysisRun.objects.for_account(account.pk)
        last: datetime | None = runs.aggregate(last=Max("started_at"))["last"]
    return last or account.created_at
