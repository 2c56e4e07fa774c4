"""What a step says, reduced to what can be compared: its concepts, marks, poles and whether it is negated.

Two wordings of the same step share concepts. Wordings never mean the same if one is the negation of the
other, if they stand on opposite sides ("enable", "disable"), or if each names other numbers or codes.
The small tables of synonyms, opposites and costs are data, in `words.toml`.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from math import fsum, log
from typing import Any, Final

from flowpilot.core.terms import RARE_WEIGHT, is_code, stem, terms, weight

SAME_MEANING: Final = 0.56
"""From this similarity on, two wordings are taken for one step."""
_OTHER_ACT: Final = 0.7
"""Factor for texts that name different acts."""

_DATA: Final[dict[str, Any]] = tomllib.loads(
    resources.files("flowpilot.ai.offline.many").joinpath("words.toml").read_text("utf-8")
)
_WORD: Final = re.compile(r"[a-z][a-z'’/-]*|\d+(?:[.:]\d+)*")
_NEGATIONS: Final = frozenset({"not", "without", "never", "cannot", "neither", "nor"})


def _stems(words: str) -> list[str]:
    return [stem(word) for word in words.split()]


_CONCEPTS: Final = {word: stem(concept) for concept, words in _DATA["same"].items() for word in _stems(words)}
_OPPOSITES: Final[dict[str, set[str]]] = {}
for _one, _other in _DATA["opposite"]["pairs"]:
    _OPPOSITES.setdefault(stem(_one), set()).add(stem(_other))
    _OPPOSITES.setdefault(stem(_other), set()).add(stem(_one))
_POLAR_WORDS: Final = frozenset(_OPPOSITES)
_ACTS: Final = frozenset(_CONCEPTS.get(word, word) for word in _stems(_DATA["acts"]["words"]))
_VOCABULARY: Final = frozenset(_CONCEPTS) | frozenset(_CONCEPTS.values()) | _POLAR_WORDS | _ACTS
_EFFORT: Final = {word: int(effort) for effort, words in _DATA["effort"].items() for word in _stems(words)}
_RISKY, _RISKY_ACTS, _RISKY_OBJECTS = (
    frozenset(_stems(_DATA["risky"][key])) for key in ("words", "acts", "on")
)
_ANSWERS: Final = {word: answer for answer, words in _DATA["answers"].items() for word in words.split()}


@dataclass(frozen=True)
class Words:
    """The comparable content of one wording."""

    concepts: frozenset[str]
    marks: frozenset[str]
    """Numbers and codes: two wordings with different ones speak of different things."""
    poles: frozenset[str]
    against: frozenset[str]
    """The opposites of its poles."""
    acts: frozenset[str]
    """What is done, of the acts that we know."""
    negated: bool

    @property
    def opaque(self) -> bool:
        """Whether nothing in it is a word that we know: the text is then no evidence either way."""
        return not any(_is_known(concept) for concept in self.concepts)


@lru_cache(maxsize=65_536)
def read(text: str) -> Words:
    """Reduce a wording to what can be compared."""
    plain = _WORD.findall(text.lower().replace("’", "'"))
    found = terms(text)
    concepts = frozenset(_CONCEPTS.get(term, term) for term in found)
    poles = frozenset(stem(word) for word in plain) & _POLAR_WORDS
    return Words(
        concepts=concepts,
        marks=frozenset(word for word in (*found, *plain) if word[0].isdigit() or is_code(word)),
        poles=poles,
        against=frozenset(word for pole in poles for word in _OPPOSITES[pole]) - poles,
        acts=concepts & _ACTS,
        negated=any(word in _NEGATIONS or word.endswith("n't") for word in plain),
    )


def weights_of(texts: Iterable[Words]) -> Mapping[str, float]:
    """Weight of each concept among these texts: rarer within the cluster says more.

    1 + ln(n / df), Sparck Jones' inverse document frequency, raised so that two texts can still agree.
    """
    counts: dict[str, int] = {}
    total = 0
    for words in texts:
        total += 1
        for concept in words.concepts:
            counts[concept] = counts.get(concept, 0) + 1
    return {concept: 1.0 + log(total / count) for concept, count in counts.items()}


def similarity(one: Words, other: Words, weights: Mapping[str, float]) -> float:
    """How much two wordings mean the same, 0.0–1.0.

    The mean of weighted Jaccard and containment; one shared concept is too little for containment.
    """
    shared = one.concepts & other.concepts
    if not shared:
        return 0.0
    if contradict(one, other):
        return 0.0
    common = _total(shared, weights)
    mine, theirs = _total(one.concepts, weights), _total(other.concepts, weights)
    smaller = min(mine, theirs)
    jaccard = common / (mine + theirs - common)
    likeness = (jaccard + common / smaller) / 2 if len(shared) > 1 else jaccard
    return likeness * _OTHER_ACT if one.acts and other.acts and one.acts.isdisjoint(other.acts) else likeness


def contradict(one: Words, other: Words) -> bool:
    """Whether two wordings cannot mean the same, however many words they share."""
    if one.negated != other.negated:
        return True
    if one.marks and other.marks and one.marks.isdisjoint(other.marks):
        return True
    return not (one.against.isdisjoint(other.poles) or other.against.isdisjoint(one.poles))


def answer_key(text: str, among: Iterable[str] = ()) -> str:
    """What an answer says, in a form that equal answers share; "" for "unknown" and its like.

    "Yes, at home" is "yes", unless several labels `among` those offered there would be.
    """
    key = _answer_key(text)
    alike = {_plain(other) for other in among if _answer_key(other) == key}
    return _plain(text) if key and len(alike) > 1 else key


@lru_cache(maxsize=16_384)
def _answer_key(text: str) -> str:
    plain = _plain(text)
    if plain in _ANSWERS:
        return _known_answer(_ANSWERS[plain])
    short = re.match(r"(yes|no)\s*(?:[,;:.!–-]|$)", plain)
    if short:
        return short[1]
    if re.match(r"(can't|cannot|can not|don't|do not) (tell|know|say)|not sure", plain):
        return ""
    words = read(text)
    key = " ".join(sorted(words.concepts | words.marks | words.poles)) or plain
    return f"not {key}" if words.negated and key else key


def _plain(text: str) -> str:
    return " ".join(text.lower().split()).rstrip(".!")


def verdict_of(label: str) -> bool | None:
    """What the label of an act's option says: True "Solved", False "Not solved", None something else."""
    lowered = label.strip().lower().rstrip(".!")
    negated = re.match(r"(not|still not|didn't|did not|doesn't|does not|no,?)\s+(\w+)", lowered)
    word = negated[2] if negated else lowered
    solved = _ANSWERS.get(word) == "solved" or word in ("work", "help", "helped", "fix", "solve", "done")
    if _ANSWERS.get(word) == "unsolved":
        return False
    return (negated is None) if solved else None


def rarity(text: str) -> float:
    """Mean weight of a wording's terms: what everybody says is clearer than what few say."""
    found = terms(text)
    return fsum(weight(term) for term in found) / len(found) if found else 0.0


def effort(text: str) -> int:
    """Relative effort of an act, at least 1."""
    return max((_EFFORT.get(word, 1) for word in _plain_stems(text)), default=1)


def is_risky(text: str) -> bool:
    """Whether an act loses data or takes something down."""
    found = set(_plain_stems(text))
    return bool(found & _RISKY or (found & _RISKY_ACTS and found & _RISKY_OBJECTS))


def _plain_stems(text: str) -> list[str]:
    return [stem(word) for word in _WORD.findall(text.lower())]


def _known_answer(answer: str) -> str:
    return "" if answer == "unknown" else answer


def _is_known(concept: str) -> bool:
    return concept in _VOCABULARY or weight(concept) != RARE_WEIGHT


def _total(concepts: frozenset[str], weights: Mapping[str, float]) -> float:
    if not weights:
        return float(len(concepts))
    return fsum([weights.get(concept, 1.0) for concept in concepts])  # exact, so in any order the same
