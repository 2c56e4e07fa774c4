"""Each request has a number and leaves a line in the access log."""

import logging
from collections.abc import Callable
from time import monotonic
from uuid import uuid4

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from flowpilot.core.trace import Trace, route_of, tracing

QUIET = ("healthz", "readyz", "favicon")
access = logging.getLogger("flowpilot.access")


class TraceMiddleware:
    """Number each request. A number that comes with it is not taken over: anybody could send one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        trace, began = Trace(uuid4().hex, _address_of(request)), monotonic()
        request.request_id = trace.request_id  # type: ignore[attr-defined]
        with tracing(request, trace):
            response = self.get_response(request)
            _note(request, response, began)
        response.headers["X-Request-ID"] = trace.request_id
        return response


def _note(request: HttpRequest, response: HttpResponse, began: float) -> None:
    """The line of the access log. Probes and static files are not worth one."""
    if request.resolver_match is None and response.status_code < 400:
        return
    if getattr(request.resolver_match, "url_name", "") in QUIET:
        return
    facts = {
        "method": request.method,
        "route": route_of(request),
        "status": response.status_code,
        "ms": round((monotonic() - began) * 1000),
    }
    user = getattr(request, "_cached_user", None)
    if account := getattr(user, "account_id", None):
        facts["account"] = str(account)
    access.info("answered", extra={"facts": facts})


def _address_of(request: HttpRequest) -> str | None:
    """None where the proxies that should be there are not: what must know the address refuses by itself."""
    try:
        address: str = get_adapter().get_client_ip(request)
    except PermissionDenied:
        return None
    return address
