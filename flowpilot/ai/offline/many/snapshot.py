"""What the sessions say about items: who answered what before which fix, and in which order.

A snapshot is taken of one state of the items; all comparisons of a merging round read the same snapshot,
so that their order does not matter.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import cached_property
from typing import Final

from flowpilot.ai.offline.many.gain import gain
from flowpilot.ai.offline.many.merging import Item
from flowpilot.ai.offline.many.observing import Observation, Observed
from flowpilot.ai.offline.many.words import Words, read

MANY: Final = 10
"""From this many sessions on, a single one is not enough for a question of its own or an unreadable fix."""
_FREQUENT: Final = 2
"""An item in fewer sessions says nothing about order or usual answers."""

_TELLING: Final = 0.5
"""Bits from which on a test counts in full as evidence about the cause."""

_USUAL: Final = 0.25
"""Share of the sessions that must hold an answer before it counts in full."""


class Snapshot:
    """Items by place (their index), sessions by place in the sorted cluster."""

    def __init__(self, items: Sequence[Item], observed: Sequence[Observed]) -> None:
        self.items = items
        self.observed = observed
        self.sessions = [item.sessions for item in items]
        self._homes = {
            (seen.session, seen.order): place
            for place, item in enumerate(items)
            for seen in item.observations
        }

    @cached_property
    def words(self) -> list[Words]:
        """What the clearest wording of each item says."""
        return [read(item.wording) for item in self.items]

    @cached_property
    def opaque(self) -> list[bool]:
        """For each item, whether no wording of it holds a word that we know."""
        return [item.opaque for item in self.items]

    @cached_property
    def frequent_tests(self) -> list[int]:
        """Tests that more than one session holds."""
        return [
            place
            for place, item in enumerate(self.items)
            if item.role == "test" and len(self.sessions[place]) >= _FREQUENT
        ]

    @cached_property
    def offering(self) -> dict[frozenset[str], list[int]]:
        """The frequent tests that have just these answers."""
        found: dict[frozenset[str], list[int]] = defaultdict(list)
        for test in self.frequent_tests:
            found[self.options[test]].append(test)
        return dict(found)

    def is_clearer(self, item: int, other: int) -> bool:
        """Whether `other` may go into `item`: known words before opaque ones, then the more frequent."""
        return (self.opaque[item], item) < (self.opaque[other], other)

    def home(self, seen: Observation) -> int:
        """The item that an observation is part of."""
        return self._homes[seen.session, seen.order]

    @cached_property
    def fixes(self) -> list[tuple[int, ...]]:
        """Items that fixed each session; several where it is not known which."""
        return [
            tuple(dict.fromkeys(self.home(seen.observations[fix]) for fix in seen.fixes))
            for seen in self.observed
        ]

    @cached_property
    def sequences(self) -> list[tuple[int, ...]]:
        """Items of each session in the order in which they were first seen."""
        return [tuple(dict.fromkeys(self.home(step) for step in seen.observations)) for seen in self.observed]

    @cached_property
    def answers(self) -> list[dict[int, str]]:
        """For each item, the answer (`answer_key`) in each session that has one; the first counts."""
        return [_answers(item) for item in self.items]

    @cached_property
    def options(self) -> list[frozenset[str]]:
        """For each item, all answers that were offered or given."""
        return [
            frozenset(key for seen in item.observations for key in (*seen.offered, seen.answer_key) if key)
            for item in self.items
        ]

    @cached_property
    def fixed_by(self) -> dict[int, frozenset[int]]:
        """For each item, the sessions that it alone fixed."""
        found: dict[int, set[int]] = defaultdict(set)
        for session, fixes in enumerate(self.fixes):
            if len(fixes) == 1:
                found[fixes[0]].add(session)
        return {item: frozenset(sessions) for item, sessions in found.items()}

    @cached_property
    def _before(self) -> Counter[tuple[int, int]]:
        """In how many sessions the first item comes before the second."""
        counts: Counter[tuple[int, int]] = Counter()
        for sequence in self.sequences:
            frequent = [place for place in sequence if len(self.sessions[place]) >= _FREQUENT]
            counts.update((one, other) for i, one in enumerate(frequent) for other in frequent[i + 1 :])
        return counts

    @cached_property
    def _answers_by_fix(self) -> dict[tuple[int, int], Counter[str]]:
        counts: dict[tuple[int, int], Counter[str]] = defaultdict(Counter)
        for item, answers in enumerate(self.answers):
            for session, answer in answers.items():
                fixes = self.fixes[session]
                if len(fixes) == 1:
                    counts[item, fixes[0]][answer] += 1
        return dict(counts)

    def answers_of(self, item: int, fix: int) -> Counter[str]:
        """How often each answer to an item was given in the sessions that `fix` alone fixed."""
        return self._answers_by_fix.get((item, fix), Counter())

    @cached_property
    def relevance(self) -> list[float]:
        """For each item, how much of the causes its answers tell: 0.0 nothing, 1.0 half a bit or more."""
        return [self._relevance(item) for item in range(len(self.items))]

    def _relevance(self, item: int) -> float:
        table: dict[str, dict[int, float]] = {}
        for session, answer in self.answers[item].items():
            if len(self.fixes[session]) == 1:
                found, fix = table.setdefault(answer, {}), self.fixes[session][0]
                found[fix] = found.get(fix, 0.0) + 1.0
        answered = len(self.answers[item]) / len(self.observed)
        return min(1.0, gain(table) / _TELLING) * min(1.0, answered / _USUAL)

    def order_agreement(self, item: int, stand_in: int, session: int) -> float:
        """How well `item` would stand, among the steps of a session, where `stand_in` does; 0.5 unknown."""
        sequence = self.sequences[session]
        at = sequence.index(stand_in)
        shares = [
            share
            for place, other in enumerate(sequence)
            if place != at and (share := self._share_before(item, other, after=place < at)) is not None
        ]
        return sum(shares) / len(shares) if shares else 0.5

    def _share_before(self, item: int, other: int, *, after: bool) -> float | None:
        one_way, other_way = self._before[item, other], self._before[other, item]
        if not one_way + other_way:
            return None
        return (other_way if after else one_way) / (one_way + other_way)


def _answers(item: Item) -> dict[int, str]:
    found: dict[int, str] = {}
    for seen in sorted(item.observations, key=lambda each: (each.session, each.order)):
        if seen.answer_key:
            found.setdefault(seen.session, seen.answer_key)
    return found
