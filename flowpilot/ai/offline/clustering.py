"""Grouping sessions that are about the same problem.

Candidates come from an inverted index over each session's telling terms and steps, so the work grows with the
number of likely pairs and not with its square. Pairs are joined from the most to the least alike,
and two groups only if they agree on average: a chain a–b–c does not pull c to an unlike a. Sessions
are put in the order of their ids first, so the order of input does not matter.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Final

from flowpilot.ai.contracts import SessionFacts
from flowpilot.ai.offline.similarity import RELATED, SAME, Problem, problem_of, similarity, spread

_COMMON: Final = 40
"""Sessions from which on a term is too common for all its pairs; its sessions are then only paired
with those whose terms are next to theirs in alphabetical order."""
_NEIGHBOURS: Final = 10
_CANDIDATE_MASS: Final = 4.5
"""Summed weight of terms and steps in common that makes a pair worth comparing."""


def cluster(sessions: Sequence[SessionFacts]) -> list[tuple[SessionFacts, ...]]:
    """Groups of sessions of one problem, each ordered by id; most are alone. Every session is in one."""
    ordered = sorted(sessions, key=lambda each: each.id)
    groups = group([problem_of(each) for each in ordered])
    return [tuple(ordered[index] for index in members) for members in groups]


def group(problems: Sequence[Problem], *, from_on: float = SAME) -> list[tuple[int, ...]]:
    """Indices of the problems that are one; groups and their members in ascending order. Pairs are joined
    from that similarity on."""
    scores = _Scores(problems)
    pairs = [(scores.of(a, b), a, b) for a, b in _candidates(problems)]
    pairs = sorted(
        (pair for pair in pairs if pair[0] >= from_on), key=lambda pair: (-pair[0], pair[1], pair[2])
    )
    groups = {index: [index] for index in range(len(problems))}
    home = list(range(len(problems)))
    for _score, a, b in pairs:
        one, other = home[a], home[b]
        if one != other and scores.average(groups[one], groups[other]) >= RELATED:
            joined = sorted(groups[one] + groups.pop(other))
            groups[one] = joined
            for index in joined:
                home[index] = one
    return sorted(tuple(members) for members in groups.values())


class _Scores:
    """Similarities of pairs of problems, each computed once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self._problems = problems
        self._known: dict[tuple[int, int], float] = {}

    def of(self, a: int, b: int) -> float:
        pair = (a, b) if a < b else (b, a)
        if pair not in self._known:
            self._known[pair] = similarity(self._problems[pair[0]], self._problems[pair[1]])
        return self._known[pair]

    def average(self, one: list[int], other: list[int]) -> float:
        scores = [self.of(a, b) for a in spread(one) for b in spread(other)]
        return sum(scores) / len(scores)


def _candidates(problems: Sequence[Problem]) -> Iterator[tuple[int, int]]:
    """Pairs (a < b) that share enough to be worth comparing, in ascending order."""
    lookups = [problem.lookup for problem in problems]
    postings: defaultdict[str, list[int]] = defaultdict(list)
    for index, found in enumerate(lookups):
        for term in found:
            postings[term].append(index)
    alphabetical = {index: sorted(found) for index, found in enumerate(lookups)}
    mass: defaultdict[tuple[int, int], float] = defaultdict(float)
    for term in sorted(postings):
        for pair in _pairs(postings[term], alphabetical):
            mass[pair] += lookups[pair[0]][term]
    return iter(sorted(pair for pair, shared in mass.items() if shared >= _CANDIDATE_MASS))


def _pairs(members: list[int], alphabetical: dict[int, list[str]]) -> Iterator[tuple[int, int]]:
    if len(members) <= _COMMON:
        yield from combinations(members, 2)
        return
    near = sorted(members, key=lambda index: (alphabetical[index], index))
    for place, one in enumerate(near):
        for other in near[place + 1 : place + 1 + _NEIGHBOURS]:
            yield (one, other) if one < other else (other, one)
