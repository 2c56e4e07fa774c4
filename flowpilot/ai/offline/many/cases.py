"""Sessions reduced to cases: what was answered, what was tried, which fix it took."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flowpilot.ai.offline.many.answers import Answers, answers_of
from flowpilot.ai.offline.many.merging import Item
from flowpilot.ai.offline.many.observing import Observed
from flowpilot.ai.offline.many.snapshot import Snapshot

UNSOLVED: Final = -1
"""Stands for the fix of a session that was escalated."""


@dataclass(frozen=True)
class Case:
    """One session. Items are places in `Cases.items`."""

    session: int
    answers: dict[int, str]
    failed: frozenset[int]
    done: tuple[int, ...]
    """Acts that worked but were not what helped, in their order."""
    fixes: tuple[int, ...]
    """What helped; several, each credited with its share, where it is not known which."""
    cause: int
    """The fix that stands for the session's cause, or UNSOLVED."""


@dataclass(frozen=True)
class Cases:
    items: Sequence[Item]
    observed: Sequence[Observed]
    answers: dict[int, Answers]
    """Of each test."""
    cases: tuple[Case, ...]
    unplaced: frozenset[int]
    """Fixes that are left out, see `many_evidence.unplaced_fixes`."""
    positions: dict[int, float]
    """Mean place of each item in its sessions, 0.0 first, 1.0 last."""


def cases_of(items: Sequence[Item], observed: Sequence[Observed], unplaced: frozenset[int]) -> Cases:
    """Cases in the order of the sessions; one that only an unplaced fix solved is none."""
    snapshot = Snapshot(items, observed)
    answers = {
        place: answers_of(item, snapshot.fixes) for place, item in enumerate(items) if item.role == "test"
    }
    credit = Counter(fix for fixes in snapshot.fixes for fix in fixes)
    cases = tuple(
        Case(
            session=session,
            answers={
                item: answers[item].by_session[session]
                for item in snapshot.sequences[session]
                if item in answers and session in answers[item].by_session
            },
            failed=_failed(snapshot, session),
            done=_done(snapshot, session),
            fixes=fixes,
            cause=min(fixes, key=lambda fix: (-credit[fix], fix), default=UNSOLVED),
        )
        for session, fixes in enumerate(snapshot.fixes)
        if (fixes and not unplaced.issuperset(fixes)) or observed[session].session.outcome == "escalated"
    )
    return Cases(items, observed, answers, cases, unplaced, _positions(snapshot))


def _failed(snapshot: Snapshot, session: int) -> frozenset[int]:
    seen = snapshot.observed[session].observations
    failed = {snapshot.home(each) for each in seen if each.verdict == "failed"}
    return frozenset(failed - set(snapshot.fixes[session]))


def _done(snapshot: Snapshot, session: int) -> tuple[int, ...]:
    seen = snapshot.observed[session].observations
    done = dict.fromkeys(snapshot.home(each) for each in seen if each.verdict == "worked")
    return tuple(item for item in done if item not in snapshot.fixes[session])


def _positions(snapshot: Snapshot) -> dict[int, float]:
    places: dict[int, list[float]] = {}
    for sequence in snapshot.sequences:
        for at, item in enumerate(sequence):
            places.setdefault(item, []).append(at / len(sequence))
    return {item: sum(found) / len(found) for item, found in places.items()}
