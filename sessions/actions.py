"""Verbs of a session: the only place that writes sessions, steps and events.

Each verb locks the session row, refuses by name when the state does not allow it, writes the change
and its SessionEvent in one transaction, and updates the instance that it was given.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from flowpilot.accounts.models import Client, Team, User
from flowpilot.accounts.roles import NotAllowed, administers
from flowpilot.flows.models import FlowVersion
from sessions.models import AISession, AISessionStep, SessionEvent, tier_for

Status = AISession.Status
TITLE_LIMIT = 300


class IllegalTransition(Exception):
    """The verb does not fit the session's state; the message names both."""

    def __init__(self, verb: str, status: str) -> None:
        super().__init__(
            _("“%(verb)s” is not possible while a session is %(status)s.")
            % {"verb": verb.replace("_", " "), "status": Status(status).label.lower()}
        )
        self.verb, self.status = verb, status


class Incomplete(Exception):
    """Something that the verb needs is missing; `field` names it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class TooLate(Exception):
    """A resolved session can only be reopened within the account's days."""


class StaleStep(Exception):
    """Somebody answered or added a step in between; reload and look again."""


def open_session(
    *,
    user: User,
    team: Team | None = None,
    client: Client | None = None,
    intake_type: str = AISession.Intake.FREE_TEXT,
    intake_content: dict[str, Any] | None = None,
    problem_summary: str | None = None,
    problem_domain: str | None = None,
    ticket_data: dict[str, Any] | None = None,
    flow_version: FlowVersion | None = None,
    match_score: float | None = None,
) -> AISession:
    """Start a session, optionally following a flow: it pins the version that is current now."""
    if user.account_id is None:
        raise NotAllowed(_("Superusers belong to no account and cannot hold sessions."))
    with transaction.atomic():
        session = AISession.objects.create(
            account_id=user.account_id,
            user=user,
            team=team,
            client=client,
            intake_type=intake_type,
            intake_content=intake_content or {},
            problem_summary=problem_summary,
            problem_domain=problem_domain,
            ticket_data=ticket_data,
            psa_ticket_id=str(ticket_data["number"]) if ticket_data and ticket_data.get("number") else None,
            flow_version=flow_version,
            matched_flow=flow_version.flow if flow_version else None,
            match_score=match_score,
        )
        _log(session, "open", "", by=user)
    return session


@transaction.atomic
def score(session: AISession, *, confidence: float, by: User | None = None) -> None:
    """Set the calibrated probability and the tier that follows from it."""
    locked = _locked(session)
    _refuse_unless_open(locked, "score")
    locked.confidence_score, locked.scored_at = confidence, timezone.now()
    locked.confidence_tier = tier_for(confidence)
    _save(locked, session, "confidence_score", "scored_at", "confidence_tier")


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
    locked = _locked(session)
    _refuse_unless(locked, "add_step", {Status.ACTIVE})
    _refuse_unless_holder(locked, by)
    last = locked.steps.order_by("-step_order").values_list("step_order", flat=True).first() or 0
    step = AISessionStep.objects.create(
        account_id=locked.account_id,
        session=locked,
        step_order=last + 1,
        kind=kind,
        source=source,
        node_id=node_id,
        title=title[:TITLE_LIMIT],
        body=body,
        options=list(options),
    )
    locked.step_count += 1
    _save(locked, session, "step_count")
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
    session = _locked(step.session)
    _refuse_unless(session, "answer", {Status.ACTIVE})
    _refuse_unless_holder(session, by)
    if option and option not in {offered["id"] for offered in step.options}:
        raise Incomplete("option", _("This step does not offer that answer."))
    if not (option or response.strip() or outcome):
        raise Incomplete("response", _("Choose an answer or write one."))
    changed = AISessionStep.objects.filter(
        pk=step.pk, answered_at__isnull=True, superseded_at__isnull=True
    ).update(
        chosen_option=option,
        response=response,
        outcome=outcome,
        confidence_after=confidence_after,
        answered_at=timezone.now(),
    )
    if not changed:
        raise StaleStep
    step.refresh_from_db()


@transaction.atomic
def change_answer(step: AISessionStep, *, by: User) -> AISessionStep:
    """Ask a step again: it and all later ones are superseded, a fresh copy awaits its answer."""
    session = _locked(step.session)
    _refuse_unless(session, "change_answer", {Status.ACTIVE})
    _refuse_unless_holder(session, by)
    current = session.steps.filter(superseded_at__isnull=True)
    if not current.filter(pk=step.pk, answered_at__isnull=False).exists():
        raise StaleStep
    replaced = current.filter(step_order__gte=step.step_order).update(superseded_at=timezone.now())
    session.step_count -= replaced
    _save(session, step.session, "step_count")
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
    _require("reason", reason, _("Say why it needs somebody else."))
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
    locked = _locked(session)
    _refuse_unless(locked, "accept_escalation", {Status.REQUESTING_ESCALATION})
    if locked.holder_id == by.pk:
        raise NotAllowed(_("You asked for this escalation yourself; somebody else has to accept it."))
    _write_move(locked, session, "accept_escalation", Status.ACTIVE, by=by, escalated_to=by)


