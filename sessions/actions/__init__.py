"""Verbs of a session: the only place that writes sessions, steps and events.

Each verb locks the session row, refuses by name what `sessions.rules` forbids, writes the change and its
SessionEvent in one transaction, and updates the instance that it was given. Secrets in its texts are masked
before anything reads or keeps them.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from flowpilot.accounts.models import User
from flowpilot.accounts.roles import NotAllowed
from flowpilot.core.redaction import SecretMasker, mask_secrets
from sessions.actions.opening import open_session as open_session
from sessions.actions.writing import lock, log, save
from sessions.models import AISession, AISessionStep, tier_for
from sessions.rules import (
    Incomplete,
    StaleStep,
    TooLate,
    refuse_unless,
    refuse_unless_admin,
    refuse_unless_could_hold,
    refuse_unless_holder,
    refuse_unless_holder_or_admin,
    refuse_unless_seen,
    require,
)

Status = AISession.Status
TITLE_LIMIT, DESTINATION_LIMIT = 300, 200


@transaction.atomic
def score(session: AISession, *, confidence: float, by: User | None = None) -> None:
    """Set the calibrated probability and the tier that follows from it."""
    locked = lock(session)
    refuse_unless(locked, "score", AISession.OPEN)
    locked.confidence_score, locked.scored_at = confidence, timezone.now()
    locked.confidence_tier = tier_for(confidence)
    save(locked, session, "confidence_score", "scored_at", "confidence_tier")


@transaction.atomic
def add_step(
    session: AISession,
    *,
    kind: str,
    source: str,
    title: str,
    body: str = "",
    options: Sequence[dict[str, str]] = (),
    node_id: str = "",
    by: User,
) -> AISessionStep:
    """Append a step. Only the holder writes steps, and only while the session is active."""
    locked = lock(session)
    refuse_unless(locked, "add_step", {Status.ACTIVE})
    refuse_unless_holder(locked, by)
    last = locked.steps.order_by("-step_order").values_list("step_order", flat=True).first() or 0
    masker = SecretMasker()
    step = AISessionStep.objects.create(
        account_id=locked.account_id,
        session=locked,
        step_order=last + 1,
        kind=kind,
        source=source,
        node_id=node_id,
        title=masker.mask(title).text[:TITLE_LIMIT],
        body=masker.mask(body).text,
        options=masker.within(list(options)),
    )
    locked.step_count += 1
    save(locked, session, "step_count")
    return step


@transaction.atomic
def answer(
    step: AISessionStep,
    *,
    option: str = "",
    response: str = "",
    outcome: str = "",
    confidence_after: float | None = None,
    by: User,
) -> None:
    """Answer a step once: an option, free text, an outcome, or several of them."""
    session = lock(step.session)
    refuse_unless(session, "answer", {Status.ACTIVE})
    refuse_unless_holder(session, by)
    if option and option not in {offered["id"] for offered in step.options}:
        raise Incomplete("option", _("This step does not offer that answer."))
    if not (option or response.strip() or outcome):
        raise Incomplete("response", _("Choose an answer or write one."))
    changed = AISessionStep.objects.filter(
        pk=step.pk, answered_at__isnull=True, superseded_at__isnull=True
    ).update(
        chosen_option=option,
        response=mask_secrets(response).text,
        outcome=outcome,
        confidence_after=confidence_after,
        answered_at=timezone.now(),
    )
    if not changed:
        raise StaleStep
    step.refresh_from_db()
    # The sweep of idle sessions goes by when a session was last touched, and an answer touches it.
    save(session, step.session)


@transaction.atomic
def change_answer(step: AISessionStep, *, by: User) -> AISessionStep:
    """Ask a step again: it and all later ones are superseded, a fresh copy awaits its answer."""
    session = lock(step.session)
    refuse_unless(session, "change_answer", {Status.ACTIVE})
    refuse_unless_holder(session, by)
    current = session.steps.filter(superseded_at__isnull=True)
    if not current.filter(pk=step.pk, answered_at__isnull=False).exists():
        raise StaleStep
    replaced = current.filter(step_order__gte=step.step_order).update(superseded_at=timezone.now())
    session.step_count -= replaced
    save(session, step.session, "step_count")
    return add_step(
        step.session,
        kind=step.kind,
        source=step.source,
        title=step.title,
        body=step.body,
        options=step.options,
        node_id=step.node_id,
        by=by,
    )


@transaction.atomic
def pause(session: AISession, *, reason: str = "", by: User) -> None:
    _move(session, "pause", {Status.ACTIVE}, Status.PAUSED, reason=reason, by=by)


@transaction.atomic
def resume(session: AISession, *, by: User) -> None:
    _move(session, "resume", {Status.PAUSED}, Status.ACTIVE, by=by)


@transaction.atomic
def request_escalation(
    session: AISession, *, reason: str, package: dict[str, Any] | None = None, by: User
) -> None:
    """Ask a colleague to take over; the session waits until somebody accepts or it is cancelled."""
    require("reason", reason, _("Say why it needs somebody else."))
    _move(
        session,
        "request_escalation",
        {Status.ACTIVE, Status.PAUSED},
        Status.REQUESTING_ESCALATION,
        reason=reason,
        by=by,
        escalation_reason=reason,
        escalation_package=package,
        escalation_requested_at=timezone.now(),
    )


@transaction.atomic
def cancel_escalation(session: AISession, *, by: User) -> None:
    _move(session, "cancel_escalation", {Status.REQUESTING_ESCALATION}, Status.ACTIVE, by=by)


@transaction.atomic
def accept_escalation(session: AISession, *, by: User) -> None:
    """Take over. The row lock makes exactly one of several takers win; the others are refused."""
    locked = lock(session)
    refuse_unless_seen(locked, by)
    refuse_unless(locked, "accept_escalation", {Status.REQUESTING_ESCALATION})
    if locked.holder_id == by.pk:
        raise NotAllowed(_("You asked for this escalation yourself; somebody else has to accept it."))
    _write_move(locked, session, "accept_escalation", Status.ACTIVE, by=by, escalated_to=by)


@transaction.atomic
def escalate(session: AISession, *, reason: str, destination: str, by: User) -> None:
    """Hand the incident to somebody outside FlowPilot; this ends the session."""
    require("reason", reason, _("Say why it is handed over."))
    require("destination", destination, _("Say to whom it is handed over."))
    _move(
        session,
        "escalate",
        AISession.OPEN,
        Status.ESCALATED,
        reason=reason,
        by=by,
        escalation_reason=reason,
        escalation_destination=mask_secrets(destination).text[:DESTINATION_LIMIT],
        ended_at=timezone.now(),
    )


@transaction.atomic
def resolve(session: AISession, *, summary: str, action: str, by: User) -> None:
    """End a session with what fixed it. It then awaits the analysis job."""
    require("summary", summary, _("Say what was wrong and what fixed it."))
    require("action", action, _("Name the step that fixed it."))
    now = timezone.now()
    _move(
        session,
        "resolve",
        AISession.OPEN,
        Status.RESOLVED,
        by=by,
        resolution_summary=summary,
        resolution_action=action,
        resolution_no=lock(session).resolution_no + 1,
        analysis_status=AISession.AnalysisStatus.PENDING,
        resolved_at=now,
        ended_at=now,
    )


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
    _write_move(
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


@transaction.atomic
def abandon(session: AISession, *, reason: str, by: User | None) -> None:
    """Give up with a reason. `by` is None for the sweep of idle sessions."""
    require("reason", reason, _("Say why it is abandoned."))
    locked = lock(session)
    refuse_unless(locked, "abandon", AISession.OPEN)
    if by is not None:
        refuse_unless_holder(locked, by)
    _write_move(locked, session, "abandon", Status.ABANDONED, reason=reason, by=by, ended_at=timezone.now())


@transaction.atomic
def reassign(session: AISession, *, to: User, by: User) -> None:
    """Put an open session into somebody else's hands; a team admin's decision."""
    locked = lock(session)
    refuse_unless(locked, "reassign", AISession.OPEN)
    refuse_unless_admin(locked, by)
    refuse_unless_could_hold(locked, to)
    _write_move(locked, session, "reassign", Status(locked.status), reason=str(to), by=by, escalated_to=to)


@transaction.atomic
def rate(session: AISession, *, rating: int | None, feedback: str = "", by: User) -> None:
    """The holder's feedback, 1 (poor) to 5 (excellent); possible at any time."""
    if rating is not None and not 1 <= rating <= 5:
        raise Incomplete("rating", _("Ratings go from 1 to 5."))
    locked = lock(session)
    refuse_unless_holder(locked, by)
    locked.session_rating, locked.session_feedback = rating, mask_secrets(feedback).text or None
    save(locked, session, "session_rating", "session_feedback")


def _move(
    session: AISession,
    verb: str,
    allowed: Collection[Any],
    target: AISession.Status,
    *,
    reason: str = "",
    by: User,
    **fields: Any,
) -> None:
    locked = lock(session)
    refuse_unless(locked, verb, allowed)
    refuse_unless_holder(locked, by)
    _write_move(locked, session, verb, target, reason=reason, by=by, **fields)


def _write_move(
    locked: AISession,
    session: AISession,
    verb: str,
    target: AISession.Status,
    *,
    reason: str = "",
    by: User | None,
    **fields: Any,
) -> None:
    before = locked.status
    locked.status = target
    for name, value in SecretMasker().within(fields).items():
        setattr(locked, name, value)
    save(locked, session, "status", *fields)
    log(locked, verb, before, reason=reason, by=by)
