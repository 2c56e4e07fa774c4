"""Answers of one test that mean the same become one option."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext_lazy

from flowpilot.ai.offline.many.merging import Item
from flowpilot.ai.offline.many.words import read, similarity

_SAME_ANSWER: Final = 0.6
_LONGEST_LABEL: Final = 80
_PLAIN_LABELS: Final = {"yes": gettext_lazy("Yes"), "no": gettext_lazy("No")}
_USUAL: Final = 0.75
"""Share of an answer among the sessions of one fix from which an unreadable one is taken to be it."""


@dataclass(frozen=True)
class Answers:
    """Answer of each session (by place) as the key of an option, and that option's label."""

    by_session: Mapping[int, str]
    labels: Mapping[str, str]


def answers_of(item: Item, fixes: Sequence[tuple[int, ...]]) -> Answers:
    """Options of a test. `fixes` are the items that fixed each session."""
    said = _first_said(item)
    groups = _grouped(said, _offered_together(item))
    by_session = {session: groups[key] for session, (key, _) in said.items()}
    by_session = _readable(by_session, fixes, _texts(said))
    kept = set(by_session.values())
    labels: dict[str, Counter[str]] = {key: Counter() for key in sorted(kept)}
    for session, (key, text) in said.items():
        if groups[key] == by_session[session]:
            labels[groups[key]][text] += 1
    return Answers(by_session, {key: _label(key, counts) for key, counts in labels.items()})


def _first_said(item: Item) -> dict[int, tuple[str, str]]:
    """Key and text of the first answer in each session."""
    said: dict[int, tuple[str, str]] = {}
    for seen in sorted(item.observations, key=lambda each: (each.session, each.order)):
        if seen.answer and seen.answer_key:
            said.setdefault(seen.session, (seen.answer_key, seen.answer.strip()))
    return said


def _offered_together(item: Item) -> set[frozenset[str]]:
    """Pairs of answers that one step offers as alternatives: never the same."""
    pairs: set[frozenset[str]] = set()
    for keys in {seen.offered for seen in item.observations}:
        pairs |= {frozenset((one, other)) for one in keys for other in keys if one != other}
    return pairs


def _texts(said: Mapping[int, tuple[str, str]]) -> dict[str, str]:
    return {key: text for _, (key, text) in sorted(said.items(), reverse=True)}


def _grouped(said: Mapping[int, tuple[str, str]], apart: set[frozenset[str]]) -> dict[str, str]:
    """For each key, the key of the option that it belongs to: the most frequent of its likes."""
    counts = Counter(key for key, _ in said.values())
    texts = _texts(said)
    home: dict[str, str] = {}
    for key in sorted(counts, key=lambda each: (-counts[each], each)):
        likes = [
            (similarity(read(texts[key]), read(texts[other]), {}), other)
            for other in home
            if home[other] == other and frozenset((key, other)) not in apart
        ]
        best, other = max(likes, default=(0.0, key))
        home[key] = other if best >= _SAME_ANSWER else key
    return home


def _readable(
    by_session: dict[int, str], fixes: Sequence[tuple[int, ...]], texts: Mapping[str, str]
) -> dict[int, str]:
    """An answer given once, in words that we do not know, is taken for the usual one before that fix."""
    counts = Counter(by_session.values())
    result = dict(by_session)
    for session, key in by_session.items():
        if counts[key] == 1 and read(texts[key]).opaque and key not in ("yes", "no"):
            peers = Counter(
                other
                for place, other in by_session.items()
                if place != session and fixes[place] == fixes[session]
            )
            usual, count = min(peers.items(), key=lambda each: (-each[1], each[0]), default=(key, 0))
            if count > 1 and count >= _USUAL * peers.total():
                result[session] = usual
    return result


def _label(key: str, texts: Counter[str]) -> str:
    if key in _PLAIN_LABELS:
        return str(_PLAIN_LABELS[key])
    text = min(texts, key=lambda each: (-texts[each], len(each), each)) if texts else key
    text = " ".join(text.split())
    if len(text) > _LONGEST_LABEL:
        text = text[: _LONGEST_LABEL - 1].rsplit(" ", 1)[0] + "…"
    return text[:1].upper() + text[1:]
