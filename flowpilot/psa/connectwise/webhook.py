"""ConnectWise's deliveries: signed with a key that the delivery itself says where to get.

So the address of the key is looked at before it is asked. The signature shows that ConnectWise knows the key,
not which of its customers wrote: the company in the signed body is compared, the address that a delivery
comes to is a secret of the connection, and the ticket is asked for anew.
"""

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Collection, Mapping
from hashlib import sha256
from hmac import compare_digest, digest
from typing import Any, Final
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from flowpilot.psa.ports import BadSignature, WebhookEvent
from flowpilot.psa.values import at, line_at

SIGNATURE: Final = "x-content-signature"
_KEY_HOST: Final = re.compile(r"(?:api-|sandbox-)?(?:na|eu|au|aus|za|staging)\.myconnectwise\.net")


def verify_webhook(
    headers: Mapping[str, str],
    raw: bytes,
    *,
    company: str,
    origins: Collection[str],
    signing_key: Callable[[str], str],
) -> tuple[WebhookEvent, ...]:
    """What a delivery tells of. `origins` are the connection's own, as https://host[:port]; `signing_key`
    gets the key at an address that passed. Raises `BadSignature`, whatever is wrong.
    """
    body = _read(raw)
    address = line_at(body, "Metadata", "key_url")
    if not is_key_address(address, origins):
        raise BadSignature(_("The key of the signature lies at no address of ConnectWise."))
    given = {name.lower(): value for name, value in headers.items()}.get(SIGNATURE, "")
    expected = digest(sha256(signing_key(address).encode()).digest(), raw, "sha256")
    if not compare_digest(_decoded(given), expected):
        raise BadSignature(_("The signature does not fit the delivery."))
    if line_at(body, "CompanyId").lower() != company.lower():
        raise BadSignature(_("The delivery is about another company."))
    return _events(body)


def is_key_address(address: str, origins: Collection[str]) -> bool:
    """Whether a key may be asked for there."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.username is not None or "\\" in address:
        return False
    if f"{parts.scheme}://{parts.netloc}".lower() in origins:
        return True
    return parts.scheme == "https" and port is None and _KEY_HOST.fullmatch(host) is not None


def _read(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise BadSignature(_("The delivery is no JSON of ConnectWise."))
    return body


def _decoded(signature: str) -> bytes:
    """Nothing for whatever is not written as its bytes are: the last sign has bits that say nothing."""
    try:
        read = b64decode(signature, validate=True)
    except ValueError:
        return b""
    return read if b64encode(read).decode() == signature else b""


def _events(body: dict[str, Any]) -> tuple[WebhookEvent, ...]:
    ticket_id = line_at(body, "ID")
    if line_at(body, "Type").lower() != "ticket" or not ticket_id.isdecimal():
        return ()
    message = at(body, "MessageId")
    delivery_id = message if isinstance(message, str) else ""
    return (WebhookEvent(delivery_id[:200], ticket_id),)
