"""Rows of the learning job as it leaves them: failed sessions, sessions put off, runs."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from proposals.models import AnalysisRun, SessionAnalysis
from sessions.models import AISession
from tests.factories import Cast, make_resolved


def failed(cast: Cast, *, error: str = "The engine gave up.", **extra: Any) -> AISession:
    session = make_resolved(cast, **extra)
    session.analysis_status = "failed"
    session.save()
    analysis(session, state="failed", attempts=3, error=error, finished_at=timezone.now())
    return session


def put_off(cast: Cast, minutes: float, **extra: Any) -> SessionAnalysis:
    """A session whose attempt failed, to be tried again in so many minutes (below zero: it can be now)."""
    lease = timezone.now() + timedelta(minutes=minutes)
    return analysis(make_resolved(cast, **extra), attempts=1, error="Too slow", lease_until=lease)


def in_work(cast: Cast, token: str = "6f1c2f0e-6a39-4be2-9d0c-2f0c4f1f7a11") -> SessionAnalysis:
    lease = timezone.now() + timedelta(minutes=15)
    return analysis(make_resolved(cast), attempts=1, claim_token=token, lease_until=lease)


def analysis(session: AISession, **extra: Any) -> SessionAnalysis:
    return SessionAnalysis.objects.create(
        account_id=session.account_id, session=session, resolution_no=session.resolution_no, **extra
    )


def ended(cast: Cast, *, minutes_ago: float = 5, **counts: int) -> AnalysisRun:
    started = timezone.now() - timedelta(minutes=minutes_ago)
    return AnalysisRun.objects.create(
        account=cast.account,
        trigger="schedule",
        started_at=started,
        finished_at=started + timedelta(seconds=12),
        counts=counts,
    )


def unended(cast: Cast, *, minutes_ago: float = 0) -> AnalysisRun:
    started = timezone.now() - timedelta(minutes=minutes_ago)
    return AnalysisRun.objects.create(account=cast.account, trigger="schedule", started_at=started)
