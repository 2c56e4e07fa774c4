"""What HaloPSA calls with. It signs nothing: name and password, and an address that nobody guesses."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from flowpilot.psa.ports import WebhookEvent
from flowpilot.psa.values import at, line_at
from flowpilot.psa.webhooks.signatures import body_of, refuse_unless_password

_PLACES: Final = (("ticket", "id"), ("ticket_id",), ("action", "ticket_id"), ("object", "ticket_id"))
_BATCHES: Final = ("events", "webhooks")


def verified(headers: Mapping[str, str], raw: bytes, *, password: str) -> tuple[WebhookEvent, ...]:
    """The tickets that a call is about; one call may tell of several. Raises `BadSignature`."""
    given = {name.lower(): value for name, value in headers.items()}.get("authorization", "")
    refuse_unless_password(given, password=password)
    body = body_of(raw)
    tickets = dict.fromkeys(number for part in _parts(body) if (number := _ticket_in(part)))
    return tuple(WebhookEvent("", number) for number in tickets)


def _parts(body: Any) -> Iterator[Any]:
    if isinstance(body, list):
        yield from body
        return
    yield body
    for name in _BATCHES:
        batch = at(body, name)
        yield from batch if isinstance(batch, list) else ()


def _ticket_in(part: Any) -> str:
    found = (line_at(part, *place) for place in _PLACES)
    return next((number for number in found if number.isascii() and number.isdecimal()), "")
