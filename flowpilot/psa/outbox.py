"""Verbs of the outbox: what is to be written, written down in the transaction of what it tells of; and what
people decide about what could not be."""

from base64 import b32encode
from functools import partial
from hashlib import sha256
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django_q.tasks import async_task

from flowpilot.core.ids import uuid7
from flowpilot.psa.models import PsaConnection, PsaPush

State = PsaPush.State
DELIVERY = "flowpilot.psa.jobs.deliver_account"


class NotForPeople(Exception):
    """The push is on its way or has arrived: there is nothing to decide about it."""


def put_note(
    connection: PsaConnection,
    ticket_id: str,
    *,
    session_id: UUID,
    text: str,
    internal: bool = True,
    minutes: int | None = None,
    by: str = "",
) -> PsaPush:
    """Have a note written. To be called within the transaction of what it tells of."""
    return _put(
        connection,
        ticket_id,
        kind=PsaPush.Kind.NOTE,
        session_id=session_id,
        body=text,
        internal=internal,
        minutes=minutes,
        written_by=by,
    )


def put_status(connection: PsaConnection, ticket_id: str, *, session_id: UUID, status_id: str) -> PsaPush:
    """Have a ticket moved, once the notes of the session are there: a closed ticket may refuse them."""
    return _put(connection, ticket_id, kind=PsaPush.Kind.STATUS, session_id=session_id, body=status_id)


@transaction.atomic
def retry(push: PsaPush, *, body: str | None = None) -> None:
    """Try again what could not be written, perhaps with another text: a person has looked.

    Raises `NotForPeople` when it is not waiting for one.
    """
    locked = _waiting_for_people(push)
    if body is not None and body.strip():
        locked.body = body
    locked.look_first = locked.look_first or locked.state == State.UNKNOWN
    locked.state, locked.next_attempt_at, locked.attempts = State.PENDING, timezone.now(), 0
    locked.save(update_fields=["body", "look_first", "state", "next_attempt_at", "attempts"])
    _deliver_after_commit(locked.account_id)


@transaction.atomic
def arrived(push: PsaPush) -> None:
    """A person has seen it there. Raises `NotForPeople` when it is not waiting for one."""
    locked = _waiting_for_people(push)
    locked.state, locked.delivered_at = State.DELIVERED, timezone.now()
    locked.save(update_fields=["state", "delivered_at"])


def marker_of(push_id: UUID) -> str:
    """Letters, digits and hyphens only: queries of vendors have their own meaning for everything else."""
    return "FP-" + b32encode(sha256(push_id.bytes).digest())[:13].decode()


def _put(connection: PsaConnection, ticket_id: str, *, kind: PsaPush.Kind, **fields: object) -> PsaPush:
    key = uuid7()
    push: PsaPush = PsaPush.objects.create(
        pk=key,
        account_id=connection.account_id,
        connection=connection,
        ticket_id=ticket_id,
        kind=kind,
        marker=marker_of(key),
        **fields,
    )
    _deliver_after_commit(connection.account_id)
    return push


def _deliver_after_commit(account_id: UUID) -> None:
    """The schedule would find it within a minute; people look at once."""
    transaction.on_commit(partial(async_task, DELIVERY, str(account_id)))


def _waiting_for_people(push: PsaPush) -> PsaPush:
    locked: PsaPush = PsaPush.objects.select_for_update(of=("self",)).get(pk=push.pk)
    if locked.state not in (State.DEAD, State.UNKNOWN):
        raise NotForPeople(_("It is on its way already."))
    return locked
