"""Who runs the learning job now: what the lock, the queue and the runs' rows say of it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from flowpilot.core.locks import held_since
from flowpilot.core.worker.once import Queued, find_queued
from proposals.models import AnalysisRun

LOCK = "proposals.analysis"
ON_SCHEDULE = "proposals.jobs.analyse_pending"
ON_REQUEST = "proposals.jobs.analyse_now"


@dataclass(frozen=True)
class Runner:
    """Whoever held the lock at a look.

    since: runs that began before it are not the holder's. Without a holder it is the moment of the look: what
    began later than that may well go on.
    """

    since: datetime

    def has(self, run: AnalysisRun) -> bool:
        """Whether the run goes on. One without an end that is nobody's broke off."""
        return run.finished_at is None and run.started_at >= self.since


def runner() -> Runner:
    """Look before reading the runs: one that ends in between is finished, not broken off."""
    now = timezone.now()
    return Runner(held_since(LOCK) or now)


def current_run(account_id: UUID, runner: Runner) -> AnalysisRun | None:
    """The account's run that goes on now."""
    newest = AnalysisRun.objects.for_account(account_id).order_by("-started_at", "-id").first()
    return newest if newest and runner.has(newest) else None


def requested(account_id: UUID) -> Queued | None:
    """The run that somebody asked for and that waits for a worker, or is in a worker's hands."""
    return find_queued(ON_REQUEST, str(account_id))
