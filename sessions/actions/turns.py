"""Verbs of a turn: ask for the next step, write what was said so far, end it in a step, an error or early.

Only the process that holds a turn's lease writes it, and each write renews the lease. When it runs out,
whoever asks next ends the turn as broken off; nobody asks the engine twice for one turn.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from flowpilot.accounts.models import User
from flowpilot.ai.contracts import Exchange, GuideStep
from flowpilot.core.redaction import mask_secrets
from sessions import actions, confidence
from sessions.actions.following import go_on, node_due, rate
from sessions.actions.writing import lock
from sessions.models import AISession, AISessionStep, Turn
from sessions.rules import StaleStep, refuse_unless, refuse_unless_holder

LEASE: Final = timedelta(seconds=15)
_SOURCES: Final = {"anthropic": AISessionStep.Source.AI, "offline": AISessionStep.Source.OFFLINE}


@transaction.atomic
def ask(session: AISession, *, by: User) -> Turn | None:
    """The next step, please: of the flow at once, else of an engine, for which a turn is stored and returned:
    it is the caller's to have it produced. None when there is nothing to produce, also because somebody does.

    Refuses while a step waits for its answer.
    """
    locked = lock(session)
    refuse_unless(locked, "ask", {AISession.Status.ACTIVE})
    refuse_unless_holder(locked, by)
    steps = locked.steps.filter(superseded_at__isnull=True)
    if steps.filter(answered_at__isnull=True).exists():
        raise StaleStep
    if node_due(session) is not None:
        go_on(session, by=by)
        return None
    running: Turn | None = locked.turns.filter(state=Turn.State.RUNNING).first()
    if running is not None and not running.broke_off:
        return None
    if running is not None:
        end(running.pk, Turn.State.FAILED, error=_("It broke off: the server was stopped meanwhile."))
    return Turn.objects.create(
        account_id=locked.account_id,
        session=locked,
        asked_by=by,
        lease_until=timezone.now() + LEASE,
    )


def write(turn: Turn) -> bool:
    """Store what was said so far and by whom, and renew the lease. False when it is to end: somebody stopped
    it, or ended it as broken off."""
    changed = Turn.objects.filter(
        pk=turn.pk, state=Turn.State.RUNNING, stop_requested_at__isnull=True
    ).update(
        text=mask_secrets(turn.text).text,
        engine=turn.engine,
        fallback=turn.fallback,
        lease_until=timezone.now() + LEASE,
    )
    return bool(changed)


@transaction.atomic
def finish(turn: Turn, step: GuideStep) -> None:
    """End a turn in its step, unless the session has gone on without it: then it is ended as stopped."""
    session = AISession.objects.select_related("flow_version").get(pk=turn.session_id)
    locked = lock(session)
    by = turn.asked_by
    waited_for = locked.status == AISession.Status.ACTIVE and by is not None and by.pk == locked.holder_id
    if not waited_for or by is None or not _still_runs(turn):
        end(turn.pk, Turn.State.STOPPED)
        return
    taken = actions.add_step(
        session,
        kind=step.kind,
        source=_SOURCES[step.engine],
        title=step.title,
        body=step.body,
        options=[{"id": option.id, "label": option.label} for option in step.options],
        node_id=step.node_id,
        by=by,
    )
    rate(locked, session, confidence.without_flow(step.confidence, step.confidence_reason), by=by)
    proposes = (
        Turn.Proposes.RESOLUTION
        if step.propose_resolution
        else Turn.Proposes.ESCALATION
        if step.propose_escalation
        else Turn.Proposes.NOTHING
    )
    Turn.objects.filter(pk=turn.pk).update(
        state=Turn.State.DONE,
        step=taken,
        text=mask_secrets(step.say).text,
        engine=step.engine,
        fallback=step.fallback,
        suspected_injection=step.suspected_injection,
        shortened=step.shortened,
        basis=list(step.basis),
        confidence=step.confidence,
        confidence_reason=step.confidence_reason,
        proposes=proposes,
        escalation_reason=step.escalation_reason,
        prompt_version=step.prompt_version,
        ended_at=timezone.now(),
    )
    if step.exchange is not None:
        _keep_exchange(session, step.exchange)


def _keep_exchange(session: AISession, said: Exchange) -> None:
    """The conversation as the vendor saw it last; each turn sends the ones before again."""
    AISession.objects.filter(pk=session.pk).update(
        system_prompt_snapshot=said.system_prompt, conversation_messages=list(said.messages)
    )


def fail(turn: Turn, message: str) -> None:
    """End a turn with the reason why there is no step."""
    end(turn.pk, Turn.State.FAILED, error=message)


@transaction.atomic
def stop(turn: Turn, *, by: User) -> None:
    """Ask whoever produces a turn to end it. One that nobody produces any more ends at once."""
    refuse_unless_holder(lock(turn.session), by)
    Turn.objects.filter(pk=turn.pk, state=Turn.State.RUNNING, stop_requested_at__isnull=True).update(
        stop_requested_at=timezone.now()
    )
    if turn.broke_off:
        end(turn.pk, Turn.State.STOPPED)


def end(turn_id: UUID, state: str, *, error: str = "") -> None:
    """End a turn that runs, once; what was said so far stays."""
    Turn.objects.filter(pk=turn_id, state=Turn.State.RUNNING).update(
        state=state, error=error, ended_at=timezone.now()
    )


def _still_runs(turn: Turn) -> bool:
    runs = Turn.objects.select_for_update().filter(
        pk=turn.pk, state=Turn.State.RUNNING, stop_requested_at__isnull=True
    )
    return runs.exists()
