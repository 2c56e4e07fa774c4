"""Verbs of a session: the only place that writes sessions, steps and events.

Each verb locks the session row, refuses by name what `sessions.rules` forbids, writes the change and its
SessionEvent in one transaction, and updates the instance that it was given. Secrets in its texts are masked
before anything reads or keeps them.
"""

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from flowpilot.accounts.models import User
from flowpilot.core.redaction import SecretMasker, mask_secrets
from sessions.actions.ending import abandon as abandon
from sessions.actions.ending import pause as pause
from sessions.actions.ending import rate as rate
from sessions.actions.ending import reopen as reopen
from sessions.actions.ending import resolve as resolve
from sessions.actions.ending import resume as resume
from sessions.actions.handing import accept_escalation as accept_escalation
from sessions.actions.handing import cancel_escalation as cancel_escalation
from sessions.actions.handing import decline_escalation as decline_escalation
from sessions.actions.handing import escalate as escalate
from sessions.actions.handing import reassign as reassign
from sessions.actions.handing import request_escalation as request_escalation
from sessions.actions.opening import open_session as open_session
from sessions.actions.writing import lock, save, supersede
from sessions.models import SCORED, AISession, AISessionStep, GeneratedScript
from sessions.rules import Incomplete, StaleStep, refuse_unless, refuse_unless_holder

Status = AISession.Status
TITLE_LIMIT = 300


@transaction.atomic
def score(session: AISession, *, confidence: float, by: User | None = None) -> None:
    """Set the calibrated probability and the tier that follows from it."""
    locked = lock(session)
    refuse_unless(locked, "score", AISession.OPEN)
    locked.be_scored(confidence)
    save(locked, session, *SCORED)


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
        of_version=locked.flow_version_id if source == AISessionStep.Source.FLOW else None,
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
        answered_by=by,
    )
    if not changed:
        raise StaleStep
    step.refresh_from_db()
    if step.kind == AISessionStep.Kind.SCRIPT:
        # Asked again, it may have come out otherwise than the script was marked with.
        said = step.outcome or AISessionStep.Outcome.UNCLEAR
        GeneratedScript.objects.filter(step=step).update(run_outcome=said)
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
    supersede(session, current.filter(step_order__gt=step.step_order))
    current.filter(pk=step.pk).update(superseded_at=timezone.now())
    session.step_count -= 1
    save(session, step.session, "step_count")
    again = add_step(
        step.session,
        kind=step.kind,
        source=step.source,
        title=step.title,
        body=step.body,
        options=step.options,
        node_id=step.node_id,
        by=by,
    )
    GeneratedScript.objects.filter(step=step).update(step=again)
    return again
