"""A turn as server-sent events: what is stored, whole and as safe HTML, whenever it has grown.

html    the text so far, rendered          error   a sentence, when there is no step
step    the step is stored: fetch it       done    nothing more comes
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from flowpilot.core.coroutines import in_database
from flowpilot.core.markup import render
from sessions.models import Turn
from sessions.thread.tailing import Seen, tailer

STREAM_HEADERS: Final = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-cache, no-transform",
    "X-Accel-Buffering": "no",
}

RETRY_MILLISECONDS: Final = 2000
HEARTBEAT_SECONDS: Final = 15.0
LONGEST_SECONDS: Final = 300.0
"""A stream ends then; whoever still listens comes back by itself."""


async def events(turn_id: UUID, account_id: UUID, known: Seen | None = None) -> AsyncGenerator[str, None]:
    """The body of the stream; to be watched as often as anybody likes. `known`: the turn as just read."""
    yield f"retry: {RETRY_MILLISECONDS}\n\n"
    ends = asyncio.get_running_loop().time() + LONGEST_SECONDS
    said = ""
    seen: Seen | None = None
    watching = tailer().watch(turn_id, account_id, heartbeat=HEARTBEAT_SECONDS, known=known)
    async with aclosing(watching) as states:
        async for seen in states:
            if seen is None:
                yield ": still there\n\n"
            elif seen.text != said:
                said = seen.text
                yield event("html", render(said))
            if asyncio.get_running_loop().time() > ends:
                return
    yield _ending(seen)
    yield event("done", "")


async def after_checks(body: AsyncGenerator[str, None]) -> AsyncGenerator[str, None]:
    """A body for Django's answer, whose checks used a connection: it is given back before anything waits."""
    await in_database(_nothing)()
    async with aclosing(body) as parts:
        async for part in parts:
            yield part


def event(name: str, data: str) -> str:
    """One event; each line of its data on a line of its own."""
    lines = "".join(f"data: {line}\n" for line in data.split("\n"))
    return f"event: {name}\n{lines}\n"


def _ending(seen: Seen | None) -> str:
    if seen is not None and seen.state == Turn.State.DONE:
        return event("step", "")
    if seen is not None and seen.error:
        return event("error", seen.error)
    if seen is not None and seen.state == Turn.State.STOPPED:
        return event("error", _("It was stopped."))
    return event("error", _("It broke off: the server was stopped meanwhile."))


def _nothing() -> None:
    """Run in the request's thread, it ends what the request has of the database."""
