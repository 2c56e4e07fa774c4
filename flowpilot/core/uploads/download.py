"""Contents of files as answers that a browser does not take for anything else than what they are."""

from typing import Final
from uuid import UUID

from django.http import Http404, HttpResponse
from django.utils.http import content_disposition_header

from flowpilot.core.uploads.store import NotThere, read

_SHOWN: Final = ("image/png", "image/jpeg")
"""What our own encoder wrote."""
_POLICY: Final = "default-src 'none'; frame-ancestors 'none'; sandbox"


def download(account_id: UUID, stored_as: str, *, name: str, media_type: str) -> HttpResponse:
    """To be saved, under the name that it came with. 404 when its content is gone."""
    kind = f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type
    return _answer(account_id, stored_as, kind, content_disposition_header(True, name) or "attachment")


def image(account_id: UUID, stored_as: str, *, media_type: str) -> HttpResponse:
    """To be shown by a page of ours, under a policy that lets it do nothing. 404 for what is no image."""
    if media_type not in _SHOWN:
        raise Http404
    return _answer(account_id, stored_as, media_type, "inline")


def _answer(account_id: UUID, stored_as: str, content_type: str, disposition: str) -> HttpResponse:
    try:
        content = read(account_id, stored_as)
    except NotThere:
        raise Http404 from None
    response = HttpResponse(content, content_type=content_type)
    response.headers["Content-Disposition"] = disposition
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Cache-Control"] = "private, no-store"
    return response
