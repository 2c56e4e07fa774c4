"""What every verb of a session does the same way: lock the row, write fields, leave the event."""

from flowpilot.accounts.models import User
from flowpilot.core.redaction import mask_secrets
from sessions.models import AISession, SessionEvent


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
