"""Steps that mean the same although their words do not show it.

Where a wording is opaque (no word that we know), text is no evidence either way and the sessions speak:
a fix is the known one whose sessions gave the same answers; a question is the known one that those
sessions lack, that offers the same answers, that was answered so before the same fix, and that stands at
the same place. What is ambiguous stays apart. A wording of known words needs some textual likeness too,
or must never once stand beside the other in several sessions.
"""

from collections.abc import Callable, Iterator, Sequence
from math import exp, log
from typing import Final

from flowpilot.ai.offline.many.merging import Item, merged
from flowpilot.ai.offline.many.observing import Observed
from flowpilot.ai.offline.many.snapshot import MANY, Snapshot
from flowpilot.ai.offline.many.words import contradict, similarity

_SMOOTHING: Final = 0.3
_LIKELY_FIX: Final = 0.7
"""Posterior that a fix must have among all known ones."""
_FITTING: Final = 0.55
"""Geometric mean of the probabilities of the answers given, below which no known fix explains them."""
_EXPLAINED: Final = 0.45
"""The same, below which an unreadable fix is a cause of its own."""
_FITTING_TEST: Final = 0.45
_SURE_TEST: Final = 0.7
_MARGIN: Final = 0.08
"""By how much the best candidate must beat the second."""
_RELATED: Final = 0.2
"""Textual similarity that makes a wording of known words a candidate."""
_OFTEN_APART: Final = 3
_DISTINCTIVE: Final = 1.6
"""What a set of answers that only one frequent test offers adds to the evidence."""


def merge_by_evidence(items: list[Item], observed: Sequence[Observed]) -> list[Item]:
    """Merge what the sessions show to be the same: fixes first, then the tests that lead to them."""
    count = 0
    while count != len(items):
        count = len(items)
        for find in (_same_fixes, _same_tests):
            items = merged(items, _best_first(Snapshot(items, observed), find))
    return items


