"""Verbs of the learning job's own rows: claim resolutions, give them back, give up on failures.

A claim is an INSERT under a unique constraint and holds while its token does. A crash leaves claims that
are dead and taken over: nothing is lost and nothing repeated.

A claim is dead when its lease is over. The single runner need not wait for that: a claim by schedule that
still has a token is of a pass which broke off, for only a runner makes such claims, and it makes the next
ones when it has done with the last. Should a runner have lost the lock without dying (the server gave up its
connection), it may still think, but what it holds has another token by then, and it writes nothing.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Max, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from flowpilot.accounts.models import User
from flowpilot.accounts.roles import NotAllowed, administers
from flowpilot.core.db.rows import uuid_array
from flowpilot.core.db.subqueries import ExistsRowByRow
from flowpilot.core.ids import uuid7
from proposals.models import AnalysisRun, SessionAnalysis
from sessions.models import AISession

MAX_ATTEMPTS = 3
ERROR_LIMIT = 4000
CLOCK_SKEW = timedelta(minutes=1)
"""Clocks of two machines that share a database, or one that is being adjusted, may differ by that much."""
State = SessionAnalysis.State
CLAIM_FIELDS = (
    "id",
    "account_id",
    "session_id",
    "resolution_no",
    "request_no",
    "state",
    "claim_token",
    "attempts",
    "error",
)
_STANDS = Q(session__status=AISession.Status.RESOLVED, session__resolution_no=F("resolution_no"))
"""The session is still resolved, with the resolution that was claimed."""


class NothingToRetry(Exception):
    """Only a failed analysis can be retried, and only while its session is still resolved."""


@dataclass(frozen=True)
class Claim:
    """The sessions that one pass holds, under one token until the lease ends."""

    token: UUID
    lease_until: datetime
    fresh: tuple[UUID, ...]
    """Sessions claimed for the first time; they may be analysed together."""
    again: tuple[UUID, ...]
    """Sessions whose earlier attempt failed or died; each is analysed alone."""
    request_no: int = 0
    """0 by schedule, 1 and up by hand."""

    @property
    def sessions(self) -> tuple[UUID, ...]:
        return (*self.fresh, *self.again)


def claim(account_id: UUID, *, limit: int, alone: bool = False, now: datetime | None = None) -> Claim:
    """Claim up to `limit` resolutions of an account: new ones, and those whose claim is dead.

    `alone`: the caller holds the runner's lock and has done with its former claims, so whatever is
    claimed by schedule is dead, however fresh.

    The attempt is counted here, before the work, so that a session which kills its worker is parked after
    `MAX_ATTEMPTS` all the same. Of the dead claims one is taken at a time: only what was in hand when a
    worker died is charged with it.
    """
    now = now or timezone.now()
    token, lease = uuid4(), now + timedelta(seconds=settings.ANALYSIS_LEASE_SECONDS)
    with transaction.atomic():
        dead = _dead_claims(account_id, now, alone=alone)
        _end_dead_claims(dead)
        again = _take_over(dead, token, lease) if limit > 0 else None
        taken = [again.pk] if again else []
        fresh = _claim_new(account_id, token, lease, limit - len(taken), but=taken)
    return Claim(token, lease, fresh, (again.session_id,) if again else ())


def _take_over(dead: QuerySet[SessionAnalysis], token: UUID, lease: datetime) -> SessionAnalysis | None:
    """The one that was tried least: who has brought down several passes is the last to be trusted."""
    ordered = dead.order_by("attempts", "lease_until", "id")
    analysis = ordered.select_for_update(skip_locked=True, of=("self",)).first()
    if analysis is not None:
        analysis.claim_token, analysis.lease_until = token, lease
        analysis.attempts += 1
        analysis.save(update_fields=["claim_token", "lease_until", "attempts"])
    return analysis


CLAIM = """
INSERT INTO proposals_sessionanalysis (id, account_id, created_at, session_id, resolution_no,
  request_no, state, claim_token, lease_until, attempts, outcome, reason, engine, error)
SELECT id, %(account)s, %(now)s, session_id, resolution_no,
  0, 'claimed', %(token)s, %(lease)s, 1, '', '', '', ''
FROM unnest(%(ids)s::uuid[], %(sessions)s::uuid[], %(numbers)s::int[])
  AS waiting (id, session_id, resolution_no)
