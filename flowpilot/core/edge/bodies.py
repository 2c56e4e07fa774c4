"""How much an address takes, and the stream that ends where that is exceeded.

Django's ASGI handler spools a whole body before any middleware runs, so the limit on what is streamed has to
stand before it. What was cut off is answered by `HostileInput`, like every other refusal.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeVar

from django.conf import settings
from django.urls import Resolver404, resolve

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[..., Awaitable[None]]
View = TypeVar("View", bound=Callable[..., Any])

EXCEEDED = "flowpilot.body_exceeded"
"""Set in the scope of a request whose body was longer than its address takes."""
_NOTHING_MORE = {"type": "http.request", "body": b"", "more_body": False}


def takes(megabytes: int) -> Callable[[View], View]:
    """Say that a view takes bodies up to so many megabytes; others take `DATA_UPLOAD_MAX_MEMORY_SIZE`."""

    def decorate(view: View) -> View:
        view.body_limit = megabytes * 2**20  # type: ignore[attr-defined]
        return view

    return decorate


def takes_raw(view: View) -> View:
    """Say that a view reads the bytes of its body itself, of whatever type; others take forms."""
    view.raw_body = True  # type: ignore[attr-defined]
    return view


def is_raw_at(path: str) -> bool:
    """Whether the address takes bodies as they come."""
    try:
        return bool(getattr(resolve(path).func, "raw_body", False))
    except Resolver404:
        return False


def limit_at(path: str) -> int:
    """Bytes that the address takes."""
    usual: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    try:
        return int(getattr(resolve(path).func, "body_limit", usual))
    except Resolver404:
        return usual


class BoundedBodies:
    """Around the application: no more of a body than its address takes is read, whatever it declares."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})
            return
        if scope["type"] == "http":
            receive = BoundedBody(scope, receive, limit_at(scope["path"]))
        await self.application(scope, receive, send)


class BoundedBody:
    """The body of one request. Past its limit it ends; what follows is thrown away unread."""

    def __init__(self, scope: Scope, receive: Receive, limit: int) -> None:
        self.scope, self._receive, self._left = scope, receive, limit
        declared = dict(scope["headers"]).get(b"content-length", b"")
        self._exceeded = declared.isdigit() and int(declared[:20]) > limit
        self._ended = False

    async def __call__(self) -> Message:
        if self._exceeded and not self._ended:
            return self._end()
        message = await self._receive()
        while self._ended and message["type"] == "http.request":
            message = await self._receive()
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            if self._left < 0:
                return self._end()
        return message

    def _end(self) -> Message:
        self.scope[EXCEEDED] = self._ended = True
        return _NOTHING_MORE
