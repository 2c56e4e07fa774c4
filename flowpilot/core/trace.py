"""Which request the current code answers: its number, and from where it came.

The number goes out as `X-Request-ID`, so that a report from a user, an entry of the audit and a line of
the log can be laid beside each other. Outside a request (jobs, commands) both are empty.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class Trace:
    request_id: str = ""
    address: str | None = None
    """The peer's IP address, or what the trusted proxies say it is."""


_NONE = Trace()
_trace: ContextVar[Trace] = ContextVar("flowpilot_trace", default=_NONE)
_request: ContextVar[Any] = ContextVar("flowpilot_request", default=None)


def current_trace() -> Trace:
    """The request that the current code answers; an empty trace outside of any."""
    return _trace.get()


def current_user_id() -> UUID | None:
    """Who is signed in, if that is known by now: asking for it would be a query."""
    user = getattr(_request.get(), "_cached_user", None)
    return getattr(user, "pk", None)


def route_of(request: Any) -> str:
    """The address by its pattern, with keys of rows in it: what else an address holds may be a secret."""
    match = getattr(request, "resolver_match", None)
    return "/…" if match is None else route_told(match)


def route_told(match: Any) -> str:
    """The same of a resolved address (a ResolverMatch)."""
    keys = " ".join(f"{name}={value}" for name, value in match.kwargs.items() if isinstance(value, UUID))
    return f"/{match.route} {keys}".rstrip()


@contextmanager
def tracing(request: Any, trace: Trace) -> Iterator[None]:
    """Run a block as the answer to a request."""
    tokens = _trace.set(trace), _request.set(request)
    try:
        yield
    finally:
        _trace.reset(tokens[0])
        _request.reset(tokens[1])
