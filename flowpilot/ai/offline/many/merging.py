"""Steps that mean the same become one item, first by what their words say.

Leader clustering over distinct wordings, most frequent first: a wording joins the item that it is most
similar to, else founds a new one. Two steps that one session holds side by side are two items, however
alike they sound. What words cannot decide is left to `many_evidence`.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from flowpilot.ai.offline.many.observing import Observation, Observed, Role
from flowpilot.ai.offline.many.words import SAME_MEANING, Words, rarity, read, similarity, weights_of

_SURELY_SAME: Final = 0.9
"""From this similarity on, one session may hold the step twice: it was done again."""
_SHORT: Final = 3
"""Concepts up to which one shared concept can make two wordings alike."""
_TELLING: Final = 5
"""Words from which on a body or a set of answers belongs to one step alone."""
_COMPLETE: Final = 8
"""Concepts from which on a wording says no more by being longer."""


@dataclass
class Item:
    """Observations that mean the same."""

    role: Role
    observations: list[Observation] = field(default_factory=list)

    @property
    def sessions(self) -> frozenset[int]:
        return frozenset(seen.session for seen in self.observations)

    @property
    def key(self) -> tuple[int, str]:
        """Sorts items: the most frequent first, then by wording."""
        return -len(self.sessions), self.wording

    @property
    def wording(self) -> str:
        """The clearest wording: of words that we know, of a step, the most frequent, the most complete."""
        steps = [seen for seen in self.observations if not seen.told] or self.observations
        counts = Counter(seen.wording for seen in steps)
        return min(counts, key=lambda text: (read(text).opaque, -counts[text], *_unclearness(text)))

    @property
    def opaque(self) -> bool:
        """Whether no wording of it holds a word that we know."""
        return all(read(text).opaque for seen in self.observations for text in (seen.wording, *seen.also))

    def absorb(self, other: "Item") -> None:
        self.observations += other.observations


def merge_by_words(observed: Iterable[Observed]) -> list[Item]:
    """Items by what the words say, the most frequent first; the result does not depend on any order."""
    phrases = _phrases(observed)
    weights = weights_of(phrase.words for phrase in phrases)
    leaders = _Leaders(weights)
    for phrase in phrases:
        leaders.place(phrase)
    return sorted(leaders.items, key=lambda item: item.key)


def merged(items: Sequence[Item], pairs: Iterable[tuple[int, int]]) -> list[Item]:
    """Items after item `one` has gone into item `other` for each pair, in this order.

    A pair is passed over where by then both stand in one session.
    """
    home = list(range(len(items)))
    for one, other in pairs:
        source, target = _root(home, one), _root(home, other)
        if source != target and items[source].sessions.isdisjoint(items[target].sessions):
            items[target].absorb(items[source])
            home[source] = target
    kept = [item for place, item in enumerate(items) if home[place] == place]
    return sorted(kept, key=lambda item: item.key)


def _root(home: Sequence[int], place: int) -> int:
    while home[place] != place:
        place = home[place]
    return place


def _unclearness(text: str) -> tuple[int, float, str]:
    return -min(len(read(text).concepts), _COMPLETE), rarity(text), text


@dataclass(frozen=True)
class _Phrase:
    """One distinct wording with all its observations."""

    role: Role
    text: str
    words: Words
    others: tuple[Words, ...]
    observations: tuple[Observation, ...]
    sessions: frozenset[int]
    signs: frozenset[tuple[str, ...]]
    """What shows beyond the wording that two phrases are one step, see `_signs`."""


def _phrases(observed: Iterable[Observed]) -> list[_Phrase]:
    by_text: dict[tuple[Role, str], list[Observation]] = defaultdict(list)
    for session in observed:
        for seen in session.observations:
            by_text[seen.role, _plain(seen.wording)].append(seen)
    phrases = [_phrase(role, text, found) for (role, text), found in by_text.items()]
    return sorted(phrases, key=lambda each: (-len(each.sessions), each.words.opaque, each.role, each.text))


def _phrase(role: Role, text: str, found: list[Observation]) -> _Phrase:
    others = sorted({_plain(other) for seen in found for other in seen.also} - {text})
    return _Phrase(
        role=role,
        text=text,
        words=read(text),
        others=tuple(read(other) for other in others),
        observations=tuple(found),
        sessions=frozenset(seen.session for seen in found),
        signs=frozenset(sign for seen in found for sign in _signs(seen)),
    )


def _signs(seen: Observation) -> Iterator[tuple[str, ...]]:
    """The flow node that a step came from, its body, and its answers, unless they are everyday ones."""
    if seen.flow_node:
        yield "node", *seen.flow_node
    if len(read(seen.body).concepts) >= _TELLING:
        yield "body", _plain(seen.body)
    if len(seen.offered) > 1 and sum(len(key.split()) for key in seen.offered) >= _TELLING:
        yield "answers", *sorted(seen.offered)


def _plain(text: str) -> str:
    return " ".join(text.lower().split()).rstrip(" .?!:")


class _Leaders:
    """Items so far, found again by the concepts of the wordings in them."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        self.items: list[Item] = []
        self._weights = weights
        self._readings: list[list[Words]] = []
        self._sessions: list[set[int]] = []
        self._by_concept: dict[tuple[Role, str], set[int]] = defaultdict(set)
        self._by_sign: dict[tuple[Role, tuple[str, ...]], int] = {}

    def place(self, phrase: _Phrase) -> None:
        """Put the phrase into the closest item, or found one with it."""
        home = self._home(phrase)
        if home is None:
            home = len(self.items)
            self.items.append(Item(phrase.role))
            self._readings.append([])
            self._sessions.append(set())
        self._join(home, phrase)

    def _home(self, phrase: _Phrase) -> int | None:
        for sign in sorted(phrase.signs):
            known = self._by_sign.get((phrase.role, sign))
            if known is not None and phrase.sessions.isdisjoint(self._sessions[known]):
                return known
        scored = [(self._score(phrase, place), -place) for place in self._near(phrase)]
        best, place = max(scored, default=(0.0, 0))
        return -place if best >= SAME_MEANING else None

    def _near(self, phrase: _Phrase) -> list[int]:
        """Items that share enough concepts to be worth comparing: two, or one of a short wording."""
        concepts = {concept for words in (phrase.words, *phrase.others) for concept in words.concepts}
        shared = Counter(
            place for concept in sorted(concepts) for place in self._by_concept[phrase.role, concept]
        )
        enough = 1 if len(phrase.words.concepts) <= _SHORT else 2
        return sorted(place for place, count in shared.items() if count >= enough)

    def _score(self, phrase: _Phrase, place: int) -> float:
        best = max(
            similarity(one, other, self._weights)
            for one in (phrase.words, *phrase.others)
            for other in self._readings[place]
        )
        side_by_side = not phrase.sessions.isdisjoint(self._sessions[place])
        return 0.0 if side_by_side and best < _SURELY_SAME else best

    def _join(self, place: int, phrase: _Phrase) -> None:
        self.items[place].observations += phrase.observations
        self._sessions[place] |= phrase.sessions
        for words in (phrase.words, *phrase.others):
            self._readings[place].append(words)
            for concept in words.concepts:
                self._by_concept[phrase.role, concept].add(place)
        for sign in phrase.signs:
            self._by_sign.setdefault((phrase.role, sign), place)
