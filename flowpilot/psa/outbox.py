"""Verbs of the outbox: what is to be written, written down in the transaction of what it tells of; and what
people decide about what could not be."""

from base64 import b32encode
from contextlib import suppress
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django_q.tasks import async_task

from flowpilot.accounts import audit
from flowpilot.accounts.models import User
from flowpilot.core.ids import uuid7
from flowpilot.core.redaction import mask_secrets
from flowpilot.core.sealing import SHOWN
from flowpilot.psa.counting import LATER
from flowpilot.psa.delivery import QUIET
from flowpilot.psa.models import PsaConnection, PsaPush
from flowpilot.psa.registry import takes_time

State = PsaPush.State
GIVEN_UP = (State.DEAD, State.UNKNOWN)
PUT_ASIDE = "Put aside"
"""In the place of a kind of error, where a person decided before there was one."""
KEPT = object()
"""In the place of minutes: those that there are."""
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
    """Have a note written. To be called within the transaction of what it tells of. Without `minutes` where
    the system takes none: nobody is to believe that they are there."""
    return _put(
        connection,
        ticket_id,
        kind=PsaPush.Kind.NOTE,
        session_id=session_id,
        body=text,
        internal=internal,
        minutes=minutes if takes_time(connection) else None,
        written_by=by,
    )


def put_status(connection: PsaConnection, ticket_id: str, *, session_id: UUID, status_id: str) -> PsaPush:
    """Have a ticket moved, once the notes of the session are there: a closed ticket may refuse them."""
    return _put(connection, ticket_id, kind=PsaPush.Kind.STATUS, session_id=session_id, body=status_id)


@transaction.atomic
def retry(push: PsaPush, *, by: User, missing: bool = False, **changed: Any) -> None:
    """Try again what could not be written, or is there no more, perhaps with another `body` or other
    `minutes`. What may be there already is looked for first, unless a person has seen that it is `missing`.

    What may be there stays as it was sent, for that is what would be found.

    Raises `NotForPeople` when it is not waiting for one, and for what must not change or is overtaken.
    """
    locked = _locked(push)
    if locked.state not in GIVEN_UP and not locked.is_gone:
        raise NotForPeople(_("It is on its way already."))
    if locked.kind == PsaPush.Kind.STATUS and _later_statuses(locked).exists():
        raise NotForPeople(_("A later status is in the ticket already."))
    before = locked.state, locked.body, locked.minutes
    if locked.kind != PsaPush.Kind.STATUS:
        _change(locked, **changed)
    locked.look_first = locked.is_in_doubt and not missing
    if locked.look_first and before[1:] != (locked.body, locked.minutes):
        raise NotForPeople(
            _("It may be in the ticket as it was sent. Look there: text and minutes can change if it is not.")
        )
    locked.state, locked.next_attempt_at = State.PENDING, _not_before(locked)
    locked.asked_again_after, locked.tries_before = locked.attempts, locked.tries.count()
    locked.delivered_at = locked.copies = locked.put_aside_at = locked.count_again_at = None
    locked.save()
    said = _("It was seen not to be there.") if missing else ""
    _note(locked, *before, said, by)
    deliver_after_commit(locked.account_id)


@transaction.atomic
def arrived(push: PsaPush, *, by: User) -> None:
    """A person has seen it there. Raises `NotForPeople` for all but notes of which nobody knows."""
    locked = _locked(push)
    if locked.state != State.UNKNOWN or locked.kind == PsaPush.Kind.STATUS:
        raise NotForPeople(_("Whether it is there is no question any more."))
    before = locked.state, locked.body, locked.minutes
    now = timezone.now()
    locked.state, locked.delivered_at, locked.count_again_at = State.DELIVERED, now, now + LATER
    locked.put_aside_at = None
    locked.save(update_fields=["state", "delivered_at", "count_again_at", "put_aside_at"])
    _note(locked, *before, _("It was seen to be there."), by)


