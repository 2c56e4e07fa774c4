"""What is true after a fix, in the words of the sessions that it helped."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from flowpilot.ai.contracts import SessionFacts
from flowpilot.ai.offline.many.words import read

_LONGEST_TEXT: Final = 300
"""Characters of a resolution that is read for it; a longer one is an article, not a closing note."""
_LONGEST: Final = 100
_FEWEST_WORDS: Final = 2
_LAST: Final = 2
"""Parts at the end of a note that may tell how things are; those before tell the cause and the act."""
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+|\n")
_PART: Final = re.compile(r"[;:]\s+|,\s+(?:and\s+|so\s+)?|\s+[–-]\s+")
_STATE: Final = re.compile(
    r"\b(?:no (?:more|longer|further)|gone|back|working|fine|stable|clean|green|is|are|can|stays?|"
    r"works?|runs?|connects?|starts?|prints?|loads?|opens?|resolves?|shows?|gets?|sees?|hears?|reach(?:es)?|"
    r"signs? in|receives?|sends?|sync(?:s|hroni[sz]es?)?|succeeds?|finish(?:es)?|arrives?|appears?|joins?|"
    r"answers?|delivers?|renews?|authenticates?|pass(?:es)?|finds?|installs?)\b",
    re.IGNORECASE,
)
_PAST: Final = re.compile(
    r"\b(?:was|were|had|did|been|fixed it|solved it|helped|because|caused?)\b", re.IGNORECASE
)
_ACT: Final = re.compile(r"^(?:\w+(?:ed|wn)\b|set|put|ran|took|gave|made|found|reset|by)\b", re.IGNORECASE)
_VAGUE: Final = re.compile(
    r"^(?:it|this|that|they|he|she|everything|works?|stays?|starts?|runs?|is|are|can|fine|gone|back|stable)\b",
    re.IGNORECASE,
)
_LATER: Final = re.compile(r"\s+(?:since|now)$", re.IGNORECASE)


def state_told(sessions: Sequence[SessionFacts]) -> str:
    """What these sessions say is true since; "" if they only tell what was done.

    Of several the one told most often, in words that stand on their own, the shortest.
    """
    told = Counter(state for session in sessions if (state := _state(session.resolution)))
    return min(
        told, key=lambda state: (bool(_VAGUE.match(state)), -told[state], len(state), state), default=""
    )


def _state(resolution: str) -> str:
    """The last part of a closing note that tells a state and not an act."""
    if len(resolution) > _LONGEST_TEXT:
        return ""
    sentences = _SENTENCE.split(resolution.strip())
    closing = sentences[1:] or sentences  # the first of several tells the cause
    parts = [part for sentence in closing for part in _PART.split(sentence)]
    states = (_LATER.sub("", part.strip().rstrip(".!")).strip() for part in reversed(parts[-_LAST:]))
    return next((state[:1].upper() + state[1:] for state in states if _is_state(state)), "")


def _is_state(text: str) -> bool:
    if not (len(text.split()) >= _FEWEST_WORDS and len(text) <= _LONGEST and _STATE.search(text)):
        return False
    if _PAST.search(text) or _ACT.match(text):
        return False
    return len(read(text).concepts) > bool(_VAGUE.match(text))
