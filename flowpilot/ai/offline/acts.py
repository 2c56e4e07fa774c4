"""What was asked and done in two sessions: how much of it is the same, step by step.

Two engineers on one problem may describe it in other words and still be given the same questions, run the
same command and note the same fix. A step is the same if its title or its body is, so that a step which
was shown under another title is recognised by the instructions below it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from math import sqrt
from typing import Final

from flowpilot.ai.contracts import SessionFacts
from flowpilot.core.terms import terms, weight

_TELLING_TITLE: Final = 4.5
"""Summed weight of a title's terms from which on a step is worth looking up: a bare restart is not."""
_FEWEST: Final = 2
_TELLING_BODY: Final = 12.0
"""Summed weight of terms from which on a body belongs to one step alone."""


@dataclass(frozen=True)
class Act:
    """A step, or the fix as the resolution names it. `mass` is the summed weight of its title's terms."""

    wordings: frozenset[str]
    mass: float
    helped: bool
    """Whether it is what fixed it, or, where nobody says, the last thing done."""

    @property
    def keys(self) -> list[str]:
        """Short stand-ins for its wordings, to be stored and looked up; none for what everybody does.

        They sort after words, so where only so many are kept, words come first.
        """
        if self.mass < _TELLING_TITLE:
            return []
        return [
            f"~{blake2b(wording.encode(), digest_size=6).hexdigest()}" for wording in sorted(self.wordings)
        ]


@dataclass(frozen=True)
class Agreement:
    share: float
    """Of both sessions' acts, by mass, 0.0–1.0 (the geometric mean of the two shares)."""
    mass: float
    """Of the acts in common, on the side that says less."""


NONE_ALIKE: Final = Agreement(0.0, 0.0)


def acts_of(session: SessionFacts) -> tuple[Act, ...]:
    """What was asked, tried and named as the fix, each once; notes are neither asked nor done."""
    steps = [step for step in session.steps if step.kind != "note" and _plain(step.title)]
    worked = [step for step in steps if step.outcome == "worked"] or steps
    told = [(step.title, step.body, step is worked[-1]) for step in steps]
    told.append((session.resolution_action, "", True))
    acts: dict[str, Act] = {}
    for title, body, helped in told:
        if plain := _plain(title):
            known = acts.get(plain)
            wordings = frozenset(_wordings(plain, body)) | (known.wordings if known else frozenset())
            acts[plain] = Act(wordings, _mass(title), helped or (known is not None and known.helped))
    return tuple(acts.values())


def agreement(one: Sequence[Act], other: Sequence[Act]) -> Agreement:
    """How much of what was asked and done is the same; symmetric.

    A single act in common is no agreement, for one update puts many a problem right; nor is any number of
    them without what helped, for relatives begin with the same questions.
    """
    mine, theirs = _alike(one, other), _alike(other, one)
    if not (_is_telling(mine) and _is_telling(theirs)):
        return NONE_ALIKE
    share = sqrt(_total(mine) / _total(one) * _total(theirs) / _total(other))
    return Agreement(share, min(_total(mine), _total(theirs)))


def _is_telling(alike: Sequence[Act]) -> bool:
    return len(alike) >= _FEWEST and any(act.helped for act in alike)


def _alike(acts: Iterable[Act], others: Iterable[Act]) -> list[Act]:
    known = frozenset().union(*(act.wordings for act in others))
    return [act for act in acts if act.mass and not act.wordings.isdisjoint(known)]


def _total(acts: Iterable[Act]) -> float:
    return sum(act.mass for act in acts)


def _wordings(title: str, body: str) -> Iterable[str]:
    yield title
    if body.strip() and _mass(body) >= _TELLING_BODY:
        yield _plain(body)


def _plain(text: str) -> str:
    return " ".join(text.lower().split()).rstrip(" .?!:")


@lru_cache(maxsize=4096)
def _mass(text: str) -> float:
    return sum(map(weight, sorted(set(terms(text)))))
