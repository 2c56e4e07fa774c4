"""Verbs of the learning job as a whole: ask for a run, try again what failed."""

from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from flowpilot.accounts.models import User
from flowpilot.accounts.roles import NotAllowed, Role, role_of
from flowpilot.core.worker.once import AlreadyQueued, enqueue_once
from proposals.actions.claims import try_again
from proposals.models import SessionAnalysis
from proposals.running import ON_REQUEST, current_run, runner
from sessions.models import AISession

RETRIED_AT_ONCE = 5000


class AlreadyAtWork(Exception):
    """A run goes on or is queued; the message says which."""


def request_run(account_id: UUID, *, by: User) -> None:
    """Queue a run over the account, unless one is queued or goes on."""
    if by.account_id != account_id or (role_of(by) or 0) < Role.TEAM_ADMIN:
        raise NotAllowed(_("Only admins may start an analysis."))
    if current_run(account_id, runner()):
        raise AlreadyAtWork(_("An analysis is running already."))
    try:
        enqueue_once(ON_REQUEST, str(account_id))
    except AlreadyQueued:
        raise AlreadyAtWork(_("An analysis is queued already.")) from None


@transaction.atomic
def retry_all(account_id: UUID, *, by: User) -> int:
    """Put the failed analyses of all sessions that the user answers for back in the line; how many. At
    most `RETRIED_AT_ONCE`, the oldest failures first."""
    sessions = AISession.objects.administered_by(by).filter(account_id=account_id)
    failed = sessions.filter(analysis_status=AISession.AnalysisStatus.FAILED)
    rows = SessionAnalysis.objects.filter(session__in=failed, resolution_no=F("session__resolution_no"))
    return try_again(rows, limit=RETRIED_AT_ONCE)