def unplaced_fixes(items: Sequence[Item], observed: Sequence[Observed]) -> frozenset[int]:
    """Fixes that few of many sessions tell in words nobody knows, and that add nothing.

    Few are one or two, or a tenth. They add nothing where the answers given before lead to known fixes
    anyway, or no telling ones were given; a single one also where nobody knows what its answers lead to. In
    a small cluster every session counts, and there are none.
    """
    snapshot = Snapshot(items, observed)
    if len(observed) < MANY:
        return frozenset()
    few = max(_OFTEN_APART - 1, len(observed) // MANY)
    return frozenset(
        fix
        for fix, sessions in snapshot.fixed_by.items()
        if snapshot.opaque[fix] and len(sessions) <= few and _is_explained(snapshot, fix)
    )


def _is_explained(snapshot: Snapshot, fix: int) -> bool:
    sessions = snapshot.fixed_by[fix]
    said = sum(snapshot.relevance[test] for test, _ in _said(snapshot, sessions))
    known = [other for other in snapshot.fixed_by if not snapshot.opaque[other]]
    if said < 1 or not known:
        return said < 1
    fits = [fit for _, fit in _posteriors(snapshot, sessions, known).values()]
    return any(len(sessions) == 1 if fit is None else fit >= _EXPLAINED for fit in fits)


Candidates = Callable[[Snapshot, int], list[tuple[float, int]]]


def _best_first(snapshot: Snapshot, find: Candidates) -> list[tuple[int, int]]:
    """Pairs (item, the one it goes into), the best supported first."""
    found = []
    for place in range(len(snapshot.items)):
        best = _clear_winner(find(snapshot, place))
        if best is not None:
            found.append((-best[0], place, best[1]))
    return [(place, home) for _, place, home in sorted(found)]


def _clear_winner(candidates: list[tuple[float, int]]) -> tuple[float, int] | None:
    ranked = sorted(candidates, key=lambda each: (-each[0], each[1]))
    if not ranked or (len(ranked) > 1 and ranked[0][0] - ranked[1][0] < _MARGIN):
        return None
    return ranked[0]


def _likeness(snapshot: Snapshot, place: int, other: int) -> float | None:
    """Textual similarity of two items' wordings; None if they contradict each other."""
    mine, theirs = snapshot.words[place], snapshot.words[other]
    return None if contradict(mine, theirs) else similarity(mine, theirs, {})


# Fixes


def _same_fixes(snapshot: Snapshot, place: int) -> list[tuple[float, int]]:
    mine = snapshot.fixed_by.get(place, frozenset())
    known = [
        other
        for other, sessions in snapshot.fixed_by.items()
        if len(sessions) > 1 and snapshot.is_clearer(other, place)
    ]
    if not mine or not known or snapshot.items[place].role != "remedy":
        return []
    posteriors = _posteriors(snapshot, mine, known)
    return [
        (posterior, other)
        for other, (posterior, fit) in posteriors.items()
        if posterior >= _LIKELY_FIX
        and (fit or 0.0) >= _FITTING
        and snapshot.sessions[place].isdisjoint(snapshot.sessions[other])
        and _text_allows(snapshot, place, other)
    ]


def _text_allows(snapshot: Snapshot, place: int, other: int) -> bool:
    if snapshot.opaque[place]:
        return True
    likeness = _likeness(snapshot, place, other)
    return likeness is not None and likeness >= _RELATED


def _posteriors(
    snapshot: Snapshot, sessions: frozenset[int], known: Sequence[int]
) -> dict[int, tuple[float, float | None]]:
    """For each known fix: naive Bayes posterior given the sessions' answers, and the fit of those answers,
    None where none of them was ever given before that fix."""
    said = list(_said(snapshot, sessions))
    scores: dict[int, tuple[float, float | None]] = {}
    for fix in known:
        chances = [
            (_log_chance(snapshot, test, answer, fix), snapshot.relevance[test], test)
            for test, answer in said
        ]
        asked = [(chance, weight) for chance, weight, test in chances if snapshot.answers_of(test, fix)]
        total = sum(chance * weight for chance, weight, _ in chances)
        scores[fix] = (log(len(snapshot.fixed_by[fix])) + total, _weighted_mean(asked))
    top = max(score for score, _ in scores.values())
    total = sum(exp(score - top) for score, _ in scores.values())
    return {fix: (exp(score - top) / total, fit) for fix, (score, fit) in scores.items()}


def _weighted_mean(logs: Sequence[tuple[float, float]]) -> float | None:
    """Geometric mean of chances given as (logarithm, weight); None without any."""
    weights = sum(weight for _, weight in logs)
    return exp(sum(chance * weight for chance, weight in logs) / weights) if weights else None


def _said(snapshot: Snapshot, sessions: frozenset[int]) -> Iterator[tuple[int, str]]:
    """Tests and answers of these sessions, where others were asked the same."""
    for session in sorted(sessions):
        for item in snapshot.sequences[session]:
            answer = snapshot.answers[item].get(session)
            if answer and snapshot.relevance[item]:
                yield item, answer


def _log_chance(snapshot: Snapshot, test: int, answer: str, fix: int) -> float:
    """Of this answer where the fix is this one; even chances where that was never asked."""
    counts = snapshot.answers_of(test, fix)
    return log((counts[answer] + _SMOOTHING) / (counts.total() + 2 * _SMOOTHING))


# Tests


def _same_tests(snapshot: Snapshot, place: int) -> list[tuple[float, int]]:
    if snapshot.items[place].role != "test":
        return []
    return [
        (score, other)
        for other in snapshot.frequent_tests
        if snapshot.is_clearer(other, place)
        and snapshot.sessions[other].isdisjoint(snapshot.sessions[place])
        and (needed := _needed(snapshot, place, other)) is not None
        and (score := _test_score(snapshot, place, other)) >= needed
    ]


def _needed(snapshot: Snapshot, place: int, other: int) -> float | None:
    """How strong the sessions' evidence must be, given what the words say; None if they rule it out."""
    if snapshot.opaque[place]:
        return _FITTING_TEST
    likeness = _likeness(snapshot, place, other)
    if likeness is None:
        return None
    if likeness >= _RELATED:
        return _FITTING_TEST
    return _SURE_TEST if len(snapshot.sessions[place]) >= _OFTEN_APART else None


def _test_score(snapshot: Snapshot, place: int, other: int) -> float:
    """0.0–1.0: same options, same answers before the same fix, expected there, at the same place."""
    options = _option_agreement(snapshot, place, other)
    if not options:
        return 0.0
    scores = [_fit_in(snapshot, place, other, session) for session in sorted(snapshot.sessions[place])]
    return min(1.0, options * sum(scores) / len(scores))


def _option_agreement(snapshot: Snapshot, place: int, other: int) -> float:
    mine, theirs = snapshot.options[place], snapshot.options[other]
    if not mine or not theirs:
        return 0.0
    agreement = len(mine & theirs) / min(len(mine), len(theirs))
    return _DISTINCTIVE * agreement if _is_distinctive(snapshot, place, other) else agreement


def _is_distinctive(snapshot: Snapshot, place: int, other: int) -> bool:
    """Whether both offer the same answers and no other frequent test does."""
    mine = snapshot.options[place]
    same = [each for each in snapshot.offering.get(mine, ()) if each != place]
    return len(mine) > 1 and same == [other]


def _fit_in(snapshot: Snapshot, place: int, other: int, session: int) -> float:
    """How well `other` explains the step at `place` in one session."""
    order = snapshot.order_agreement(other, place, session)
    fixes = snapshot.fixes[session]
    answer = snapshot.answers[place].get(session)
    if len(fixes) != 1 or answer is None:
        return 0.4 * (0.5 + 0.5 * order)
    counts = snapshot.answers_of(other, fixes[0])
    total = counts.total()
    if not total:
        return 0.3 * order
    agreement = (counts[answer] + _SMOOTHING) / (total + 2 * _SMOOTHING)
    peers = len(snapshot.fixed_by[fixes[0]] - snapshot.sessions[place])
    expected = min(1.0, 2 * total / max(peers, 1))
    return agreement * expected * (0.5 + 0.5 * order)
