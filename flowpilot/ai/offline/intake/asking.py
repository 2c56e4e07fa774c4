"""The one question whose answer would help most with a problem that is told in too few words."""

import re
from typing import Final

from django.utils.translation import gettext as _

from flowpilot.ai.contracts import Entities

_SPEAKS_OF_ERROR: Final = re.compile(
    r"\b(?:error|message|warning|code|pop-?up|exception|blue screen)s?\b", re.IGNORECASE
)
_QUOTES: Final = re.compile(r"[\"“”«»][^\"“”«»\n]{6,}[\"“”«»]")
_ABOUT_A_DEVICE: Final = frozenset(
    {"hardware", "printing", "endpoint_windows", "servers_virtualisation", "voip"}
)


def missing_question(text: str, domain: str | None, entities: Entities, *, log: bool) -> str | None:
    """None when error, device, scope and time are all known, as far as they matter."""
    if domain is None and not entities.codes and not log:
        return _("What exactly does not work: in which program or on which device, and what happens instead?")
    if _SPEAKS_OF_ERROR.search(text) and not (entities.codes or _QUOTES.search(text) or log):
        return _("What does the message say, word for word, with its number?")
    if domain in _ABOUT_A_DEVICE and not (entities.hosts or entities.products):
        return _("Which device is it: its name, or its make and model?")
    if not entities.scope:
        return _("Who is affected: this one user, several, or everybody?")
    if not entities.onset:
        return _("Since when, and what was changed shortly before?")
    return None
