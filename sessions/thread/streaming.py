"""A turn as server-sent events: what is stored, whole and as safe HTML, whenever it has grown.

html    the text so far, rendered          error   a sentence, when there is no step
step    the step is stored: fetch it       done    nothing more comes
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from django.utils.translation import gettext as _

from flowpilot.core.coroutines import in_database
from flowpilot.core.markup import render
from sessions.models import Turn
from sessions.thread.tailing import Seen, tailer

RETRY_MILLISECONDS: Final = 2000
HEARTBEAT_SECONDS: Final = 15.0
LONGEST_SECONDS: Final = 300.0
"""A stream ends then; whoever still listens comes back by itself."""


async def events(turn: Turn) -> AsyncGenerator[str, None]:
    """The body of the stream; to be watched as often as anybody likes."""
    yield f"retry: {RETRY_MILLISECONDS}\n\n"
    await in_database(_nothing)()
    ends = asyncio.get_running_loop().time() + LONGEST_SECONDS
    said = ""
    seen: Seen | None = None
    watching = tailer().watch(turn.pk, turn.account_id, heartbeat=HEARTBEAT_SECONDS)
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
    """Run in the request's thread, it gives the connection back that the checks of the request used."""
