"""Sessions that were read a moment ago, as many as fit."""

from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from flowpilot.ai.contracts import SessionFacts

KEPT = 16_000_000
"""Bytes, some 9,000 sessions of everyday length."""
OF_ONE: Final = 400
"""Bytes of an entry beside its text."""
Entry = tuple[datetime | None, bytes]


class RecentFacts:
    """The facts of sessions by id, those asked for last staying longest.

    They are kept as JSON: as objects they take five to eight times the room, and the garbage collector looks
    through each of them again and again. Reading one back takes a tenth of what the database takes for it.
    """

    def __init__(self, kept: int | None = None) -> None:
        self._limit, self._size = KEPT if kept is None else kept, 0
        self._facts: OrderedDict[UUID, Entry] = OrderedDict()

    def keep(self, facts: Iterable[SessionFacts]) -> None:
        for one in facts:
            if (former := self._facts.pop(one.id, None)) is not None:
                self._size -= _size(former)
            entry = one.ended_at, one.model_dump_json(exclude_defaults=True).encode()
            self._facts[one.id] = entry
            self._size += _size(entry)
        while self._size > self._limit:
            _id, dropped = self._facts.popitem(last=False)
            self._size -= _size(dropped)

    def holds(self, session_id: UUID, ended_at: datetime | None) -> bool:
        """Whether the facts of that resolution of the session are here: another ended at another time."""
        entry = self._facts.get(session_id)
        if entry is None or entry[0] != ended_at:
            return False
        self._facts.move_to_end(session_id)
        return True

    def of(self, session_id: UUID, ended_at: datetime | None) -> SessionFacts | None:
        """The facts of that session, as far as it `holds` them."""
        if not self.holds(session_id, ended_at):
            return None
        return SessionFacts.model_validate_json(self._facts[session_id][1])


def _size(entry: Entry) -> int:
    return len(entry[1]) + OF_ONE
