"""From cases to a plan: questions that split the causes first, then remedies in order of success.

A greedy decision tree by information gain (Quinlan 1986), corrected for small samples. Steps are missing
from sessions all the time, so a case without an answer goes the ways that other cases of its cause went,
and every way if none of them says.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import sqrt
from typing import Final

from flowpilot.ai.offline.many.cases import UNSOLVED, Case, Cases
from flowpilot.ai.offline.many.gain import Table, gain, totals
from flowpilot.ai.offline.many.needs import prerequisites
from flowpilot.ai.offline.many.ordering import (
    WeightedCase,
    preparations,
    remedies_in_order,
    sessions_of,
)
from flowpilot.ai.offline.many.plan import Ask, Attempt, HandOver, Plan, Prepare
from flowpilot.ai.offline.many.snapshot import MANY
from flowpilot.ai.offline.many.words import is_risky

_WORTH_ASKING: Final = 0.1
"""Bits of corrected gain below which a question is not asked."""
_ANSWERED: Final = 0.25
"""Share of a cause's cases that must hold an answer before it counts as known for that cause."""
_MOST_ANSWERS: Final = 11
_MOST_TRIED: Final = 8
"""Remedies that are tried one after the other before it is handed over."""
_DEEPEST: Final = 12
"""Questions on one path."""
_MUCH_OPEN: Final = 3
"""Causes, above which another question is asked in place of one that nobody can answer."""
_LEFT_OF_FEW: Final = 0.5
"""Share of a gain that counts in a small cluster, where chance can explain everything."""
_SURELY_KNOWN: Final = 1.0
"""Share of the cases for whom a question must be known to be asked in place of one that nobody can answer."""
_LATE: Final = 0.02
"""What a question loses for having been asked late in the sessions: it may need what was asked before."""


class Builder:
    """Builds the plan of a cluster. The result is the same for the same cases in any order."""

    def __init__(self, cases: Cases) -> None:
        self._cases = cases
        few = len(cases.cases) < MANY
        self._support = 1.0 if few else 1.5
        self._at_least = _LEFT_OF_FEW if few else 0.0
        self.plan = Plan()
        self._needs = prerequisites(cases)
        solved = [case for case in cases.cases if case.cause != UNSOLVED]
        self._in_order = remedies_in_order([WeightedCase(case, 1.0) for case in solved], cases.items)
        self._before_all = preparations(solved, cases.positions)
        self._before = {
            remedy: self._preparations(remedy, solved)
            for remedy in {fix for case in solved for fix in case.fixes}
        }

    def build(self) -> int:
        """Number of the plan's first step."""
        everything = [WeightedCase(case, 1.0) for case in self._cases.cases]
        number = self._grow(everything, frozenset(self._cases.answers), ask_on=True)
        return self._prepare(self._before_all, number, sessions_of(everything))

    def _preparations(self, remedy: int, solved: Sequence[Case]) -> list[int]:
        """What belongs before one remedy alone, unless it helps elsewhere itself."""
        found = preparations([case for case in solved if case.fixes == (remedy,)], self._cases.positions)
        helps = {fix for case in solved for fix in case.fixes}
        return [act for act in found if act not in self._before_all and act not in helps]

    def _grow(self, cases: Sequence[WeightedCase], tests: frozenset[int], *, ask_on: bool) -> int:
        test = self._next_test(cases, tests, known=0.0 if ask_on else _SURELY_KNOWN)
        if test is None:
            return self._leaf(cases)
        rest = tests - {test}
        branches = tuple(
            (answer, self._grow(part, rest, ask_on=ask_on)) for answer, part in self._split(cases, test)
        )
        if len({number for _, number in branches}) == 1:
            return branches[0][1]
        unknown = self._without_answer(cases, test, rest, ask_on=ask_on)
        return self.plan.add(Ask(test, branches, unknown), sessions_of(cases))

    def _without_answer(
        self, cases: Sequence[WeightedCase], asked: int, tests: frozenset[int], *, ask_on: bool
    ) -> int:
        """Where it goes on if nobody can tell: to other questions if much is open, else to the fixes."""
        if ask_on and len(_weights(cases)) > _MUCH_OPEN:
            test = self._next_test(cases, tests, _SURELY_KNOWN)
            if test is not None:
                return self._grow(cases, tests, ask_on=False)
        return self._fallback(cases, [each for each in cases if asked not in each.case.answers])

    def _leaf(self, cases: Sequence[WeightedCase]) -> int:
        """What helped where these answers were given."""
        return self._chain(self._helped(cases)[:_MOST_TRIED], cases)

    def _fallback(self, cases: Sequence[WeightedCase], reached: Sequence[WeightedCase]) -> int:
        """Where nobody can tell: the one chain of all remedies, from the first that helped here on.

        `reached` are the cases that did come here without an answer.
        Sharing it means that a few are tried that earlier answers speak against, after nobody could answer
        the last; none that loses data is among them.
        """
        helped = self._helped(cases)
        shared = self._in_order[:_MOST_TRIED]
        onward = shared[shared.index(helped[0]) :] if helped and helped[0] in shared else []
        beside = [remedy for remedy in onward if remedy not in helped]
        if not set(helped) <= set(onward) or any(
            is_risky(self._cases.items[each].wording) for each in beside
        ):
            return self._chain(helped[:_MOST_TRIED], reached)
        return self._chain(onward, reached)

    def _helped(self, cases: Sequence[WeightedCase]) -> list[int]:
        """In the order of all cases, so that chains rejoin as soon as the same is left to be tried."""
        found = {fix for each in cases for fix in each.case.fixes}
        return [remedy for remedy in self._in_order if remedy in found]

    def _chain(self, remedies: Sequence[int], cases: Sequence[WeightedCase]) -> int:
        """One remedy after the other; then the escalation."""
        sessions = sessions_of(cases)
        number = self.plan.add(HandOver("exhausted"), _unsolved(cases))
        for place, remedy in reversed(list(enumerate(remedies))):
            number = self.plan.add(Attempt(remedy, number), sessions)
            done = {act for before in remedies[:place] for act in self._before[before]}
            number = self._prepare([act for act in self._before[remedy] if act not in done], number, sessions)
        return number

    def _prepare(self, acts: Sequence[int], number: int, sessions: Sequence[int]) -> int:
        """What has to be done before a step, each act a step of its own."""
        for act in reversed(acts):
            number = self.plan.add(Prepare(act, number), sessions)
        return number

    def _next_test(self, cases: Sequence[WeightedCase], tests: frozenset[int], known: float) -> int | None:
        """The best of those that wait for no other, else the best of all."""
        if len(self._cases.answers) - len(tests) >= _DEEPEST:
            return None
        ready = frozenset(test for test in tests if self._needs[test].isdisjoint(tests))
        test = self._best_test(cases, ready, known)
        return self._best_test(cases, tests, known) if test is None else test

    def _best_test(self, cases: Sequence[WeightedCase], tests: frozenset[int], known: float) -> int | None:
        """The test that tells most; None if none is worth asking of those `known` for that share of cases."""
        causes = _weights(cases)
        telling = {cause for cause, weight in causes.items() if weight >= self._support}
        if len(telling) < 2:
            return None
        scored = [(-round(self._score(cases, test, telling, known), 6), test) for test in sorted(tests)]
        score, test = min(scored, default=(0.0, 0))
        return test if -score >= _WORTH_ASKING else None

    def _score(self, cases: Sequence[WeightedCase], test: int, telling: set[int], known: float) -> float:
        table = _answers_by_cause([each for each in cases if each.case.cause in telling], test)
        if len(table) < 2 or len(_answers_by_cause(cases, test)) > _MOST_ANSWERS:
            return 0.0
        share = _known_share(cases, table, telling)
        if share < known:
            return 0.0
        worth = gain(table, at_least=self._at_least) * share**2 * sqrt(_coverage(cases, table))
        return worth - _LATE * self._cases.positions[test]

    def _split(self, cases: Sequence[WeightedCase], test: int) -> list[tuple[str, list[WeightedCase]]]:
        """Answers, the most frequent first ("yes" before all), with the cases that go there."""
        table = _answers_by_cause(cases, test)
        parts: dict[str, list[WeightedCase]] = {answer: [] for answer in table}
        for each in cases:
            for answer, share in _ways(each, test, table):
                parts[answer].append(WeightedCase(each.case, each.weight * share))
        order = sorted(table, key=lambda answer: (answer != "yes", -sum(table[answer].values()), answer))
        return [(answer, parts[answer]) for answer in order]


