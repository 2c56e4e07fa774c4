"""Whether two descriptions are about the same problem, without a corpus and without a model.

The score is a logistic over a few readable measures: how much of the weighted vocabulary the two
problems share, how far each title is covered by the other's text, how alike the fixes are, whether
they name the same error code or contradict each other's codes or quoted messages. Long texts share
words by chance, so they must agree more. The coefficients were fitted once (ridge logistic, then
rounded) to pairs of reworded tickets against pairs of near relatives, such as the same product with
another error; `tests/ai/test_similarity.py` holds the bounds that they must keep.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeVar

from flowpilot.ai.contracts import SessionFacts
from flowpilot.core.identifiers import is_code
from flowpilot.core.terms import most_telling, terms, weight

SAME: Final = 0.8
"""From this score on two descriptions count as the same finding.

Merging two problems spoils a flow, while missing a rewording only shows a reviewer two proposals,
so the bound is where next to no pair of unlike everyday tickets is merged, at the price of one
rewording in eight (one in three where no fix is known) that stays apart.
"""
RELATED: Final = 0.3
"""From here to `SAME`: worth showing beside each other, not worth merging on its own. Also what two
groups need on average before one pair at `SAME` may join them."""

_EMPHASIS: Final = 1.4
"""Power of a term's weight: one error code outweighs several everyday words."""
_INTERCEPT: Final = -6.8
_SHARED_VOCABULARY: Final = 6.5
_COVERED_TITLES: Final = 7.5
_MISSED_BY_LONG_TEXT: Final = -6.8
_LIKE_FIX: Final = 6.4
_UNLIKE_FIX: Final = -25.0
_SAME_CODE: Final = 1.6
_OTHER_CODE: Final = -5.8
_OTHER_MESSAGE: Final = -2.7
_OTHER_DOMAIN: Final = -1.0
_LONG_SHORTER: Final = -10.4
_LONG_LONGER: Final = -9.5
_EVERYDAY_SIZE: Final = (4.4, 4.6)
"""Log mass of the shorter and the longer of two everyday tickets; only what is above counts."""
_TELLING_LENGTH: Final = 4.3
"""Log mass above which a text is taken to mention what matters."""
_LIKE_FIX_FLOOR: Final = 0.3
_TELLING_FIX: Final = 12
"""Distinct terms from which on a fix is long enough that unlikeness means something."""
_COMPARED: Final = 8
"""Members of a group that are compared, spread over it."""
_TELLING_MASS: Final = 5.0
"""Summed weight of common terms below which a score fades out: two words in common prove nothing."""

_QUOTED: Final = re.compile(r'"([^"\n]{8,200})"|“([^”\n]{8,200})”|^>\s*(.{8,300})$', re.MULTILINE)


@dataclass(frozen=True)
class Problem:
    """A problem as a ticket, session, proposal or flow tells it. `fix` may be empty, `domain` null."""

    title: str
    text: str = ""
    fix: str = ""
    domain: str | None = None

    @classmethod
    def of(cls, session: SessionFacts) -> "Problem":
        """What was asked and done counts with the fix: two engineers on one problem do alike things."""
        steps = (f"{step.title} {step.chosen or ''}" for step in session.steps)
        fix = "\n".join([session.resolution, session.resolution_action, *steps])
        return cls(session.title, session.text, fix, session.domain)

    @cached_property
    def signature(self) -> tuple[str, ...]:
        return tuple(most_telling(self._in_title, self._in_title + self._in_text))

    @cached_property
    def title_terms(self) -> frozenset[str]:
        return frozenset(self._in_title)

    @cached_property
    def terms(self) -> frozenset[str]:
        return self.title_terms.union(self._in_text)

    @cached_property
    def fix_terms(self) -> frozenset[str]:
        return frozenset(terms(self.fix))

    @cached_property
    def codes(self) -> frozenset[str]:
        return frozenset(filter(is_code, self.terms))

    @cached_property
    def messages(self) -> tuple[frozenset[str], ...]:
        """Terms of each quoted message, as far as it has at least two."""
        quoted = _QUOTED.findall(f"{self.title}\n{self.text}")
        found = (frozenset(terms("".join(groups))) for groups in quoted)
        return tuple(each for each in found if len(each) > 1)

    @cached_property
    def _in_title(self) -> list[str]:
        return terms(self.title)

    @cached_property
    def _in_text(self) -> list[str]:
        return terms(self.text)

    @cached_property
    def mass(self) -> float:
        return _mass(self.terms)

    @cached_property
    def title_mass(self) -> float:
        return _mass(self.title_terms)

    @cached_property
    def fix_mass(self) -> float:
        return _mass(self.fix_terms)


def similarity(a: Problem, b: Problem) -> float:
    """Probability-like score from 0.0 to 1.0 that both are the same problem; symmetric."""
    common = a.terms & b.terms
    if not common:
        return 0.0
    evidence = sum(weight(term) for term in common)
    return _logistic(_evidence(a, b, common)) * min(1.0, evidence / _TELLING_MASS)


