"""The learning job: one runner at a time, account by account, batch by batch."""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from time import monotonic
from uuid import UUID

from django.conf import settings

from flowpilot.accounts.models import Account, User
from flowpilot.ai.contracts import Engine, EngineError, SessionFacts
from flowpilot.ai.router import engine_for
from flowpilot.core.locks import single_instance
from flowpilot.core.scope import account_scope
from proposals import actions
from proposals.analysis import Group, Memory, groups_of, judge, load, propose_alone
from proposals.models import AnalysisRun, SessionAnalysis
from sessions.models import AISession

log = logging.getLogger(__name__)

LOCK = "proposals.analysis"
STOP_BEFORE_TIMEOUT_SECONDS = 120
"""The job ends by itself this long before django-q2 would end it."""

Progress = Callable[[int], None]


@dataclass
class Tally:
    """What a pass did. `skipped` says why it did nothing at all."""

    claimed: int = 0
    completed: int = 0
    failed: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    skipped: str = ""

    def as_json(self) -> dict[str, object]:
        result: dict[str, object] = {
            "claimed": self.claimed,
            "completed": self.completed,
            "failed": self.failed,
            "outcomes": dict(sorted(self.outcomes.items())),
            "seconds": round(self.seconds, 3),
        }
        return {**result, "skipped": self.skipped} if self.skipped else result

    def __str__(self) -> str:
        if self.skipped:
            return self.skipped
        return f"claimed {self.claimed}, completed {self.completed}, failed {self.failed}"


def analyse_pending() -> str:
    """The scheduled entry: all accounts, within the queue's timeout."""
    return str(run(seconds=settings.JOB_TIMEOUT_SECONDS - STOP_BEFORE_TIMEOUT_SECONDS))


def run(
    account_id: UUID | None = None,
    *,
    limit: int | None = None,
    seconds: float | None = None,
    trigger: str = AnalysisRun.Trigger.SCHEDULE,
    progress: Progress = lambda done: None,
) -> Tally:
    """Analyse what waits: in one account, or in all in turn. At most `limit` sessions, `seconds` long.

    A second runner finds the lock held and does nothing.
    """
    tally, start = Tally(), monotonic()
    with single_instance(LOCK) as alone:
        if not alone:
            tally.skipped = "another analysis is running"
            return tally
        for account in _accounts(account_id):
            with account_scope(account.pk):
                _run_account(account, tally, limit, seconds and start + seconds, trigger, progress)
    tally.seconds = monotonic() - start
    return tally


def propose_from(session: AISession, *, by: User) -> SessionAnalysis:
    """Analyse one session now because a team admin asked; returns what came of it, good or bad."""
    claim = actions.claim_by_hand(session, by=by)
    account_id = session.account_id
    try:
        facts = load(account_id, [session.pk])[session.pk][1]
        verdict = propose_alone(account_id, facts, session.team_id, engine_for(session.account))
        actions.store(account_id, verdict, token=claim.token)
    except Exception as error:
        log.exception("Proposing a flow from session %s failed", session.pk)
        actions.fail(account_id, session.pk, token=claim.token, error=_said(error), retryable=False)
    return SessionAnalysis.objects.get(
        session=session, request_no=claim.request_no, resolution_no=session.resolution_no
    )


def expire_proposals() -> str:
    """Close proposals whose time is over, in every account."""
    return f"expired {sum(_in_each_account(actions.expire))}"


def _accounts(account_id: UUID | None) -> list[Account]:
    accounts = Account.objects.order_by("created_at", "pk")
    return list(accounts.filter(pk=account_id) if account_id else accounts)


def _in_each_account(job: Callable[[UUID], int]) -> list[int]:
    results = []
    for account in _accounts(None):
        with account_scope(account.pk):
            results.append(job(account.pk))
    return results


def _run_account(
    account: Account,
    tally: Tally,
    limit: int | None,
    deadline: float | None,
    trigger: str,
    progress: Progress,
) -> None:
    engine, before, run_row = engine_for(account), Counter(_numbers(tally)), None
    actions.supersede_stale_evidence(account.pk)
    while not (deadline and monotonic() > deadline):
        size = (
            settings.ANALYSIS_BATCH if limit is None else min(settings.ANALYSIS_BATCH, limit - tally.claimed)
        )
        claim = actions.claim(account.pk, limit=size)
        if not claim.sessions:
            break
        run_row = run_row or actions.start_run(account.pk, trigger=trigger)
        tally.claimed += len(claim.sessions)
        analyse_claim(account.pk, claim, engine, tally, progress)
    if run_row:
        actions.finish_run(run_row, dict(Counter(_numbers(tally)) - before))


def _numbers(tally: Tally) -> dict[str, int]:
    return {
        "claimed": tally.claimed,
        "completed": tally.completed,
        "failed": tally.failed,
        **tally.outcomes,
    }


def _said(error: Exception) -> str:
    return str(error) if isinstance(error, EngineError) else f"{type(error).__name__}: {error}"


def analyse_claim(
    account_id: UUID,
    claim: actions.Claim,
    engine: Engine,
    tally: Tally,
    progress: Progress = lambda done: None,
) -> None:
    """Judge and store every group of a claim. What failed before goes alone, so it harms nobody else."""
    work = _Work(account_id, claim.token, engine, tally)
    loaded = load(account_id, claim.sessions)
    if gone := [pk for pk in claim.sessions if pk not in loaded]:
        actions.drop_reopened(account_id, gone, token=claim.token)
    batches = [[loaded[pk] for pk in claim.fresh if pk in loaded]]
    batches += [[loaded[pk]] for pk in claim.again if pk in loaded]
    for batch in batches:
        for group in work.groups(batch):
            work.analyse(group)
            progress(len(group.members))


@dataclass(frozen=True)
class _Work:
    """One claim in work: its account, its token, who thinks and where it is counted."""

    account_id: UUID
    token: UUID
    engine: Engine
    tally: Tally
    memory: Memory = field(default_factory=Memory)

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
            verdict = judge(self.account_id, group, self.engine, self.memory)
            written = actions.store(self.account_id, verdict, token=self.token)
        except Exception as error:
            self.recover(group, error)
            return
        if written:
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
