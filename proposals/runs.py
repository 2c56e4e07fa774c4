"""What the page of the analysis and `analysis_status` show: runs, what waits, what failed, who works."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Min, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone
from django_q.models import Schedule

from flowpilot.accounts.models import User
from flowpilot.accounts.roles import administers
from flowpilot.core.db.subqueries import ExistsRowByRow
from flowpilot.core.web import visible
from flowpilot.core.worker.heartbeat import is_recent, last_beat
from proposals.models import AnalysisRun, SessionAnalysis
from proposals.running import ON_SCHEDULE, Runner, current_run, requested, runner
from sessions.models import AISession

COUNTED_TO = 10_000
"""Counting stops here and reads "10000+", so that it does not grow with the table."""
RUNS_SHOWN = 10
State = SessionAnalysis.State


@dataclass(frozen=True)
class Amount:
    """A number of rows; `more` when there are more than were counted."""

    number: int
    more: bool = False

    def __str__(self) -> str:
        return f"{self.number}+" if self.more else str(self.number)


@dataclass(frozen=True)
class Service:
    """What runs for all accounts. next_run is None without a schedule, last_beat before the first."""

    last_beat: datetime | None
    next_run: datetime | None

    @property
    def works(self) -> bool:
        return is_recent(self.last_beat)


@dataclass(frozen=True)
class Waiting:
    """The line of one account: who can be taken now, who is in work, who is tried again later."""

    ready: Amount
    oldest: datetime | None
    """When the session resolved that waits longest."""
    in_work: int
    later: int
    next_retry: datetime | None


@dataclass(frozen=True)
class Run:
    """One run. state: "completed", "running", or "broken_off" when its process ended before it did."""

    row: AnalysisRun
    state: str

    @property
    def seconds(self) -> float | None:
        """How long it took; None unless it came to its end."""
        ended = self.row.finished_at
        return (ended - self.row.started_at).total_seconds() if ended else None

    @property
    def claimed(self) -> int:
        return self.row.counts.get("claimed", 0)

    @property
    def completed(self) -> int:
        return self.row.counts.get("completed", 0)

    @property
    def failed(self) -> int:
        return self.row.counts.get("failed", 0)

    @property
    def outcomes(self) -> list[tuple[str, int]]:
        """What came of the sessions, in words, in the order of the choices."""
        counts = self.row.counts
        return [
            (str(choice.label), counts[choice.value])
            for choice in SessionAnalysis.Outcome
            if counts.get(choice.value)
        ]


@dataclass(frozen=True)
class Now:
    """How it stands this moment. requested: since when a run that was asked for is in the queue."""

    service: Service
    waiting: Waiting
    failed: Amount
    run: AnalysisRun | None
    requested: datetime | None

    @property
    def changing(self) -> bool:
        """Whether it is worth to look again in a moment."""
        return self.run is not None or (self.requested is not None and self.service.works)

    @property
    def since(self) -> datetime | None:
        """When what goes on was begun."""
        return self.run.started_at if self.run else self.requested


@dataclass(frozen=True)
class Failure:
    """A session whose analysis failed. The error is for those who answer for the session's team."""

    session: AISession
    analysis: SessionAnalysis | None
    may_retry: bool

    @property
    def error(self) -> str:
        return self.analysis.error if self.analysis and self.may_retry else ""


def now_of(account_id: UUID, failing: QuerySet[AISession]) -> Now:
    """How it stands in an account; `failing` are the failed sessions that the reader may see."""
    run = current_run(account_id, runner())
    queued = requested(account_id)
    return Now(
        service=service(),
        waiting=waiting(account_id, at_work=run is not None),
        failed=amount(failing),
        run=run,
        requested=queued.since if queued else None,
    )


def service() -> Service:
    rows = Schedule.objects.filter(func=ON_SCHEDULE).order_by("next_run")
    return Service(last_beat(), rows.values_list("next_run", flat=True).first())


def waiting(account_id: UUID, *, at_work: bool) -> Waiting:
    """`at_work`: a run goes on. What is claimed while none does is of one that broke off, and waits."""
    now, held = timezone.now(), Q(claim_token__isnull=False)
    dead = Q(lease_until__lte=now) if at_work else Q(lease_until__lte=now) | held
    claims = SessionAnalysis.objects.for_account(account_id).filter(~dead, state=State.CLAIMED, request_no=0)
    claimed = claims.aggregate(
        in_work=Count("pk", filter=held),
        later=Count("pk", filter=~held),
        next_retry=Min("lease_until", filter=~held),
    )
    line = _line(account_id, dead).order_by("resolved_at", "id")
    oldest = line.values_list("resolved_at", flat=True).first()
    return Waiting(ready=amount(line), oldest=oldest, **claimed)


def _line(account_id: UUID, dead: Q) -> QuerySet[AISession]:
    """The sessions that the next run may take: never claimed, or with a dead claim."""
    claim = SessionAnalysis.objects.for_account(account_id).filter(
        session_id=OuterRef("pk"), resolution_no=OuterRef("resolution_no"), request_no=0
    )
    out_of_line = claim.exclude(dead, state=State.CLAIMED)
    rows: QuerySet[AISession] = AISession.objects.for_account(account_id).awaiting_analysis()
    return rows.filter(~ExistsRowByRow(out_of_line))


def amount(rows: QuerySet[AISession]) -> Amount:
    number = rows.order_by()[: COUNTED_TO + 1].count()
    return Amount(min(number, COUNTED_TO), number > COUNTED_TO)


def last_runs(account_id: UUID) -> list[Run]:
    """The newest runs of an account; one that found nothing to do leaves no row."""
    look = runner()
    rows = AnalysisRun.objects.for_account(account_id).order_by("-started_at", "-id")[:RUNS_SHOWN]
    return [Run(row, _state(row, look)) for row in rows]


def _state(row: AnalysisRun, look: Runner) -> str:
    if row.finished_at:
        return "completed"
    return "running" if look.has(row) else "broken_off"


def run_since(account_id: UUID, begun: datetime) -> Run | None:
    """The newest run that began then or later and came to its end."""
    runs = [run for run in last_runs(account_id) if run.row.started_at >= begun]
    return next((run for run in runs if run.state == "completed"), None)


def failing_for(user: User) -> QuerySet[AISession]:
    """Failed sessions that the user may see."""
    return _failing(visible(AISession, user))


def failing_in(account_id: UUID) -> QuerySet[AISession]:
    """All failed sessions of an account."""
    return _failing(AISession.objects.for_account(account_id))


def _failing(rows: QuerySet[AISession]) -> QuerySet[AISession]:
    return rows.filter(analysis_status=AISession.AnalysisStatus.FAILED)


def with_failure(rows: QuerySet[AISession]) -> QuerySet[AISession]:
    """With what a row of the list shows: people, and the failed analyses of all resolutions."""
    failed = SessionAnalysis.objects.filter(request_no=0, state=State.FAILED)
    prefetch = Prefetch("analyses", queryset=failed, to_attr="failed_analyses")
    return rows.with_people().prefetch_related(prefetch)  # type: ignore[attr-defined]


def failures(sessions: Sequence[AISession], user: User | None) -> list[Failure]:
    """Rows of `with_failure` as a reader may know them; without a user, as who runs the server may."""
    return [
        Failure(session, _failed_analysis(session), user is None or administers(user, session))
        for session in sessions
    ]


def _failed_analysis(session: AISession) -> SessionAnalysis | None:
    rows: list[SessionAnalysis] = session.failed_analyses  # type: ignore[attr-defined]
    return next((row for row in rows if row.resolution_no == session.resolution_no), None)
