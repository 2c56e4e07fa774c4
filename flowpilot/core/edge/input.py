"""The one place in which what comes in is refused before anything reads it: sizes, encodings, characters.

Past it, every parameter and field is text that PostgreSQL takes. JSON has a gate of its own, behind the
parser and the form field of `core.jsonfields`; so have views that take raw bodies (`bodies.takes_raw`).
"""

from collections.abc import Callable, Iterable
from urllib.parse import unquote_to_bytes, urlsplit

from django.conf import settings
from django.core.exceptions import (
    BadRequest,
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _
from django_htmx.middleware import HtmxDetails

from flowpilot.core.edge.bodies import EXCEEDED, is_raw_at, limit_at
from flowpilot.core.edge.refusals import API, Refused, answer, malformed, too_much

ADDRESS_LIMIT, HEADERS_LIMIT = 8 * 1024, 32 * 1024
"""Characters of path and query, and of all headers together."""
PARAMETERS = 200
"""Of one query."""
NAME_SHOWN = 40
WRITING = ("POST", "PUT", "PATCH", "DELETE")
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class HostileInput:
    """Let through what can be read; answer the rest with a 4xx that says what is wrong and where."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            refuse_sizes(request)
            refuse_address(request)
            refuse_page(request)
            drop_unreadable_cookies(request)
            if request.method in WRITING and not is_raw_at(request.path_info):
                refuse_form_of_body(request)
                refuse_fields(request)
        except Refused as refused:
            return answer(request, refused)
        return self.get_response(request)


def refuse_sizes(request: HttpRequest) -> None:
    limit = limit_at(request.path_info)
    if getattr(request, "scope", {}).get(EXCEEDED) or _declared(request) > limit:
        raise too_much(limit)
    if len(request.path_info) + len(request.META.get("QUERY_STRING", "")) > ADDRESS_LIMIT:
        raise Refused(414, _("An address has at most %(limit)d characters.") % {"limit": ADDRESS_LIMIT})
    headers = {name: value for name, value in request.META.items() if name.startswith("HTTP_")}
    if sum(len(name) + len(str(value)) for name, value in headers.items()) > HEADERS_LIMIT:
        raise Refused(431, _("Headers have at most %(limit)d characters.") % {"limit": HEADERS_LIMIT})


def _declared(request: HttpRequest) -> int:
    """Bytes of the body as its sender declares them; what is no number is 0, as it is for Django."""
    declared = str(request.META.get("CONTENT_LENGTH") or "")
    return int(declared[:20]) if declared.isdecimal() else 0


def refuse_address(request: HttpRequest) -> None:
    if "\x00" in request.path_info:
        raise malformed(_("The address"), _("contains a NUL character"))
    pairs = request.META.get("QUERY_STRING", "").split("&")
    if len(pairs) > PARAMETERS:
        raise malformed(_("The address"), _("has more than %(count)d parameters") % {"count": PARAMETERS})
    for pair in pairs:
        name, _equals, value = pair.partition("=")
        for part in (name, value):
            refuse_bytes(unquote_to_bytes(part), _("Parameter “%(name)s”") % {"name": _shown(name)})


def refuse_page(request: HttpRequest) -> None:
    """The page from which HTMX asks, as it tells: who reads the header takes it for an address."""
    try:
        urlsplit(HtmxDetails(request).current_url or "")
    except ValueError:
        raise malformed(_("The header HX-Current-URL"), _("is no address")) from None


def refuse_bytes(raw: bytes, where: str) -> None:
    if b"\x00" in raw:
        raise malformed(where, _("contains a NUL character"))
    try:
        raw.decode()
    except UnicodeDecodeError:
        raise malformed(where, _("is not valid UTF-8")) from None


def drop_unreadable_cookies(request: HttpRequest) -> None:
    """Cookies may be quoted with octal escapes, NUL among them. Such a one is none: whoever has it in a
    browser could not get rid of it otherwise."""
    request.COOKIES = {name: value for name, value in request.COOKIES.items() if value.isprintable()}


def refuse_form_of_body(request: HttpRequest) -> None:
    """415 for what is no form in UTF-8; a body of nothing needs no type. The API refuses by its parser."""
    given = request.content_type or ""
    if request.path_info.startswith(API):
        return
    if given not in FORMS and (given or _declared(request)):
        raise Refused(415, _("Send %(types)s.") % {"types": _(" or ").join(FORMS)})
    charset = (request.content_params or {}).get("charset", "utf-8").lower()
    if charset not in ("utf-8", "utf8"):
        raise Refused(415, _("Send it in UTF-8."))


def refuse_fields(request: HttpRequest) -> None:
    """Reads the form, so that what cannot be read is refused here and not within a view."""
    try:
        lists = list(request.POST.lists())
    except RequestDataTooBig:
        raise too_much(settings.DATA_UPLOAD_MAX_MEMORY_SIZE) from None
    except (TooManyFieldsSent, TooManyFilesSent):
        limit = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
        message = _("has too many fields or files (at most %(limit)d)") % {"limit": limit}
        raise malformed(_("The form"), message) from None
    except (MultiPartParserError, BadRequest, UnicodeDecodeError):
        raise malformed(_("The form"), _("is broken off or malformed")) from None
    for name, values in lists:
        _refuse_texts(name, values)


def _refuse_texts(name: str, values: Iterable[object]) -> None:
    for text in (name, *values):
        if "\x00" in str(text):
            where = _("Field “%(name)s”") % {"name": _shown(name)}
            raise malformed(where, _("contains a NUL character"))


def _shown(name: str) -> str:
    shown = "".join(letter if letter.isprintable() else "�" for letter in name)
    return shown if len(shown) <= NAME_SHOWN else f"{shown[:NAME_SHOWN]}…"
