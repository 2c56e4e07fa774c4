"""Producing a turn: an asyncio task of the web process asks the engine and stores what it says.

Nothing waits for it: the page watches what is stored (`tailing`). The task holds no database connection while
the engine thinks, and ends when the turn is stopped, also while the engine is silent. If its process dies,
the lease runs out and the thread offers to go on.
"""

import asyncio
import logging
from contextlib import aclosing
from contextvars import Context
from time import monotonic
from typing import Final

from asgiref.sync import ThreadSensitiveContext, async_to_sync
from django.utils.translation import gettext as _

from flowpilot.accounts.models import Account
from flowpilot.ai.contracts import (
    Delta,
    EngineError,
    Failed,
    GuideEvent,
    GuideRequest,
    GuideStep,
    Reset,
    Speaker,
)
from flowpilot.ai.contracts import Final as LastEvent
from flowpilot.ai.router import engine_for
from flowpilot.core.coroutines import in_database
from flowpilot.core.scope import account_scope
from flowpilot.core.trace import Trace, current_trace, tracing
from sessions.actions import turns
from sessions.briefing import guide_request
from sessions.models import Turn
from sessions.thread.tailing import tailer

log = logging.getLogger(__name__)

FLUSH_SECONDS: Final = 0.1
"""Between two writes of what was said."""
LOOK_SECONDS: Final = 1.0
"""How often a silent turn is looked at: whether it was stopped. Renews its lease."""

_tasks: set[asyncio.Task[None]] = set()
"""The loop itself keeps only weak references."""


def start(turn: Turn, *, beside: bool) -> None:
    """Have a turn produced: beside the request, in the web's loop; within it where there is no such loop
    (a WSGI server)."""
    if beside:
        async_to_sync(_spawn)(turn)
    else:
        async_to_sync(produce)(turn)


async def _spawn(turn: Turn) -> None:
    # Of its own: in the request's context, its thread would end with the request. The number goes with it.
    work = _apart(turn, current_trace())
    task = asyncio.get_running_loop().create_task(work, context=Context())
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


async def _apart(turn: Turn, trace: Trace) -> None:
    with tracing(None, trace):
        async with ThreadSensitiveContext():
            await produce(turn)


async def produce(turn: Turn) -> None:
    """Ask the engine, store what it says as it comes, end the turn."""
    with account_scope(turn.account_id):
        try:
            await _Production(turn).run()
        except asyncio.CancelledError:
            await in_database(turns.fail)(turn, _("It broke off: the server was stopped meanwhile."))
            raise
        except EngineError as error:
            await in_database(turns.fail)(turn, str(error))
        except Exception:
            log.exception("Turn %s of session %s failed", turn.pk, turn.session_id)
            await in_database(turns.fail)(turn, _("Something went wrong on the server."))
        finally:
            tailer().nudge(turn.pk)


class _Production:
    """One turn being produced."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._said: asyncio.Queue[GuideEvent | None] = asyncio.Queue()
        self._unwritten = False
        self._written_at = 0.0

    async def run(self) -> None:
        request, account = await in_database(_told)(self._turn)
        asking = asyncio.create_task(self._ask(request, account))
        try:
            step = await self._listen()
        finally:
            asking.cancel()
            outcome = (await asyncio.gather(asking, return_exceptions=True))[0]
        if step is not None:
            await in_database(turns.finish)(self._turn, step)
        elif isinstance(outcome, Exception):
            raise outcome
        else:
            await in_database(turns.end)(self._turn.pk, Turn.State.STOPPED)

    async def _ask(self, request: GuideRequest, account: Account) -> None:
        """In a task of its own from beginning to end: a vendor's client may not be moved between tasks."""
        try:
            async with aclosing(engine_for(account).guide(request)) as events:
                async for event in events:
                    self._said.put_nowait(event)
        finally:
            self._said.put_nowait(None)

    async def _listen(self) -> GuideStep | None:
        """Until the last event. None when there is no step: stopped, or the engine broke off."""
        while True:
            try:
                async with asyncio.timeout(self._patience()):
                    event = await self._said.get()
            except TimeoutError:
                if not await self._write():
                    return None
                continue
            if event is None:
                return None
            if isinstance(event, LastEvent):
                return event.step
            self._take(event)
            if self._is_due() and not await self._write():
                return None

    def _take(self, event: GuideEvent) -> None:
        turn = self._turn
        self._unwritten = True
        if isinstance(event, Delta):
            turn.text += event.say
        elif isinstance(event, Reset):
            turn.text = ""
        elif isinstance(event, Speaker):
            turn.engine, turn.fallback = event.name, event.reason
        elif isinstance(event, Failed):
            raise EngineError(event.message, retryable=event.retryable)

    def _is_due(self) -> bool:
        return bool(self._turn.text) and monotonic() - self._written_at >= FLUSH_SECONDS

    def _patience(self) -> float:
        return FLUSH_SECONDS if self._unwritten else LOOK_SECONDS

    async def _write(self) -> bool:
        is_first = not self._written_at
        self._unwritten, self._written_at = False, monotonic()
        goes_on = await in_database(turns.write)(self._turn)
        if is_first:
            tailer().nudge(self._turn.pk)
        return goes_on


def _told(turn: Turn) -> tuple[GuideRequest, Account]:
    found = Turn.objects.select_related(
        "session__account", "session__client", "session__flow_version__flow", "asked_by"
    ).get(pk=turn.pk)
    assert found.asked_by is not None
    return guide_request(found.session, found.asked_by), found.session.account
