"""What every verb of a session does the same way: lock the row, write fields, leave the event, move on."""

from collections.abc import Collection
from typing import Any, Final

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from flowpilot.accounts.models import User
from flowpilot.accounts.notifications import withdraw
from flowpilot.core.redaction import SecretMasker, mask_secrets
from sessions import flow_stats
from sessions.flow_parts import ENDED
from sessions.models import AISession, AISessionStep, GeneratedScript, SessionEvent, Turn
from sessions.rules import refuse_unless, refuse_unless_holder

ASKED: Final = "escalation_requested"
"""What people are told who are asked to take a session over, as long as it waits for them."""


def lock(session: AISession) -> AISession:
    """Its key is not held: who counts flows anew writes rows that name the session meanwhile."""
    rows = AISession.objects.select_for_update(of=("self",), no_key=True).select_related("account")
    return rows.get(pk=session.pk)


def page_of(session: AISession) -> str:
    return reverse("sessions:detail", args=[session.pk])


def save(locked: AISession, session: AISession, *fields: str) -> None:
    locked.save(update_fields=[*fields, "updated_at"])
    for name in (*fields, "updated_at"):
        setattr(session, name, getattr(locked, name))


def log(
    session: AISession,
    verb: str,
    before: str,
    *,
    reason: str = "",
    tiers: tuple[str, str] = ("", ""),
    by: User | None,
) -> None:
    """Leave the event. `tiers`: the one before and the one after, where the confidence moved into another."""
    SessionEvent.objects.create(
        account_id=session.account_id,
        session=session,
        actor=by,
        verb=verb,
        from_status=before,
        to_status=session.status,
        from_tier=tiers[0],
        to_tier=tiers[1],
        reason=mask_secrets(reason).text,
    )


def move(
    session: AISession,
    verb: str,
    allowed: Collection[Any],
    target: AISession.Status,
    *,
    reason: str = "",
    by: User,
    **fields: Any,
) -> None:
    """Bring a session from one of the allowed states into another, which is its holder's to do."""
    locked = lock(session)
    refuse_unless(locked, verb, allowed)
    refuse_unless_holder(locked, by)
    write_move(locked, session, verb, target, reason=reason, by=by, **fields)


def write_move(
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
    if before == AISession.Status.REQUESTING_ESCALATION != locked.status:
        withdraw(locked.account_id, kind=ASKED, url=page_of(locked))
    stop_turns(locked)
    log(locked, verb, before, reason=reason, by=by)
    if {before, locked.status} & ENDED:
        flow_stats.count(locked)


def supersede(locked: AISession, steps: QuerySet[AISessionStep]) -> None:
    """Let steps count no more; whoever calls it saves `step_count`. A script whose step they take with them
    can be marked as run again."""
    GeneratedScript.objects.filter(step__in=steps).update(step=None, run_at=None, run_outcome="")
    locked.step_count -= steps.update(superseded_at=timezone.now())


def stop_turns(session: AISession) -> None:
    """The session went another way: what is being produced for it is of no use any more, and costs."""
    now = timezone.now()
    session.turns.filter(state=Turn.State.RUNNING).update(
        state=Turn.State.STOPPED, ended_at=now, stop_requested_at=now
    )
