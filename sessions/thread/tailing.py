"""Watching turns: one task of a process reads all turns that its streams watch, a query for each account and
tick, and wakes those whose turn has changed. Watchers hold no database connection, and never cause a call.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final
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
EARLY_TICK_SECONDS: Final = 0.025
EARLY_SECONDS: Final = 0.5
"""First words are looked for oftener at the beginning: another process may be the one that produces them."""
TROUBLE_SECONDS: Final = 1.0
"""Until the next look when the database cannot be asked."""
SEEN: Final = ("text", "engine", "state", "error", "lease_until")
"""The columns that `seen_in` reads a turn from."""


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
    since: float = field(default_factory=monotonic)

    @property
    def is_early(self) -> bool:
        silent = self.seen is None or not (self.seen.text or self.seen.is_over)
        return silent and monotonic() - self.since < EARLY_SECONDS


class Tailer:
    """Of one event loop."""

    def __init__(self) -> None:
        self._watched: dict[UUID, _Watched] = {}
        self._looking: asyncio.Task[None] | None = None
        self._nudged = asyncio.Event()

    async def watch(
        self, turn_id: UUID, account_id: UUID, *, heartbeat: float, known: Seen | None = None
    ) -> AsyncGenerator[Seen | None, None]:
        """The turn whenever it changed, the first time at once; None after `heartbeat` seconds without. Ends
        when the turn has, or was removed. `known`: as the caller has just read it."""
        changed = asyncio.Event()
        watched = self._watched.setdefault(turn_id, _Watched(account_id))
        watched.watchers.add(changed)
        watched.seen = watched.seen or known
        if watched.seen is None:
            self._nudged.set()
        else:
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

    def nudge(self, turn_id: UUID) -> None:
        """A turn that this process produces has changed in a way that does not wait for the next tick."""
        if turn_id in self._watched:
            self._nudged.set()

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
                await self._rest()
            self._looking = None  # leaving takes a moment, in which somebody may come

    async def _rest(self) -> None:
        is_early = any(watched.is_early for watched in self._watched.values())
        with suppress(TimeoutError):
            async with asyncio.timeout(EARLY_TICK_SECONDS if is_early else TICK_SECONDS):
                await self._nudged.wait()
        self._nudged.clear()

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
    with account_scope(account_id):
        rows = Turn.objects.for_account(account_id).filter(pk__in=turn_ids)
        return {pk: seen_in(row) for pk, *row in rows.values_list("pk", *SEEN)}


def seen_in(row: Sequence[Any]) -> Seen:
    """A turn from the columns `SEEN`."""
    text, engine, state, error, lease = row
    return Seen(text, engine, state, error, state == Turn.State.RUNNING and lease < timezone.now())
