"""The short way into a stream, before Django: for pages that were just shown the turn (`proofs`).

Django's own way reads the person, the roles and the turn for each request, in a thread of its own: a hundred
pages that come at once wait a second for each other. Here all of them are asked for together (`admitting`).
Whatever is unusual (no proof or an old one, nobody signed in, too many streams, a database that does not
answer) goes Django's way, which says what is the matter.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, MutableMapping
from contextlib import aclosing
from time import monotonic
from typing import Any, Final
from urllib.parse import parse_qs
from uuid import uuid4

from django.conf import settings
from django.db import DatabaseError
from django.http import parse_cookie
from django.urls import Resolver404, ResolverMatch, resolve

from flowpilot.core.edge.headers import HEADERS
from flowpilot.core.edge.tracing import access
from flowpilot.core.trace import route_told
from sessions.thread import watching
from sessions.thread.admitting import admissions
from sessions.thread.proofs import PARAMETER, Proof, proven
from sessions.thread.streaming import STREAM_HEADERS, events
from sessions.thread.tailing import Seen

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

log = logging.getLogger(__name__)

ROUTE: Final = "sessions:stream"
_TAIL: Final = "/stream/"
"""How such addresses end: others are not looked at any closer."""
_CLOSED: Final = {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}


class StreamDoor:
    """Around the application: answers streams that may be opened the short way, and leaves it the rest."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        began = monotonic()
        match = _match_of(scope)
        proof = _proof_of(scope, match) if match is not None else None
        seen = await _seen(proof) if proof is not None else None
        if match is None or proof is None or seen is None:
            await self.application(scope, receive, send)
            return
        number = uuid4().hex
        _note(match, proof, number, began)
        body = watching.counted(proof.user_id, events(proof.turn_id, proof.account_id, seen))
        await _answer(body, number, receive, send)


def _match_of(scope: MutableMapping[str, Any]) -> ResolverMatch | None:
    if scope["type"] != "http" or scope["method"] != "GET" or not scope["path"].endswith(_TAIL):
        return None
    try:
        match = resolve(scope["path"])
    except Resolver404:
        return None
    return match if match.view_name == ROUTE else None


def _proof_of(scope: MutableMapping[str, Any], match: ResolverMatch) -> Proof | None:
    """What the request proves, as far as it can be told without the database."""
    headers = dict(scope["headers"])
    login = parse_cookie(headers.get(b"cookie", b"").decode("latin-1")).get(settings.SESSION_COOKIE_NAME)
    said = parse_qs(scope["query_string"].decode("latin-1")).get(PARAMETER)
    if not login or not said:
        return None
    proof = proven(said[0], match.kwargs["pk"], match.kwargs["turn"], login)
    return None if proof is None or watching.has_enough(proof.user_id) else proof


async def _seen(proof: Proof) -> Seen | None:
    try:
        return await admissions().seen(proof)
    except DatabaseError:
        log.warning("Who may watch cannot be read", exc_info=True)
        return None


def _note(match: ResolverMatch, proof: Proof, number: str, began: float) -> None:
    """The line of the access log."""
    facts = {
        "request_id": number,
        "method": "GET",
        "route": route_told(match),
        "status": 200,
        "ms": round((monotonic() - began) * 1000),
        "account": str(proof.account_id),
        "user": str(proof.user_id),
    }
    access.info("answered", extra={"facts": facts})


async def _answer(body: AsyncGenerator[str, None], number: str, receive: Receive, send: Send) -> None:
    """Until the body ends or its reader goes."""
    headers = {**STREAM_HEADERS, **HEADERS, **_CLOSED, "X-Request-ID": number}
    told = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": 200, "headers": told})
    sending = asyncio.create_task(_send(body, send))
    leaving = asyncio.create_task(_until_gone(receive))
    try:
        await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        sending.cancel()
        leaving.cancel()
        await asyncio.gather(sending, leaving, return_exceptions=True)


async def _send(body: AsyncGenerator[str, None], send: Send) -> None:
    async with aclosing(body) as parts:
        async for part in parts:
            await send({"type": "http.response.body", "body": part.encode(), "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