def _unsolved(cases: Iterable[WeightedCase]) -> list[int]:
    return [each.case.session for each in cases if each.case.cause == UNSOLVED]


def _weights(cases: Iterable[WeightedCase]) -> dict[int, float]:
    weights: dict[int, float] = defaultdict(float)
    for each in cases:
        weights[each.case.cause] += each.weight
    return dict(weights)


def _answers_by_cause(cases: Iterable[WeightedCase], test: int) -> Table:
    table: dict[str, dict[int, float]] = {}
    for each in cases:
        answer, cause = each.case.answers.get(test), each.case.cause
        if answer is not None:
            found = table.setdefault(answer, {})
            found[cause] = found.get(cause, 0.0) + each.weight
    return dict(sorted(table.items()))


def _ways(each: WeightedCase, test: int, table: Table) -> list[tuple[str, float]]:
    """Where a case goes: by its own answer, else by its cause's, else everywhere."""
    answer = each.case.answers.get(test)
    if answer is not None:
        return [(answer, 1.0)]
    cause = each.case.cause
    counts = {answer: found[cause] for answer, found in table.items() if cause in found}
    if not counts:
        return [(answer, 1.0 / len(table)) for answer in table]
    total = sum(counts.values())
    return [(answer, count / total) for answer, count in counts.items()]


def _known_share(cases: Sequence[WeightedCase], table: Table, telling: set[int]) -> float:
    """Share of the telling causes' weight for whom it is known how they answer."""
    weights = _weights(cases)
    answered = totals(table)
    known = sum(
        weights[cause] for cause in sorted(telling) if answered.get(cause, 0.0) >= _ANSWERED * weights[cause]
    )
    return known / sum(weights[cause] for cause in sorted(telling))


def _coverage(cases: Sequence[WeightedCase], table: Table) -> float:
    """Share of the cases' weight that holds an answer."""
    return sum(totals(table).values()) / sum(each.weight for each in cases)
