"""Why a flow fits, in words that an engineer can check."""

from typing import Final

from django.utils.translation import gettext as _

from flowpilot.core.retrieval.shared import Shared

_WORDS_SHOWN: Final = 6
_CLOSE: Final = 0.6
"""Cosine from which two texts say much the same, whatever their words."""


def told(shared: Shared, cosine: float | None) -> list[str]:
    """What a question and a flow have in common: codes first, then the words of the title, then the rest."""
    groups = (
        (_("Same code: %(words)s"), shared.codes),
        (_("In its title: %(words)s"), shared.of_title),
        (_("In its text: %(words)s"), shared.of_text),
    )
    reasons = [reason % {"words": ", ".join(words[:_WORDS_SHOWN])} for reason, words in groups if words]
    if cosine is not None and cosine >= _CLOSE:
        reasons.append(_("Means much the same"))
    return reasons