ON CONFLICT DO NOTHING
"""
"""Of arrays: building the rows in Python takes ten times as long."""


def _claim_new(
    account_id: UUID, token: UUID, lease: datetime, limit: int, *, but: Sequence[UUID]
) -> tuple[UUID, ...]:
    claimed = SessionAnalysis.objects.for_account(account_id).filter(
        session_id=OuterRef("pk"), resolution_no=OuterRef("resolution_no"), request_no=0
    )
    waiting = list(
        AISession.objects.for_account(account_id)
        .awaiting_analysis()
        .filter(~ExistsRowByRow(claimed))
        .order_by("resolved_at", "id")
        .values_list("pk", "resolution_no")[: max(limit, 0)]
    )
    with connection.cursor() as cursor:
        cursor.execute(
            CLAIM,
            {
                "account": account_id,
                "now": timezone.now(),
                "token": token,
                "lease": lease,
                "ids": uuid_array(uuid7() for _session in waiting),
                "sessions": uuid_array(session_id for session_id, _number in waiting),
                "numbers": [number for _session_id, number in waiting],
            },
        )
    won = SessionAnalysis.objects.for_account(account_id).filter(claim_token=token, state=State.CLAIMED)
    return tuple(sorted(won.exclude(pk__in=but).values_list("session_id", flat=True)))


def _dead_claims(account_id: UUID, now: datetime, *, alone: bool) -> QuerySet[SessionAnalysis]:
    """Those by hand are not the runner's: they wait for their lease. Those without a token wait for their
    next attempt."""
    rows: QuerySet[SessionAnalysis] = SessionAnalysis.objects.for_account(account_id)
    over = Q(lease_until__lte=now) | Q(lease_until__gt=now + _longest_wait())
    of_another_pass = Q(request_no=0, claim_token__isnull=False)
    return rows.filter(over | of_another_pass if alone else over, state=State.CLAIMED)


def _longest_wait() -> timedelta:
    """Nothing is put off for longer: what seems so was noted before the clock was set back."""
    longest_pause = settings.ANALYSIS_RETRY_SECONDS * MAX_ATTEMPTS
    return timedelta(seconds=max(settings.ANALYSIS_LEASE_SECONDS, longest_pause)) + CLOCK_SKEW


def _end_dead_claims(dead: QuerySet[SessionAnalysis]) -> None:
    """Close the dead claims on resolutions that are no more, and park those that died too often."""
    message = _("The analysis stopped without an answer %(count)s times.") % {"count": MAX_ATTEMPTS}
    ended = dead.filter(~_STANDS | Q(attempts__gte=MAX_ATTEMPTS))
    for analysis in ended.select_for_update(of=("self",)).select_related("session"):
        if not _still_resolved(analysis):
            _close_reopened(analysis)
        elif analysis.attempts >= MAX_ATTEMPTS:
            _park(analysis, analysis.error or message)


@transaction.atomic
def fail(
    account_id: UUID,
    session_id: UUID,
    *,
    token: UUID,
    error: str,
    retryable: bool = True,
    now: datetime | None = None,
) -> None:
    """Note that an attempt failed. The session is tried again later, or parked as `failed`."""
    now = now or timezone.now()
    analysis = next(iter(valid_claims(account_id, [session_id], token)), None)
    if analysis is None:
        return
    if analysis.attempts >= MAX_ATTEMPTS or not retryable:
        _park(analysis, error)
        return
    pause = timedelta(seconds=settings.ANALYSIS_RETRY_SECONDS * analysis.attempts)
    analysis.error, analysis.lease_until, analysis.claim_token = error[:ERROR_LIMIT], now + pause, None
    analysis.save(update_fields=["error", "lease_until", "claim_token"])


@transaction.atomic
def retry(session: AISession, *, by: User) -> None:
    """Put a failed analysis back in the line, with its attempts forgotten."""
    if not administers(by, session):
        raise NotAllowed(_("Only an admin of the session's team may retry its analysis."))
    if not try_again(SessionAnalysis.objects.filter(session=session, resolution_no=session.resolution_no)):
        raise NothingToRetry


@transaction.atomic
def try_again(analyses: QuerySet[SessionAnalysis], *, limit: int = 1) -> int:
    """Put those that failed back in the line, the oldest failures first; how many there were."""
    failed = analyses.filter(request_no=0, state=State.FAILED).order_by("finished_at", "id")
    rows = dict(failed.select_for_update(of=("self",)).values_list("pk", "session_id")[:limit])
    SessionAnalysis.objects.filter(pk__in=rows).update(
        state=State.CLAIMED, attempts=0, lease_until=timezone.now(), claim_token=None, error=""
    )
    set_session_status(rows.values(), AISession.AnalysisStatus.PENDING)
    return len(rows)


@transaction.atomic
def release(account_id: UUID, ids: Collection[UUID], *, token: UUID) -> None:
    """Give up claims that were not worked on: time was over, or the session was reopened."""
    put_back(valid_claims(account_id, ids, token))


def start_run(account_id: UUID, *, trigger: str) -> AnalysisRun:
    return AnalysisRun.objects.create(account_id=account_id, trigger=trigger)


def finish_run(run: AnalysisRun, counts: dict[str, int]) -> None:
    run.counts, run.finished_at = counts, timezone.now()
    run.save(update_fields=["counts", "finished_at"])


def claim_by_hand(sessions: Sequence[AISession], *, by: User) -> Claim:
    """Claim sessions under one token because a team admin asked for a flow from them."""
    for session in sessions:
        _refuse_by_hand(session, by)
    token = uuid4()
    lease = timezone.now() + timedelta(seconds=settings.ANALYSIS_LEASE_SECONDS)
    ids = sorted(session.pk for session in sessions)
    with transaction.atomic():
        list(AISession.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk").only("pk"))
        of_these = Q(session__in=ids, resolution_no=F("session__resolution_no"))
        rows = SessionAnalysis.objects.filter(of_these)
        request_no = (rows.aggregate(newest=Max("request_no"))["newest"] or 0) + 1
        for session in sessions:
            SessionAnalysis.objects.create(
                account_id=session.account_id,
                session=session,
                resolution_no=session.resolution_no,
                request_no=request_no,
                claim_token=token,
                lease_until=lease,
                attempts=MAX_ATTEMPTS,
                requested_by=by,
            )
    return Claim(token, lease, tuple(ids), (), request_no)


def _refuse_by_hand(session: AISession, by: User) -> None:
    if not administers(by, session):
        raise NotAllowed(_("Only an admin of the session's team may propose a flow from it."))
    if session.status != AISession.Status.RESOLVED:
        raise NotAllowed(_("Only a resolved session can become a flow."))


def valid_claims(account_id: UUID, ids: Collection[UUID], token: UUID) -> list[SessionAnalysis]:
    """The claims that the token still holds on resolutions that still stand, locked; others are closed."""
    held = list(_held(account_id, ids, token))
    for row in held:
        if not _still_resolved(row):
            _close_reopened(row)
    return [row for row in held if row.state == State.CLAIMED]


def _held(account_id: UUID, ids: Collection[UUID], token: UUID) -> QuerySet[SessionAnalysis]:
    """The claims that the token still holds, locked; a lost claim is simply missing.

    The state is not asked for, what has ended has no token: the index of open claims, small as it looks to
    the planner, is full of dead entries while a pass goes on.
    """
    return (
        SessionAnalysis.objects.for_account(account_id)
        .filter(session_id__in=ids, claim_token=token)
        .select_related("session")
        .only(*CLAIM_FIELDS, "session__id", "session__status", "session__resolution_no")
        .select_for_update(of=("self", "session"))
        .order_by("session_id")
    )


def _still_resolved(analysis: SessionAnalysis) -> bool:
    session = analysis.session
    return session.status == AISession.Status.RESOLVED and session.resolution_no == analysis.resolution_no


def put_back(analyses: Iterable[SessionAnalysis]) -> None:
    """Back into the line without charging the attempt; a first claim is as if it had never been."""
    for row in analyses:
        if row.attempts <= 1:
            row.delete()
            continue
        row.attempts, row.lease_until = row.attempts - 1, timezone.now()
        row.save(update_fields=["attempts", "lease_until"])


def _close_reopened(row: SessionAnalysis) -> None:
    row.state, row.outcome, row.finished_at = State.COMPLETED, SessionAnalysis.Outcome.NOTHING, timezone.now()
    row.reason, row.claim_token = _("The session was reopened while it was analysed."), None
    row.save(update_fields=["state", "outcome", "reason", "finished_at", "claim_token"])


def _park(analysis: SessionAnalysis, error: str) -> None:
    analysis.state, analysis.error, analysis.finished_at = State.FAILED, error[:ERROR_LIMIT], timezone.now()
    analysis.claim_token = None
    analysis.save(update_fields=["state", "error", "finished_at", "claim_token"])
    if _still_resolved(analysis) and analysis.request_no == 0:
        set_session_status([analysis.session_id], AISession.AnalysisStatus.FAILED)


def set_session_status(ids: Iterable[UUID], status: str) -> None:
    """`updated_at` stays: the analysis is not something that happened to the incident."""
    AISession.objects.filter(pk__in=list(ids), status=AISession.Status.RESOLVED).update(
        analysis_status=status
    )
