"""A superuser, who belongs to no account, enters one in the Django admin: with a reason, for an hour.

It is remembered in the browser's session, so it also ends when the superuser signs out.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.sessions.backends.base import SessionBase
from django.utils import timezone

from flowpilot.accounts import audit
from flowpilot.accounts.models import Account, User

LASTS = timedelta(minutes=60)
REASON_LENGTH = 300
_KEY = "entered_account"


@dataclass(frozen=True)
class Entry:
    """The account that a superuser is in, why, and since when."""

    account_id: UUID
    account_name: str
    reason: str
    at: datetime

    @property
    def ends_at(self) -> datetime:
        return self.at + LASTS


def enter(session: SessionBase, account: Account, *, reason: str, by: User) -> Entry:
    """Begin to work on behalf of `account`; the former entry, if any, ends."""
    leave(session, by=by)
    entry = Entry(account.pk, account.name, reason, timezone.now())
    session[_KEY] = {
        "account_id": str(entry.account_id),
        "account_name": entry.account_name,
        "reason": entry.reason,
        "at": entry.at.isoformat(),
    }
    record_entry(entry, by=by)
    return entry


def leave(session: SessionBase, *, by: User) -> None:
    """End it before its hour is over."""
    if entry := entry_of(by, session):
        record_leaving(entry, by=by)
    session.pop(_KEY, None)


def entry_of(user: User, session: SessionBase) -> Entry | None:
    """The superuser's entry while it and the account last. Nobody else has one."""
    entry = _read(session) if user.is_superuser and user.is_active else None
    if entry is None or timezone.now() >= entry.ends_at:
        return None
    return entry if Account.objects.filter(pk=entry.account_id).exists() else None


def record_entry(entry: Entry, *, by: User) -> None:
    """Told of every entry: who, which account, why, when. The account's admins read it in their audit."""
    audit.record(audit.Verb.SUPPORT_ENTERED, account_id=entry.account_id, note=entry.reason, by=by)


def record_leaving(entry: Entry, *, by: User) -> None:
    """Told of every entry that is ended by hand or by another one; the others end at `entry.ends_at`."""
    audit.record(audit.Verb.SUPPORT_LEFT, account_id=entry.account_id, by=by)


def _read(session: SessionBase) -> Entry | None:
    kept: dict[str, Any] | None = session.get(_KEY)
    if kept is None:
        return None
    return Entry(
        account_id=UUID(kept["account_id"]),
        account_name=kept["account_name"],
        reason=kept["reason"],
        at=datetime.fromisoformat(kept["at"]),
    )
