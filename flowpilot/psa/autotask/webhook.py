"""What Autotask calls with: signed with the secret of the webhook over the body as it came."""

from collections.abc import Mapping
from typing import Any, Final

from flowpilot.psa.ports import WebhookEvent
from flowpilot.psa.values import line_at
from flowpilot.psa.webhooks.signatures import body_of, refuse_unless_signed

HEADER: Final = "X-Hook-Signature"
_TICKET_OF_NOTE: Final = ("TicketID", "ticketID")


def verified(headers: Mapping[str, str], raw: bytes, *, secret: str) -> tuple[WebhookEvent, ...]:
    """The ticket that a call is about; none for what concerns no ticket. Raises `BadSignature`.

    A call names no delivery, only the webhook.
    """
    given = {name.lower(): value for name, value in headers.items()}.get(HEADER.lower(), "")
    refuse_unless_signed(given, raw, key=secret.encode(), algorithm="sha1")
    body = body_of(raw)
    ticket_id = _ticket_in(body)
    return (WebhookEvent("", ticket_id),) if ticket_id else ()


def _ticket_in(body: Any) -> str:
    if line_at(body, "EntityType") == "Ticket":
        number = line_at(body, "Id")
    else:
        named = (line_at(body, "Fields", name) for name in _TICKET_OF_NOTE)
        number = next(filter(None, named), "")
    return number if number.isascii() and number.isdecimal() else ""