def same(a: Problem, b: Problem) -> bool:
    return similarity(a, b) >= SAME


def group_similarity(one: Sequence[Problem], other: Sequence[Problem]) -> float:
    """Likeness of two groups, such as a cluster and the sessions behind a proposal.

    The best pair decides, if the groups are related on average; else the average does, so that one
    stray pair does not join two groups. Of large groups, members spread over them are compared.
    """
    scores = [similarity(a, b) for a in spread(one) for b in spread(other)]
    average = sum(scores) / len(scores) if scores else 0.0
    return max(scores) if average >= RELATED else average


Item = TypeVar("Item")


def spread(members: Sequence[Item]) -> Sequence[Item]:
    """At most `_COMPARED` members, evenly over the group."""
    return members[:: max(1, -(-len(members) // _COMPARED))]


def shared_terms(a: Problem, b: Problem, *, limit: int = 8) -> list[str]:
    """The most telling terms that both problems have, for a reason that a person can check."""
    return sorted(a.terms & b.terms, key=lambda term: (-weight(term), term))[:limit]


def _evidence(a: Problem, b: Problem, common: frozenset[str]) -> float:
    vocabulary = _cosine(_mass(common), a.mass, b.mass)
    covered_a = _share(a.title_terms, b.terms, a.title_mass)
    covered_b = _share(b.title_terms, a.terms, b.title_mass)
    missed = (1.0 - covered_a) * _longness(b) + (1.0 - covered_b) * _longness(a)
    return (
        _INTERCEPT
        + _SHARED_VOCABULARY * vocabulary
        + _COVERED_TITLES * (covered_a + covered_b) / 2
        + _MISSED_BY_LONG_TEXT * missed
        + _length_evidence(a, b) * (1.0 - vocabulary)
        + _fix_evidence(a, b)
        + _code_evidence(a, b)
        + (_OTHER_MESSAGE if _messages_differ(a, b) else 0.0)
        + (_OTHER_DOMAIN if a.domain and b.domain and a.domain != b.domain else 0.0)
    )


def _longness(problem: Problem) -> float:
    """0.0 for an everyday ticket to 1.0 for a text so long that it would mention what matters."""
    return min(1.0, max(0.0, math.log1p(problem.mass) - _TELLING_LENGTH))


def _length_evidence(a: Problem, b: Problem) -> float:
    shorter, longer = sorted((math.log1p(a.mass), math.log1p(b.mass)))
    return _LONG_SHORTER * max(0.0, shorter - _EVERYDAY_SIZE[0]) + _LONG_LONGER * max(
        0.0, longer - _EVERYDAY_SIZE[1]
    )


def _fix_evidence(a: Problem, b: Problem) -> float:
    if not a.fix_terms or not b.fix_terms:
        return 0.0
    alike = _cosine(_mass(a.fix_terms & b.fix_terms), a.fix_mass, b.fix_mass)
    telling = min(len(a.fix_terms), len(b.fix_terms)) >= _TELLING_FIX
    return _LIKE_FIX * alike + (_UNLIKE_FIX * max(0.0, _LIKE_FIX_FLOOR - alike) if telling else 0.0)


def _code_evidence(a: Problem, b: Problem) -> float:
    if a.codes & b.codes:
        return _SAME_CODE
    return _OTHER_CODE if _codes_differ(a, b) else 0.0


def _codes_differ(a: Problem, b: Problem) -> bool:
    """Both name codes of one kind (two event ids, two AADSTS numbers) and have none in common.

    "error 8606" and a bare "8606" elsewhere are no contradiction.
    """
    if _numbers(a.codes) & b.terms or _numbers(b.codes) & a.terms:
        return False
    return bool({_kind(code) for code in a.codes} & {_kind(code) for code in b.codes})


def _numbers(found: Iterable[str]) -> set[str]:
    return {code.partition("-")[2] for code in found if code.startswith(("error-", "event-"))}


def _kind(code: str) -> str:
    if code.startswith("0x"):
        return "hex"
    if "_" in code:
        return "symbol"
    return code.rstrip("0123456789.-") or "status"


def _messages_differ(a: Problem, b: Problem) -> bool:
    if not a.messages or not b.messages:
        return False
    best = max(
        sum(map(weight, mine & theirs)) / min(sum(map(weight, mine)), sum(map(weight, theirs)))
        for mine in a.messages
        for theirs in b.messages
    )
    return best < 0.4


def _mass(found: Iterable[str]) -> float:
    return sum(weight(term) ** _EMPHASIS for term in found)


def _cosine(common: float, a: float, b: float) -> float:
    return common / math.sqrt(a * b) if common else 0.0


def _share(part: frozenset[str], whole: frozenset[str], mass: float) -> float:
    return _mass(part & whole) / mass if mass else 0.0


def _logistic(value: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, value))))
