"""The last look at what leaves: a request in which a secret is left is not sent, and none goes elsewhere."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from anthropic import Middleware
from django.utils.translation import gettext as _

from flowpilot.ai.anthropic.trouble import Trouble
from flowpilot.core.redaction import high_confidence
from flowpilot.core.text import texts_in


class EgressGuard(Middleware):
    """Raises `Trouble` before any byte leaves. All was masked before; this is for what went around it.

    An address that an answer names, such as that of a batch's results, is looked up at `base_url`: the key
    is for nobody else, and a gateway stands there for the vendor.
    """

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url.rstrip("/") + "/"

    async def handle_async(self, request: Any, call_next: Any) -> Any:
        refuse_secrets(request.json)
        named = urlsplit(request.url)
        if named.netloc and not request.url.startswith(self._base_url):
            request = request.copy(url=urlunsplit(("", "", named.path, named.query, "")))
        return await call_next(request)


def refuse_secrets(body: object) -> None:
    if found := sorted({rule for text in _texts(body) for rule in high_confidence(text)}):
        message = _("Nothing was sent: a secret was left in it (%(kinds)s).") % {"kinds": ", ".join(found)}
        raise Trouble("secret_left", message)


def _texts(body: object) -> Iterator[str]:
    """All texts but pictures, which are no text."""
    if isinstance(body, dict):
        if body.get("type") == "base64":
            return
        for value in body.values():
            yield from _texts(value)
    elif isinstance(body, list | tuple):
        for value in body:
            yield from _texts(value)
    else:
        yield from texts_in(body)
