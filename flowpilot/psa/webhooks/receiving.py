"""Verbs of webhooks: take a call in, and what belongs to its address."""

import hashlib
import secrets
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Final, cast

from django.db import transaction
from django.db.models import QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from flowpilot.accounts import audit
from flowpilot.accounts.models import User
from flowpilot.core.scope import account_scope
from flowpilot.core.worker.once import AlreadyQueued, enqueue_once
from flowpilot.psa.models import PsaConnection, PsaWebhook
from flowpilot.psa.ports import BadSignature, ListeningConnector, WebhookEvent
from flowpilot.psa.registry import UnknownProvider, connector_for
from flowpilot.psa.webhooks.addresses import connection_at
from flowpilot.psa.webhooks.signatures import SECRET, secret_of
from flowpilot.schedules import ON_WEBHOOK

MOST_EVENTS: Final = 10_000
"""That one call may tell of; one that tells of more is refused, so that its sender knows."""
AT_ONCE: Final = 500
"""Rows that are written with one statement."""
ID_LENGTH: Final = 100
AGAIN_AFTER: Final = timedelta(minutes=1)
"""A repetition that may tell of another change is looked into so long after it: however many come, the ticket
is read once a minute for them."""
KEPT: Final = timedelta(days=30)
"""So long a call is known again, and one of a paused connection waits. One that is repeated later does no
harm: the ticket stands as it stood."""


class NoSuchAddress(Exception):
    """No connection is called at this address, any more."""


def receive(token: str, headers: Mapping[str, str], raw: bytes) -> int:
    """Keep what a genuine call says and have it looked into; returns how much of it is new. The same call
    again changes nothing, where the vendor names its calls; where it does not, the same words may tell of
    another change, and the ticket is read once more. Raises `NoSuchAddress`, `BadSignature`."""
    connection = connection_at(token)
    if connection is None:
        raise NoSuchAddress
    with account_scope(connection.account_id):
        return _keep(connection, _verified(connection, headers, raw), raw)


def _verified(connection: PsaConnection, headers: Mapping[str, str], raw: bytes) -> tuple[WebhookEvent, ...]:
    try:
        connector = connector_for(connection)
    except UnknownProvider as error:
        raise BadSignature(str(error)) from error
    if not connector.capabilities.signed_webhooks:
        raise BadSignature(_("This system makes no calls that could be verified."))
    events = cast(ListeningConnector, connector).verify_webhook(headers, raw)
    if len(events) > MOST_EVENTS:
        raise BadSignature(_("The call tells of more than %(n)d tickets.") % {"n": MOST_EVENTS})
    return events


@transaction.atomic
def _keep(connection: PsaConnection, events: Collection[WebhookEvent], raw: bytes) -> int:
    rows = PsaWebhook.objects.for_account(connection.account_id).filter(connection=connection)
    said = {(_digest(event.delivery_id.encode() or raw), event.ticket_id[:ID_LENGTH]) for event in events}
    digests = {digest for digest, _ticket in said}
    known = set(rows.filter(digest__in=digests).values_list("digest", "ticket_id"))
    if known and not all(event.delivery_id for event in events):
        _look_again(rows.filter(digest=_digest(raw)))
    new = [
        PsaWebhook(account_id=connection.account_id, connection=connection, digest=digest, ticket_id=ticket)
        for digest, ticket in sorted(said - known)
    ]
    if new:
        PsaWebhook.objects.bulk_create(new, ignore_conflicts=True, batch_size=AT_ONCE)
        transaction.on_commit(partial(_look_into, str(connection.account_id)))
    return len(new)


def _look_again(repeated: QuerySet[PsaWebhook]) -> None:
    """What waits is read later than now anyway; what is being read may have been read before this was said,
    which the reader sees by `said_at`."""
    now = timezone.now()
    repeated.update(said_at=now, due_at=Coalesce("due_at", Value(now + AGAIN_AFTER)))


def _digest(delivery: bytes) -> str:
    return hashlib.sha256(delivery).hexdigest()


def _look_into(account_id: str) -> None:
    """At once; what arrives while it is at work waits for the schedule."""
    with suppress(AlreadyQueued):
        enqueue_once(ON_WEBHOOK, account_id)


@transaction.atomic
def new_secret(connection: PsaConnection, *, by: User) -> str:
    """Another secret for the calls of this system, told here and nowhere again; the one before is void."""
    secret = _set_secret(connection)
    _note(connection, SECRET, by)
    return secret


@transaction.atomic
def ensure_secret(connection: PsaConnection) -> None:
    """For systems of our own, which nobody has to tell it."""
    try:
        secret_of(connection)
    except BadSignature:
        _set_secret(connection)


@transaction.atomic
def new_address(connection: PsaConnection, *, by: User) -> None:
    """Another address; nobody is heard at the one before."""
    locked = PsaConnection.objects.select_for_update(of=("self",)).get(pk=connection.pk)
    connection.hook_number = locked.hook_number + 1
    connection.save(update_fields=["hook_number"])
    _note(connection, "webhook_address", by)


def sweep() -> int:
    """Forget the account's calls that are too old to matter."""
    deleted, _by_model = PsaWebhook.objects.filter(said_at__lt=timezone.now() - KEPT).delete()
    return deleted


def _set_secret(connection: PsaConnection) -> str:
    secret = secrets.token_urlsafe(32)
    locked = PsaConnection.objects.select_for_update(of=("self",)).get(pk=connection.pk)
    kept = locked.credentials.reveal() if locked.credentials is not None else {}
    connection.credentials = {**kept, SECRET: secret}
    connection.save(update_fields=["credentials"])
    return secret


def _note(connection: PsaConnection, what: str, by: User) -> None:
    changes = {what: ("", "•••")}
    verb = audit.Verb.CHANGED
    audit.record(verb, account_id=connection.account_id, subject=connection, changes=changes, by=by)
