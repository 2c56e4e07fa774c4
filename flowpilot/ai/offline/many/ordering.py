"""In which order to try remedies: safe before risky, then by chance of success for the effort."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flowpilot.ai.offline.many.cases import Case
from flowpilot.ai.offline.many.merging import Item
from flowpilot.ai.offline.many.words import effort, is_risky

_USUAL: Final = 0.6
"""Share of the cases in which an act was done, from which on it belongs to what solved them."""


@dataclass(frozen=True)
class WeightedCase:
    """A case, and the share of it that is thought to come this way."""

    case: Case
    weight: float


def sessions_of(cases: Iterable[WeightedCase]) -> list[int]:
    return [each.case.session for each in cases]


def remedies_in_order(cases: Sequence[WeightedCase], items: Sequence[Item]) -> list[int]:
    """What helped these cases, in the order in which to try it.

    Trying in descending order of chance ÷ effort has the least expected effort (Smith's rule for
    independent tests); remedies that lose data come after all others whatever their chance.
    """
    found = {fix for each in cases for fix in each.case.fixes}
    return sorted(found, key=lambda fix: _place(fix, cases, items))


def preparations(cases: Sequence[Case], positions: Mapping[int, float]) -> list[int]:
    """Acts that worked in most of these cases without being what helped, in their order."""
    fixes = {fix for case in cases for fix in case.fixes}
    counts = Counter(item for case in cases for item in case.done if item not in fixes)
    usual = [item for item, count in counts.items() if count > 1 and count >= _USUAL * len(cases)]
    return sorted(usual, key=lambda item: (positions[item], item))


def success(remedy: int, cases: Sequence[WeightedCase]) -> float:
    """Chance that a remedy solves a case that comes here, 0.0–1.0, smoothed as (k + 1) / (n + 2).

    What something else solved counts against it, tried or not: each case has one cause. So what was only
    tried after all else had failed is not thought better than what was tried first.
    """
    solved = sum(each.weight / len(each.case.fixes) for each in cases if remedy in each.case.fixes)
    return (solved + 1) / (sum(each.weight for each in cases) + 2)


def _place(remedy: int, cases: Sequence[WeightedCase], items: Sequence[Item]) -> tuple[bool, float, int]:
    wording = items[remedy].wording
    return is_risky(wording), -round(success(remedy, cases) / effort(wording), 9), remedy
