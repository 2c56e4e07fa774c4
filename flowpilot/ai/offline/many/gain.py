"""How much the answers to a test tell about the cause, in bits."""

from collections.abc import Iterable, Mapping
from math import log, log2, sqrt
from typing import Final

Table = Mapping[str, Mapping[int, float]]
"""For each answer, the weight of the cases that gave it, by their cause."""

_DOUBT: Final = 0.5
"""Standard deviations of chance that a gain must exceed besides its mean."""


def gain(table: Table, *, at_least: float = 0.0) -> float:
    """Information gain about the cause, less what chance alone would give in so small a sample.

    `at_least` is the share of the gain that is left in any case.

    Without any relation, 2 N ln 2 times the gain follows a chi-squared distribution with (answers − 1) ×
    (causes − 1) degrees of freedom (Wilks 1938): its mean and half its deviation are taken off.
    """
    causes = totals(table)
    total = sum(causes.values())
    if not total or len(table) < 2:
        return 0.0
    raw = entropy(causes.values()) - sum(
        sum(found.values()) / total * entropy(found.values()) for found in table.values()
    )
    freedom = (len(table) - 1) * (len(causes) - 1)
    chance = (freedom + _DOUBT * sqrt(2 * freedom)) / (2 * total * log(2))
    return max(at_least * raw, raw - chance)


def totals(table: Table) -> dict[int, float]:
    """Weight of each cause over all answers."""
    found: dict[int, float] = {}
    for causes in table.values():
        for cause, weight in causes.items():
            found[cause] = found.get(cause, 0.0) + weight
    return dict(sorted(found.items()))


def entropy(weights: Iterable[float]) -> float:
    """Shannon entropy of a distribution given by weights."""
    found = sorted(weight for weight in weights if weight > 0)
    total = sum(found)
    return -sum(weight / total * log2(weight / total) for weight in found)