@transaction.atomic
def escalate(session: AISession, *, reason: str, destination: str, by: User) -> None:
    """Hand the incident to somebody outside FlowPilot; this ends the session."""
    _require("reason", reason, _("Say why it is handed over."))
    _require("destination", destination, _("Say to whom it is handed over."))
    _move(
        session,
        "escalate",
        set(AISession.OPEN),
        Status.ESCALATED,
        reason=reason,
        by=by,
        escalation_reason=reason,
        escalation_destination=destination,
        ended_at=timezone.now(),
    )


@transaction.atomic
def resolve(session: AISession, *, summary: str, action: str, by: User) -> None:
    """End a session with what fixed it. It then awaits the analysis job."""
    _require("summary", summary, _("Say what was wrong and what fixed it."))
    _require("action", action, _("Name the step that fixed it."))
    now = timezone.now()
    _move(
        session,
        "resolve",
        set(AISession.OPEN),
        Status.RESOLVED,
        by=by,
        resolution_summary=summary,
        resolution_action=action,
        resolution_no=_locked(session).resolution_no + 1,
        analysis_status=AISession.AnalysisStatus.PENDING,
        resolved_at=now,
        ended_at=now,
    )


@transaction.atomic
def reopen(session: AISession, *, reason: str = "", by: User) -> None:
    """Bring a resolved session back within the account's days; it leaves the analysis."""
    locked = _locked(session)
    _refuse_unless(locked, "reopen", {Status.RESOLVED})
    _refuse_unless_holder_or_admin(locked, by)
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
    _require("reason", reason, _("Say why it is abandoned."))
    _move(
        session,
        "abandon",
        set(AISession.OPEN),
        Status.ABANDONED,
        reason=reason,
        by=by,
        ended_at=timezone.now(),
    )


@transaction.atomic
def reassign(session: AISession, *, to: User, by: User) -> None:
    """Put an open session into somebody else's hands; a team admin's decision."""
    locked = _locked(session)
    _refuse_unless(locked, "reassign", set(AISession.OPEN))
    if not administers(by, locked.team_id):
        raise NotAllowed(_("Only an admin of the session's team may reassign it."))
    if to.account_id != locked.account_id:
        raise Incomplete("to", _("That person is not in this account."))
    _write_move(locked, session, "reassign", Status(locked.status), reason=str(to), by=by, escalated_to=to)


@transaction.atomic
def rate(session: AISession, *, rating: int | None, feedback: str = "", by: User) -> None:
    """The holder's feedback, 1 (poor) to 5 (excellent); possible at any time."""
    if rating is not None and not 1 <= rating <= 5:
        raise Incomplete("rating", _("Ratings go from 1 to 5."))
    locked = _locked(session)
    _refuse_unless_holder(locked, by)
    locked.session_rating, locked.session_feedback = rating, feedback or None
    _save(locked, session, "session_rating", "session_feedback")


def abandon_idle(account_id: Any, *, idle_days: int, now: datetime | None = None) -> int:
    """Abandon the account's open sessions that nobody touched for `idle_days`; returns how many."""
    before = (now or timezone.now()) - timedelta(days=idle_days)
    idle = AISession.objects.for_account(account_id).filter(status__in=AISession.OPEN, updated_at__lt=before)
    reason = _("Nothing happened for %(days)s days.") % {"days": idle_days}
    count = 0
    for session in idle.order_by("updated_at")[:500]:
        abandon(session, reason=reason, by=None)
        count += 1
    return count


def _locked(session: AISession) -> AISession:
    return AISession.objects.select_for_update(of=("self",)).select_related("account").get(pk=session.pk)


def _refuse_unless(session: AISession, verb: str, allowed: set[Any]) -> None:
    if session.status not in allowed:
        raise IllegalTransition(verb, session.status)


def _refuse_unless_open(session: AISession, verb: str) -> None:
    _refuse_unless(session, verb, set(AISession.OPEN))


def _refuse_unless_holder(session: AISession, by: User) -> None:
    if by.pk != session.holder_id:
        raise NotAllowed(_("Only the engineer who holds this session can do that."))


def _refuse_unless_holder_or_admin(session: AISession, by: User | None) -> None:
    """None is the system itself: the scheduled sweep."""
    if by is not None and by.pk != session.holder_id and not administers(by, session.team_id):
        raise NotAllowed(_("Only the engineer who holds this session, or an admin of its team, can do that."))


def _require(field: str, value: str, message: str) -> None:
    if not value.strip():
        raise Incomplete(field, message)


def _move(
    session: AISession,
    verb: str,
    allowed: set[Any],
    target: AISession.Status,
    *,
    reason: str = "",
    by: User | None,
    **fields: Any,
) -> None:
    locked = _locked(session)
    _refuse_unless(locked, verb, allowed)
    _refuse_unless_holder_or_admin(locked, by)
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
    for name, value in fields.items():
        setattr(locked, name, value)
    _save(locked, session, "status", *fields)
    _log(locked, verb, before, reason=reason, by=by)


def _save(locked: AISession, session: AISession, *fields: str) -> None:
    locked.save(update_fields=[*fields, "updated_at"])
    for name in (*fields, "updated_at"):
        setattr(session, name, getattr(locked, name))


def _log(session: AISession, verb: str, before: str, *, reason: str = "", by: User | None) -> None:
    SessionEvent.objects.create(
        account_id=session.account_id,
        session=session,
        actor=by,
        verb=verb,
        from_status=before,
        to_status=session.status,
        reason=reason,
    )
