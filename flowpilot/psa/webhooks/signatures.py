"""Whether a call was made by who knows the secret. Compared is the text of the signature, not what it decodes
to: base64 has several texts for the same bytes."""

import hmac
from base64 import b64encode
from typing import Any, Final

from django.utils.translation import gettext as _

from flowpilot.core.text import InvalidJson, parsed_json
from flowpilot.psa.models import PsaConnection
from flowpilot.psa.ports import BadSignature

SECRET: Final = "webhook_secret"  # noqa: S105 a name
"""Under this name the credentials hold what a system signs its calls with, or sends as its password."""
USER: Final = "flowpilot"
"""Goes with the secret where a system sends name and password."""


def secret_of(connection: PsaConnection) -> str:
    """Raises `BadSignature` where none was made: then nothing can be verified."""
    kept = connection.credentials.reveal() if connection.credentials is not None else {}
    secret = kept.get(SECRET)
    if not isinstance(secret, str) or not secret:
        raise BadSignature(_("This connection has no secret for webhooks yet."))
    return secret


def refuse_unless_signed(given: str, raw: bytes, *, key: bytes, algorithm: str) -> None:
    """`given`: HMAC of the raw body in base64 or lower-case hex, perhaps behind the name of the algorithm."""
    digest = hmac.digest(key, raw, algorithm)
    signature = given.strip().removeprefix(f"{algorithm}=").encode()
    known = (b64encode(digest), digest.hex().encode())
    if not any([hmac.compare_digest(signature, each) for each in known]):
        raise BadSignature(_("The signature does not fit the body."))


def refuse_unless_password(given: str, *, password: str, user: str = USER) -> None:
    """`given`: the header of HTTP Basic."""
    known = b"Basic " + b64encode(f"{user}:{password}".encode())
    if not hmac.compare_digest(given.strip().encode(), known):
        raise BadSignature(_("Name and password are not those of this connection."))


def body_of(raw: bytes) -> Any:
    """The parsed body of a call that is genuine so far. Raises `BadSignature` for what is no JSON."""
    try:
        return parsed_json(raw)
    except InvalidJson as problem:
        raise BadSignature(str(problem)) from None
