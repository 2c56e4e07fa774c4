"""What people do at the practice PSA, as its own users would; of each change FlowPilot is told by webhook."""

import hmac
import json
from collections.abc import Mapping
from functools import partial
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Max

from flowpilot.core.locks import lock_key
from flowpilot.psa.models import PracticeNote, PracticeTicket, PsaConnection
from flowpilot.psa.practice.connector import SIGNATURE
from flowpilot.psa.webhooks import receiving
from flowpilot.psa.webhooks.addresses import token_of
from flowpilot.psa.webhooks.signatures import secret_of

FIRST_NUMBER: Final = 10_001


@transaction.atomic
def open_ticket(connection: PsaConnection, values: Mapping[str, Any]) -> PracticeTicket:
    """A new ticket, under the next number of the account."""
    with transaction.get_connection().cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock_key(f"practice {connection.account_id}")])
    rows = PracticeTicket.objects.for_account(connection.account_id)
    last = rows.aggregate(last=Max("number"))["last"] or FIRST_NUMBER - 1
    return PracticeTicket.objects.create(
        account_id=connection.account_id, connection=connection, number=last + 1, **values
    )


@transaction.atomic
def write(ticket: PracticeTicket, text: str, *, by: str, internal: bool) -> None:
    """A note of somebody there."""
    PracticeNote.objects.create(
        account_id=ticket.account_id, ticket=ticket, written_by=by, text=text, internal=internal
    )
    _tell(ticket)


@transaction.atomic
def change(ticket: PracticeTicket, values: Mapping[str, Any]) -> None:
    """Another status or priority, or whether it takes notes."""
    for name, value in values.items():
        setattr(ticket, name, value)
    ticket.save(update_fields=[*values])
    _tell(ticket)


def signed(connection: PsaConnection, body: Mapping[str, Any]) -> tuple[dict[str, str], bytes]:
    """Headers and body of a webhook as the practice PSA sends it."""
    raw = json.dumps(body).encode()
    signature = hmac.new(secret_of(connection).encode(), raw, "sha256").hexdigest()
    return {SIGNATURE: f"sha256={signature}"}, raw


def _tell(ticket: PracticeTicket) -> None:
    transaction.on_commit(partial(_send, ticket.connection_id, str(ticket.number)))


def _send(connection_id: UUID, number: str) -> None:
    """Through the same verb as the door for strangers. It knows its secret by itself."""
    connection = PsaConnection.objects.get(pk=connection_id)
    receiving.ensure_secret(connection)
    headers, raw = signed(connection, {"delivery": str(uuid4()), "ticket": number})
    receiving.receive(token_of(connection), headers, raw)
