"""What every verb of a session does the same way: lock the row, write fields, leave the event, move on."""

from collections.abc import Collection
from typing import Any

from flowpilot.accounts.models import User
from flowpilot.core.redaction import SecretMasker, mask_secrets
from sessions import flow_stats
from sessions.models import AISession, SessionEvent
from sessions.rules import refuse_unless, refuse_unless_holder


def lock(session: AISession) -> AISession:
    return AISession.objects.select_for_update(of=("self",)).select_related("account").get(pk=session.pk)


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
    log(locked, verb, before, reason=reason, by=by)
    if {before, locked.status} & flow_stats.ENDED:
        flow_stats.count(locked)
