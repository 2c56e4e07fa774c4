"""From a probability to what the engineer is offered. The bounds are the product's, not a fit."""

from typing import Final, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Tier = Literal["guided", "exploring", "discovery"]

GUIDED_ABOVE: Final = 0.80
EXPLORING_FROM: Final = 0.40


def tier_for(probability: float) -> Tier:
    """Guided above 0.80, exploring from 0.40 to 0.80 with both ends, discovery below."""
    if probability > GUIDED_ABOVE:
        return "guided"
    return "exploring" if probability >= EXPLORING_FROM else "discovery"


WORDS: Final = (
    (0.95, _("almost certainly the right one")),
    (GUIDED_ABOVE, _("very probably the right one")),
    (0.60, _("probably the right one")),
    (EXPLORING_FROM, _("perhaps the right one")),
    (0.13, _("probably another problem, but related")),
)
"""A probability above each bound, in words; the lower ones say `UNLIKELY`."""
UNLIKELY: Final = _("hardly the right one")


def in_words(probability: float) -> str | Promise:
    """What a person is told instead of a figure that looks more exact than it is."""
    return next((words for bound, words in WORDS if probability > bound), UNLIKELY)


SAME_FROM: Final = 0.80
SIMILAR_FROM: Final = 0.13


def sameness(probability: float) -> Literal["same", "similar", "new"]:
    """What a finding is beside the flow that matches it best, `probability` being that match's."""
    if probability >= SAME_FROM:
        return "same"
    return "similar" if probability >= SIMILAR_FROM else "new"
