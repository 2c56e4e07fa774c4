"""Steps that are taken only when the steps before them did not help: they begin another way."""

import re

from flowpilot.ai.offline.text.cues import is_fallback
from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.model import Item, ListBlock
from flowpilot.ai.offline.text.orders import order_of

_INSTEAD = re.compile(
    r"(?:if\b|alternatively\b|as an alternative\b|an(?:other| alternative)\b|or, )", re.IGNORECASE
)
_OTHER_CASE = re.compile(
    r"if (?!you (?:don't|do not|see|want|prefer)\b)[^.,]{6,90}, (?:you can )?(?:use|install|open|run) "
    r"[^.]{4,90} instead\.?$",
    re.IGNORECASE,
)
""" "If the ramp must stay closed, use the gate instead"."""
_REPEATS = re.compile(
    r"\b(?:repeat|again|step|contact|previous)\b|\bgo to\b.{0,20}\b(?:method|option)\b", re.IGNORECASE
)


def begins_another(sentence: str) -> bool:
    """Whether the sentence begins what is tried instead, or when the former did not help."""
    plain = plain_words(sentence)
    return bool(_INSTEAD.match(plain)) and (is_fallback(sentence) or _OTHER_CASE.match(plain) is not None)


def until_fallback(block: ListBlock) -> tuple[list[Item], list[Item]]:
    """Steps, and those at the end that are taken only when the steps before them did not help."""
    parts = list(block.items)
    at = len(parts)
    while at > 1 and _last_resort(parts[at - 1]):
        at -= 1
    return parts[:at], parts[at:]


def _last_resort(part: Item) -> bool:
    first = plain_words(part.text.split("\n", 1)[0])
    return (
        first[:3].lower() == "if "
        and is_fallback(first)
        and order_of(first) is not None
        and not _REPEATS.search(first)
    )
