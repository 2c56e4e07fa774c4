"""Sessions that were read a moment ago, as many as fit."""

from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from flowpilot.ai.contracts import SessionFacts

KEPT = 24_000_000
"""Characters, a step counting as a thousand: about as many bytes."""
OF_A_STEP: Final = 1000


class RecentFacts:
    """The facts of sessions by id, those asked for last staying longest."""

    def __init__(self, kept: int | None = None) -> None:
        self._limit, self._size = KEPT if kept is None else kept, 0
        self._facts: OrderedDict[UUID, SessionFacts] = OrderedDict()

    def keep(self, facts: Iterable[SessionFacts]) -> None:
        for one in facts:
            if (former := self._facts.pop(one.id, None)) is not None:
                self._size -= _size(former)
            self._facts[one.id] = one
            self._size += _size(one)
        while self._size > self._limit:
            _id, dropped = self._facts.popitem(last=False)
            self._size -= _size(dropped)

    def of(self, session_id: UUID, ended_at: datetime | None) -> SessionFacts | None:
        """The facts of that session, unless they are of another resolution, which ended at another time."""
        facts = self._facts.get(session_id)
        if facts is None or facts.ended_at != ended_at:
            return None
        self._facts.move_to_end(session_id)
        return facts


def _size(facts: SessionFacts) -> int:
    steps = sum(len(step.body) + OF_A_STEP for step in facts.steps)
    return len(facts.text) + len(facts.resolution) + steps + OF_A_STEP
