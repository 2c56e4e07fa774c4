"""Which question waits for another: it was only ever asked after one certain answer to that one."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations
from typing import Final

from flowpilot.ai.offline.many.cases import Case, Cases

_FEWEST: Final = 2
"""Sessions that must show both questions, one after the other."""


def prerequisites(cases: Cases) -> dict[int, frozenset[int]]:
    """For each test, the tests that come before it.

    "Which device holds the addresses?" waits for "How full is the scope?", if it followed on "Full" wherever
    both were asked, and the other has more answers than that.
    """
    followed: dict[tuple[int, int], list[str]] = defaultdict(list)
    for case in cases.cases:
        for one, other in combinations(case.answers, 2):
            followed[one, other].append(case.answers[one])
    found: dict[int, set[int]] = {test: set() for test in cases.answers}
    for (one, other), answers in followed.items():
        certain = len(answers) >= _FEWEST and len(set(answers)) == 1
        if certain and (other, one) not in followed and len(_answers(cases.cases, one)) > 1:
            found[other].add(one)
    return {test: frozenset(before) for test, before in found.items()}


def _answers(cases: Sequence[Case], test: int) -> set[str]:
    return {case.answers[test] for case in cases if test in case.answers}
