"""Watching turns: one task of a process reads all turns that its streams watch, a query for each account and
tick, and wakes those whose turn has changed. Watchers hold no database connection, and never cause a call.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextvars import Context
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID
from weakref import WeakKeyDictionary

from asgiref.sync import ThreadSensitiveContext
from django.db import DatabaseError
from django.utils import timezone

from flowpilot.core.coroutines import in_database
from flowpilot.core.scope import account_scope
from sessions.models import Turn

log = logging.getLogger(__name__)

TICK_SECONDS: Final = 0.1
TROUBLE_SECONDS: Final = 1.0
"""Until the next look when the database cannot be asked."""


@dataclass(frozen=True)
class Seen:
    """A turn as it is stored."""

    text: str
    engine: str
    state: str
    error: str
    broke_off: bool

    @property
    def is_over(self) -> bool:
        return self.broke_off or self.state != Turn.State.RUNNING


@dataclass
class _Watched:
    account_id: UUID
    seen: Seen | None = None
    watchers: set[asyncio.Event] = field(default_factory=set)


class Tailer:
    """Of one event loop."""

    def __init__(self) -> None:
        self._watched: dict[UUID, _Watched] = {}
        self._looking: asyncio.Task[None] | None = None

    async def watch(
        self, turn_id: UUID, account_id: UUID, *, heartbeat: float
    ) -> AsyncGenerator[Seen | None, None]:
        """The turn whenever it changed, the first time at once; None after `heartbeat` seconds without. Ends
        when the turn has, or was removed."""
        changed = asyncio.Event()
        watched = self._watched.setdefault(turn_id, _Watched(account_id))
        watched.watchers.add(changed)
        if watched.seen is not None:
            changed.set()
        self._look()
        try:
            while True:
                try:
                    async with asyncio.timeout(heartbeat):
                        await changed.wait()
                except TimeoutError:
                    yield None
                    continue
                changed.clear()
                if watched.seen is None:
                    return
                yield watched.seen
                if watched.seen.is_over:
                    return
        finally:
            watched.watchers.discard(changed)
            if not watched.watchers:
                self._watched.pop(turn_id, None)

    def _look(self) -> None:
        if self._looking is None or self._looking.done():
            # Of its own: the context of the request that happens to come first ends with it.
            self._looking = asyncio.get_running_loop().create_task(self._tail(), context=Context())

    async def _tail(self) -> None:
        async with ThreadSensitiveContext():
            while self._watched:
                try:
                    await self._tick()
                except DatabaseError:
                    log.warning("The turns under way cannot be read", exc_info=True)
                    await asyncio.sleep(TROUBLE_SECONDS)
                await asyncio.sleep(TICK_SECONDS)

    async def _tick(self) -> None:
        accounts: dict[UUID, list[UUID]] = defaultdict(list)
        for turn_id, watched in self._watched.items():
            accounts[watched.account_id].append(turn_id)
        for account_id, turn_ids in accounts.items():
            found = await in_database(_stored)(account_id, turn_ids)
            for turn_id in turn_ids:
                self._tell(turn_id, found.get(turn_id))

    def _tell(self, turn_id: UUID, seen: Seen | None) -> None:
        watched = self._watched.get(turn_id)
        if watched is None or (seen is not None and seen == watched.seen):
            return
        watched.seen = seen
        for changed in watched.watchers:
            changed.set()


_tailers: WeakKeyDictionary[asyncio.AbstractEventLoop, Tailer] = WeakKeyDictionary()


def tailer() -> Tailer:
    """The one of the running loop."""
    return _tailers.setdefault(asyncio.get_running_loop(), Tailer())


def _stored(account_id: UUID, turn_ids: list[UUID]) -> dict[UUID, Seen]:
    now = timezone.now()
    with account_scope(account_id):
        rows = Turn.objects.for_account(account_id).filter(pk__in=turn_ids)
        return {
            pk: Seen(text, engine, state, error, state == Turn.State.RUNNING and lease < now)
            for pk, text, engine, state, error, lease in rows.values_list(
                "pk", "text", "engine", "state", "error", "lease_until"
            )
        }
