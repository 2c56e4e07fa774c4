"""Verbs and reading of the audit: what happened in an account that somebody may ask about later."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import QuerySet

from flowpilot.accounts.models import AuditEvent, User
from flowpilot.core import export
from flowpilot.core.scope import account_scope
from flowpilot.core.trace import current_trace

Verb = AuditEvent.Verb
Changes = Mapping[str, tuple[str, str]]
"""Field name → what it was and what it is now, as text."""

NAME_LENGTH = 300
VALUE_LENGTH = 500

GROUPS: dict[str, tuple[str, ...]] = {
    "sign_in": (
        Verb.SIGNED_IN,
        Verb.SIGN_IN_FAILED,
        Verb.SIGNED_OUT,
        Verb.PASSWORD_CHANGED,
        Verb.FACTOR_ADDED,
        Verb.FACTOR_REMOVED,
        Verb.CODES_MADE,
        Verb.CODE_USED,
        Verb.LOGINS_ENDED,
    ),
    "people": (
        Verb.INVITED,
        Verb.INVITATION_SENT_AGAIN,
        Verb.INVITATION_REVOKED,
        Verb.INVITATION_ACCEPTED,
        Verb.ROLE_CHANGED,
        Verb.DEACTIVATED,
        Verb.REACTIVATED,
    ),
    "settings": (Verb.CREATED, Verb.CHANGED, Verb.DELETED, Verb.ARCHIVED, Verb.RESTORED),
    "decisions": (
        Verb.PROPOSAL_APPROVED,
        Verb.PROPOSAL_EDITED,
        Verb.PROPOSAL_DISMISSED,
        Verb.PROPOSAL_REJECTED,
        Verb.PROPOSAL_REOPENED,
        Verb.PROPOSAL_UNDONE,
        Verb.PROPOSAL_SPLIT,
        Verb.GAP_ACKNOWLEDGED,
        Verb.GAP_RESOLVED,
        Verb.GAP_DISMISSED,
        Verb.GAP_REOPENED,
        Verb.GAP_CLOSED,
    ),
    "library": (Verb.FLOW_PUBLISHED, Verb.FLOW_RETIRED),
    "data": (Verb.HISTORY_IMPORTED, Verb.EXPORTED),
    "support": (Verb.SUPPORT_ENTERED, Verb.SUPPORT_LEFT),
}
"""What people look for together."""


def record(
    verb: str,
    *,
    account_id: UUID,
    subject: models.Model | None = None,
    changes: Changes | None = None,
    note: str = "",
    by: User | None,
) -> None:
    """Write one entry, in the caller's transaction: what is rolled back was not done, and is not told.

    Without a person (`by=None`) it was the system, or a command on the server. The account's scope is
    opened here, because whoever signs in, or a superuser, has none yet.
    """
    trace = current_trace()
    with account_scope(account_id):
        AuditEvent.objects.create(
            account_id=account_id,
            verb=verb,
            actor=by,
            actor_name=f"{by.name} <{by.email}>"[:320] if by else "",
            subject_type=subject._meta.label_lower if subject else "",
            subject_id=subject.pk if subject and isinstance(subject.pk, UUID) else None,
            subject_name=str(subject)[:NAME_LENGTH] if subject else "",
            changes={name: [_cut(before), _cut(after)] for name, (before, after) in (changes or {}).items()},
            note=note,
            address=trace.address,
            request_id=trace.request_id,
        )


def events(user: User) -> QuerySet[AuditEvent]:
    """The account's whole audit, for its admins."""
    rows: QuerySet[AuditEvent] = AuditEvent.objects.visible_to(user)
    return rows if user.account_admin else rows.none()


def activity(subject: Any) -> QuerySet[AuditEvent]:
    """What happened to one thing, newest first. The caller has found the thing for its reader already."""
    rows: QuerySet[AuditEvent] = AuditEvent.objects.for_account(subject.account_id)
    return rows.filter(subject_type=subject._meta.label_lower, subject_id=subject.pk).order_by(
        "-created_at", "-id"
    )


COLUMNS = ("at", "what", "who", "thing", "kind", "key", "changes", "note", "address", "request")


def table(rows: QuerySet[AuditEvent]) -> list[tuple[object, ...]]:
    """Rows of an export under `COLUMNS`. Raises `export.TooManyRows`."""
    found = list(rows.order_by("-created_at", "-id")[: export.LARGEST + 1])
    if len(found) > export.LARGEST:
        raise export.TooManyRows
    return [
        (
            event.created_at.isoformat(),
            event.verb,
            event.actor_name,
            event.subject_name,
            event.subject_type,
            event.subject_id or "",
            "; ".join(f"{name}: {was} → {now}" for name, (was, now) in event.changes.items()),
            event.note,
            event.address or "",
            event.request_id,
        )
        for event in found
    ]


def _cut(value: str) -> str:
    return value if len(value) <= VALUE_LENGTH else f"{value[:VALUE_LENGTH]}…"
