"""Verbs that put a session down, end it, bring it back, and say how it was."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from flowpilot.accounts.models import User
from flowpilot.core.redaction import mask_secrets
from sessions.actions.ticketing import take_back_status, tell_ticket, worked
from sessions.actions.writing import lock, move, save, write_move
from sessions.models import AISession
from sessions.rules import (
    Incomplete,
    TooLate,
    refuse_unless,
    refuse_unless_holder,
    refuse_unless_holder_or_admin,
    require,
)

Status = AISession.Status
CAUSE_LENGTH = 500


@transaction.atomic
def pause(session: AISession, *, reason: str = "", by: User) -> None:
    move(session, "pause", {Status.ACTIVE}, Status.PAUSED, reason=reason, by=by)


@transaction.atomic
def resume(session: AISession, *, by: User) -> None:
    move(session, "resume", {Status.PAUSED}, Status.ACTIVE, by=by)


@transaction.atomic
def resolve(
    session: AISession,
    *,
    summary: str,
    action: str,
    root_cause: str = "",
    root_cause_note: str = "",
    worked_minutes: int | None = None,
    flow_helped: bool | None = None,
    write_back: str = "",
    by: User,
) -> None:
    """End a session with what fixed it. It then awaits the analysis job.

    `root_cause` is a key of `RootCause`; `flow_helped` is asked only of a session that had a flow. What was
    said stays in the event, so a later resolution does not replace it. `write_back`: a value of `WriteBack`.
    """
    require("summary", summary, _("Say what was wrong and what fixed it."))
    require("action", action, _("Name the step that fixed it."))
    locked = lock(session)
    if flow_helped is not None and locked.flow_version_id is None:
        raise Incomplete("flow_helped", _("No flow was followed in this session."))
    now = timezone.now()
    move(
        session,
        "resolve",
        AISession.OPEN,
        Status.RESOLVED,
        reason=f"{summary.strip()}\n{action.strip()}",
        by=by,
        resolution_summary=summary,
        resolution_action=action,
        root_cause=root_cause,
        root_cause_note=mask_secrets(root_cause_note).text[:CAUSE_LENGTH],
        flow_helped=flow_helped,
        resolution_no=locked.resolution_no + 1,
        analysis_status=AISession.AnalysisStatus.PENDING,
        asked_user=None,
        asked_team=None,
        resolved_at=now,
        ended_at=now,
        **(worked(locked, worked_minutes, write_back=write_back) or {"worked_minutes": None}),
    )
    tell_ticket(session, write_back=write_back, by=by)


@transaction.atomic
def reopen(session: AISession, *, reason: str = "", by: User) -> None:
    """Bring a resolved session back within the account's days; it leaves the analysis."""
    locked = lock(session)
    refuse_unless(locked, "reopen", {Status.RESOLVED})
    refuse_unless_holder_or_admin(locked, by)
    days = locked.account.reopen_days
    if locked.resolved_at and timezone.now() - locked.resolved_at > timedelta(days=days):
        raise TooLate(
            _("Sessions can be reopened within %(days)s days of their resolution.") % {"days": days}
        )
    write_move(
        locked,
        session,
        "reopen",
        Status.ACTIVE,
        reason=reason,
        by=by,
        analysis_status=None,
        reopened_at=timezone.now(),
        ended_at=None,
    )
    take_back_status(locked, by=by)


@transaction.atomic
def abandon(
    session: AISession,
    *,
    reason: str,
    worked_minutes: int | None = None,
    write_back: str = "",
    by: User | None,
) -> None:
    """Give up with a reason. `by` is None for the sweep of idle sessions."""
    require("reason", reason, _("Say why it is abandoned."))
    locked = lock(session)
    refuse_unless(locked, "abandon", AISession.OPEN)
    if by is not None:
        refuse_unless_holder(locked, by)
    write_move(
        locked,
        session,
        "abandon",
        Status.ABANDONED,
        reason=reason,
        by=by,
        asked_user=None,
        asked_team=None,
        ended_at=timezone.now(),
        **worked(locked, worked_minutes, write_back=write_back),
    )
    tell_ticket(session, reason=reason, write_back=write_back, by=by)


@transaction.atomic
def rate(session: AISession, *, rating: int | None, feedback: str = "", by: User) -> None:
    """The holder's feedback, 1 (poor) to 5 (excellent); possible at any time."""
    if rating is not None and not 1 <= rating <= 5:
        raise Incomplete("rating", _("Ratings go from 1 to 5."))
    locked = lock(session)
    refuse_unless_holder(locked, by)
    locked.session_rating, locked.session_feedback = rating, mask_secrets(feedback).text or None
    save(locked, session, "session_rating", "session_feedback")
