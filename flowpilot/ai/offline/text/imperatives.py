"""Whether a clause begins with the verb of an order, and how the clause ends."""

import re

from flowpilot.ai.offline.text.verbs import ADVERBS, is_verb

_FLAGS = re.IGNORECASE
_NEVER_SECOND = re.compile(r"^(?:denied|is|are|was|were|has|have|may|might|will|can|cannot|of|for)$", _FLAGS)
_STATES = re.compile(r"^\S+ \w+s (?:is|are|was|were|has|have|may|might|will|can|cannot)\b", _FLAGS)
_GOES_ON = re.compile(r"^continue to (?:experience|see|receive|have|get|encounter|occur)\b", _FLAGS)
_PRODUCT = re.compile(r"(?:Access|Project|Exchange) (?:19|20)\d\d\b")
"""Products with the names of verbs, by their year."""
_NAME = re.compile(r"Group Polic(?:y|ies)\b")
"""What is called by a word that is a verb, too."""
_WITH_PREPOSITION = frozenset(("look", "search", "wait", "check", "ask"))


def begins_with_verb(text: str) -> bool:
    words = text.split(" ", 2)
    if words[0].endswith(":") or _NAME.match(text):
        return False
    first, second = words[0].lower().rstrip(","), words[1].rstrip(",") if len(words) > 1 else ""
    if (first == "don't" and second) or (first == "back" and second.lower() == "up"):
        return True
    if second and (first in ADVERBS or (first.endswith("ly") and not is_verb(first))):
        return is_verb(second)
    if not is_verb(first) or _PRODUCT.match(text) or _STATES.match(text) or _GOES_ON.match(text):
        return False
    return first in _WITH_PREPOSITION or not _NEVER_SECOND.match(second)


def finished(text: str) -> str:
    return text.strip().rstrip(".:;,! ").strip()
