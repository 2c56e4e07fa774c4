"""What a question lacks: very short tickets find the wrong flow more often than the right one."""

from typing import Final

from django.utils.translation import gettext as _

from flowpilot.core.identifiers import cut_names
from flowpilot.core.terms import codes, terms

ENOUGH_WORDS: Final = 8


def missing(text: str) -> list[str]:
    """What would help to find the right flow, as requests to the engineer; empty for a text that says enough.

    A text of fewer than eight words says enough if it names an error code.
    """
    found = codes(text)
    if len(text.split()) >= ENOUGH_WORDS or found:
        return []
    wanted = [_("the exact words of the error message, or its code")]
    if not cut_names(text)[1]:
        wanted.append(_("the application, device or server that it happens on"))
    if len(set(terms(text))) < 4:
        wanted.append(_("what was being done when it happened, and since when"))
    return wanted