@transaction.atomic
def put_aside(push: PsaPush, *, by: User) -> None:
    """A person leaves it as it is: what waits is not written, and the status that waited for it is. It can
    still be sent again, and of what may be there already nobody knows.

    Raises `NotForPeople` when it is being written, is there, or was put aside before.
    """
    locked = _locked(push)
    if not locked.may_be_put_aside:
        raise NotForPeople(_("It is being written, or there is nothing to decide about it any more."))
    before = locked.state, locked.body, locked.minutes
    if locked.state in (State.PENDING, State.SENDING):
        locked.state = State.UNKNOWN if locked.look_first else State.DEAD
        locked.error_class = locked.error_class or PUT_ASIDE
    locked.put_aside_at, locked.lease_until = timezone.now(), None
    locked.save(update_fields=["state", "error_class", "put_aside_at", "lease_until"])
    _note(locked, *before, _("It was put aside."), by)
    deliver_after_commit(locked.account_id)


def withdraw_statuses(account_id: UUID, session_id: UUID, *, by: User) -> None:
    """A session goes on: what its endings would still have made of the ticket's status is put aside."""
    rows = PsaPush.objects.for_account(account_id).filter(session_id=session_id, state=State.PENDING)
    for push in rows.filter(kind=PsaPush.Kind.STATUS):
        with suppress(NotForPeople):  # it is being written in this moment
            put_aside(push, by=by)


@transaction.atomic
def count_again(push: PsaPush, *, by: User) -> None:
    """Have a note counted in its ticket anew: somebody has taken out what was too much, or put it back.
    Raises `NotForPeople` where nothing was wrong with the last count."""
    locked = _locked(push)
    if not locked.is_miscounted:
        raise NotForPeople(_("It was found in the ticket once."))
    locked.count_again_at = timezone.now()
    locked.save(update_fields=["count_again_at"])
    before = locked.state, locked.body, locked.minutes
    _note(locked, *before, _("It is counted in the ticket again."), by)
    deliver_after_commit(locked.account_id)


def minutes_of(account_id: UUID, session_id: UUID) -> int:
    """What a session has had written as time, what waits and what a person still decides about included, what
    was left out by decision not."""
    rows = PsaPush.objects.for_account(account_id).filter(session_id=session_id)
    rows = rows.exclude(state=State.DEAD, put_aside_at__isnull=False)
    return rows.aggregate(minutes=Sum("minutes", default=0))["minutes"]


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
    deliver_after_commit(connection.account_id)
    return push


def deliver_after_commit(account_id: UUID) -> None:
    """The schedule would find it within a minute; people look at once."""
    transaction.on_commit(partial(async_task, DELIVERY, str(account_id)))


def _change(push: PsaPush, *, body: str | None = None, minutes: Any = KEPT) -> None:
    """A text that a form has only broken otherwise, or trimmed, is the same."""
    if body is not None and _trimmed(body) != _trimmed(push.body):
        push.body = mask_secrets(body).text
    if minutes is not KEPT:
        push.minutes = minutes or None


def _trimmed(text: str) -> str:
    return "\n".join(text.splitlines()).strip()


def _later_statuses(push: PsaPush) -> QuerySet[PsaPush]:
    rows: QuerySet[PsaPush] = PsaPush.objects.for_account(push.account_id).filter(
        connection=push.connection_id, ticket_id=push.ticket_id, kind=PsaPush.Kind.STATUS
    )
    return rows.filter(state=State.DELIVERED, created_at__gt=push.created_at)


def _not_before(push: PsaPush) -> datetime:
    """What may be there is looked for when a slow server has had its time, also if a person asks."""
    now = timezone.now()
    last = push.tries.order_by("-number").first() if push.look_first else None
    return max(now, (last.ended_at or last.started_at) + QUIET) if last else now


def _note(push: PsaPush, state: str, body: str, minutes: int | None, said: str, by: User) -> None:
    """Into the audit; of a text only that it is another one."""
    changes = {"state": (state, push.state)}
    if push.minutes != minutes:
        changes["minutes"] = (str(minutes or 0), str(push.minutes or 0))
    if push.body != body:
        changes["body"] = (SHOWN, SHOWN)
    verb = audit.Verb.CHANGED
    audit.record(verb, account_id=push.account_id, subject=push, changes=changes, note=said, by=by)


def _locked(push: PsaPush) -> PsaPush:
    locked: PsaPush = PsaPush.objects.select_for_update(of=("self",)).get(pk=push.pk)
    return locked
