"""The keys that ConnectWise signs with, kept for an hour."""

from typing import Final
from urllib.parse import urlsplit

from django.core.cache import cache
from django.utils.translation import gettext as _

from flowpilot.psa.client import Http
from flowpilot.psa.ports import BadSignature, PsaError
from flowpilot.psa.values import line_at

KEPT: Final = 3_600
"""Seconds."""


def signing_key_at(address: str) -> str:
    """Asks there; whether that may be asked has been looked at. `BadSignature` where there is no key."""
    name = f"psa:connectwise:key:{address}"
    kept: str | None = cache.get(name)
    if kept is None:
        kept = _asked(address)
        cache.set(name, kept, KEPT)
    return kept


def _asked(address: str) -> str:
    parts = urlsplit(address)
    try:
        told = Http(f"{parts.scheme}://{parts.netloc}").get(address)
    except PsaError as error:
        raise BadSignature(str(error)) from error
    if found := line_at(told, "signing_key"):
        return found
    raise BadSignature(_("ConnectWise gave no key for the signature."))
