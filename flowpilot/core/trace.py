"""Which request the current code answers: its number, and from where it came.

The number goes out as `X-Request-ID`, so that a report from a user, an entry of the audit and a line of
the log can be laid beside each other. Outside a request (jobs, commands) both are empty.
"""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import uuid4

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse


@dataclass(frozen=True)
class Trace:
    request_id: str = ""
    address: str | None = None
    """The peer's IP address, or what the trusted proxies say it is."""


_NONE = Trace()
_trace: ContextVar[Trace] = ContextVar("flowpilot_trace", default=_NONE)


def current_trace() -> Trace:
    """The request that the current code answers; an empty trace outside of any."""
    return _trace.get()


class TraceMiddleware:
    """Number each request. A number that comes with it is not taken over: anybody could send one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        trace = Trace(uuid4().hex, _address_of(request))
        token = _trace.set(trace)
        try:
            response = self.get_response(request)
        finally:
            _trace.reset(token)
        response.headers["X-Request-ID"] = trace.request_id
        return response


def _address_of(request: HttpRequest) -> str | None:
    """None where the proxies that should be there are not: what must know the address refuses by itself."""
    try:
        address: str = get_adapter().get_client_ip(request)
    except PermissionDenied:
        return None
    return address
