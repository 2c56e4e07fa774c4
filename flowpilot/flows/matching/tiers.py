"""From a probability to what the engineer is offered. The bounds are the product's, not a fit."""

from typing import Final, Literal

Tier = Literal["guided", "exploring", "discovery"]

GUIDED_ABOVE: Final = 0.80
EXPLORING_FROM: Final = 0.40


def tier_for(probability: float) -> Tier:
    """Guided above 0.80, exploring from 0.40 to 0.80 with both ends, discovery below."""
    if probability > GUIDED_ABOVE:
        return "guided"
    return "exploring" if probability >= EXPLORING_FROM else "discovery"


SAME_FROM: Final = 0.80
SIMILAR_FROM: Final = 0.13


def sameness(probability: float) -> Literal["same", "similar", "new"]:
    """What a finding is beside the flow that matches it best, `probability` being that match's."""
    if probability >= SAME_FROM:
        return "same"
    return "similar" if probability >= SIMILAR_FROM else "new"
