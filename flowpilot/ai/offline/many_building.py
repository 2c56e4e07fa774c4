"""From cases to a plan: questions that split the causes first, then remedies in order of success.

A greedy decision tree (Quinlan's information gain, corrected for small samples after Miller 1955). Steps
are missing from sessions all the time, so a case without an answer goes the ways that other cases of its
cause went, and every way if none of them says.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from math import log, log2
from typing import Final

from flowpilot.ai.offline.many_cases import UNSOLVED, Cases
from flowpilot.ai.offline.many_ordering import WeightedCase, remedies_in_order, sessions_of
from flowpilot.ai.offline.many_plan import Ask, Attempt, HandOver, Plan

_WORTH_ASKING: Final = 0.1
"""Bits of corrected gain below which a question is not asked."""
_ANSWERED: Final = 0.25
"""Share of a cause's cases that must hold an answer before it counts as known for that cause."""
_MANY: Final = 10
"""From this many cases on, a cause seen once is not worth a question of its own."""
_MOST_ANSWERS: Final = 11
_LATE: Final = 0.02
"""What a question loses for having been asked late in the sessions: it may need what was asked before."""


class Builder:
    """Builds the plan of a cluster. The result is the same for the same cases in any order."""

    def __init__(self, cases: Cases) -> None:
        self._cases = cases
        self._support = 1.0 if len(cases.cases) < _MANY else 1.5
        self.plan = Plan()

    def build(self) -> int:
        """Number of the plan's first step."""
        everything = [WeightedCase(case, 1.0) for case in self._cases.cases]
        return self._grow(everything, frozenset(self._cases.answers), ask_on=True)

    def _grow(self, cases: Sequence[WeightedCase], tests: frozenset[int], *, ask_on: bool) -> int:
        test = self._best_test(cases, tests)
        if test is None:
            return self._chain(cases)
        rest = tests - {test}
        branches = tuple(
            (answer, self._grow(part, rest, ask_on=ask_on)) for answer, part in self._split(cases, test)
        )
        if len({number for _, number in branches}) == 1:
            return branches[0][1]
        unknown = self._grow(cases, rest, ask_on=False) if ask_on else self._chain(cases)
        return self.plan.add(Ask(test, branches, unknown), sessions_of(cases))

    def _chain(self, cases: Sequence[WeightedCase]) -> int:
        """Every remedy that helped, one after the other, then the escalation."""
        sessions = sessions_of(cases)
        number = self.plan.add(HandOver("exhausted"), _unsolved(cases))
        for remedy in reversed(remedies_in_order(cases, self._cases.items)):
            number = self.plan.add(Attempt(remedy, number), sessions)
        return number

    def _best_test(self, cases: Sequence[WeightedCase], tests: frozenset[int]) -> int | None:
        causes = _weights(cases)
        telling = {cause for cause, weight in causes.items() if weight >= self._support}
        if len(telling) < 2:
            return None
        scored = [(-round(self._score(cases, test, telling), 6), test) for test in sorted(tests)]
        score, test = min(scored, default=(0.0, 0))
        return test if -score >= _WORTH_ASKING else None

    def _score(self, cases: Sequence[WeightedCase], test: int, telling: set[int]) -> float:
        table = _answers_by_cause([each for each in cases if each.case.cause in telling], test)
        if not 2 <= len(table) <= _MOST_ANSWERS:
            return 0.0
        return _gain(table) * _known_share(cases, table, telling) - _LATE * self._cases.positions[test]

    def _split(self, cases: Sequence[WeightedCase], test: int) -> list[tuple[str, list[WeightedCase]]]:
        """Answers, the most frequent first ("yes" before all), with the cases that go there."""
        table = _answers_by_cause(cases, test)
        parts: dict[str, list[WeightedCase]] = {answer: [] for answer in table}
        for each in cases:
            for answer, share in _ways(each, test, table):
                parts[answer].append(WeightedCase(each.case, each.weight * share))
        order = sorted(table, key=lambda answer: (answer != "yes", -table[answer].total(), answer))
        return [(answer, parts[answer]) for answer in order]


Table = dict[str, Counter[int]]
"""For each answer, the weight of the cases that gave it by their cause."""


def _unsolved(cases: Iterable[WeightedCase]) -> list[int]:
    return [each.case.session for each in cases if each.case.cause == UNSOLVED]


def _weights(cases: Iterable[WeightedCase]) -> dict[int, float]:
    weights: dict[int, float] = defaultdict(float)
    for each in cases:
        weights[each.case.cause] += each.weight
    return dict(weights)


def _answers_by_cause(cases: Iterable[WeightedCase], test: int) -> Table:
    table: dict[str, Counter[int]] = {}
    for each in cases:
        answer = each.case.answers.get(test)
        if answer is not None:
            table.setdefault(answer, Counter())[each.case.cause] += each.weight  # type: ignore[assignment]
    return dict(sorted(table.items()))


def _ways(each: WeightedCase, test: int, table: Table) -> list[tuple[str, float]]:
    """Where a case goes: by its own answer, else by its cause's, else everywhere."""
    answer = each.case.answers.get(test)
    if answer is not None:
        return [(answer, 1.0)]
    counts = {answer: found[each.case.cause] for answer, found in table.items() if found[each.case.cause]}
    if not counts:
        return [(answer, 1.0 / len(table)) for answer in table]
    total = sum(counts.values())
    return [(answer, count / total) for answer, count in counts.items()]


def _gain(table: Table) -> float:
    """Information gain about the cause in bits, less what chance alone would give in so small a sample."""
    causes: Counter[int] = Counter()
    for found in table.values():
        causes.update(found)
    total = causes.total()
    gain = _entropy(causes) - sum(found.total() / total * _entropy(found) for found in table.values())
    chance = (len(table) - 1) * (len(causes) - 1) / (2 * total * log(2))
    return max(0.0, gain - chance)


def _entropy(counts: Counter[int]) -> float:
    total = counts.total()
    return -sum(count / total * log2(count / total) for _, count in sorted(counts.items()) if count)


def _known_share(cases: Sequence[WeightedCase], table: Table, telling: set[int]) -> float:
    """Share of the telling causes' weight for whom it is known how they answer."""
    weights = _weights(cases)
    answered: Counter[int] = Counter()
    for found in table.values():
        answered.update(found)
    known = sum(weights[cause] for cause in sorted(telling) if answered[cause] >= _ANSWERED * weights[cause])
    return known / sum(weights[cause] for cause in sorted(telling))
