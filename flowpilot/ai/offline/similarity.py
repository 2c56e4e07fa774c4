"""Whether two descriptions are about the same problem, without a corpus and without a model.

The score is a logistic over a few readable measures: how much of the weighted vocabulary the two
problems share, how far each title is covered by the other's text, how alike the fixes are, whether
they name the same error code or contradict each other's codes or quoted messages. Long texts share
words by chance, so they must agree more, unless most of what was asked and done is the same, step by
step: that is no chance, and speaks for one problem however differently it was described. The coefficients
of the words were fitted once (ridge logistic, then rounded) to pairs of reworded tickets against pairs of
near relatives, such as the same product with another error. `tests/ai/test_similarity.py` and
`test_clustering.py` hold the bounds that they must keep.
"""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final, TypeVar

from flowpilot.ai.contracts import SessionFacts
from flowpilot.ai.offline.acts import Act, acts_of, agreement
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
_LIKE_MESSAGE: Final = 0.4
"""Share of a message's weight in another, below which they are two messages."""
_OTHER_DOMAIN: Final = -1.0
_LIKE_ACTS: Final = 8.0
"""What it adds that most of what was asked and done is the same; nothing where codes contradict."""
_LIKE_ACTS_SHARE: Final = (0.4, 0.8)
_LIKE_ACTS_MASS: Final = (10.0, 30.0)
"""From where to where agreement counts: everybody looks at the event log and restarts."""
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
    acts: tuple[Act, ...] = ()
    """What was asked and done, where that was recorded."""

    @classmethod
    def of(cls, session: SessionFacts) -> "Problem":
        """What was asked and done counts with the fix: two engineers on one problem do alike things."""
        steps = (f"{step.title} {step.chosen or ''}" for step in session.steps)
        fix = "\n".join([session.resolution, session.resolution_action, *steps])
        return cls(session.title, session.text, fix, session.domain, acts_of(session))

    @cached_property
    def signature(self) -> tuple[str, ...]:
        return tuple(most_telling(self._in_title, self._in_title + self._in_text))

    @cached_property
    def lookup(self) -> dict[str, float]:
        """What other descriptions of the same problem are looked up by, with what each in common is worth:
        the signature's terms and stand-ins for what was asked and done."""
        acts = {key: act.mass for act in self.acts for key in act.keys}
        return {term: weight(term) for term in self.signature} | acts

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
        return _quoted(f"{self.title}\n{self.text}")

    @cached_property
    def title_messages(self) -> tuple[frozenset[str], ...]:
        """Terms of each message that the title quotes: it is what the problem is about."""
        return _quoted(self.title)

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


@lru_cache(maxsize=2048)
def problem_of(session: SessionFacts) -> Problem:
    """`Problem.of`, the same object for a session that was asked for a moment ago: grouping, looking up and
    comparing all begin with its terms, and finding those is the costly part."""
    return Problem.of(session)


def similarity(a: Problem, b: Problem) -> float:
    """Probability-like score from 0.0 to 1.0 that both are the same problem; symmetric."""
    common, acts = a.terms & b.terms, _like_acts(a, b)
    if not common and not acts:
        return 0.0
    telling = _weight(common) + acts * _TELLING_MASS
    return _logistic(_evidence(a, b, common, acts)) * min(1.0, telling / _TELLING_MASS)


def same(a: Problem, b: Problem) -> bool:
    return similarity(a, b) >= SAME


Item = TypeVar("Item")


def spread(members: Sequence[Item]) -> Sequence[Item]:
    """At most `_COMPARED` members, evenly over the group."""
    return members[:: max(1, -(-len(members) // _COMPARED))]


def _evidence(a: Problem, b: Problem, common: frozenset[str], acts: float) -> float:
    vocabulary = _cosine(_mass(common), a.mass, b.mass)
    covered_a = _share(a.title_terms, b.terms, a.title_mass)
    covered_b = _share(b.title_terms, a.terms, b.title_mass)
    missed = (1.0 - covered_a) * _longness(b) + (1.0 - covered_b) * _longness(a)
    return (
        _INTERCEPT
        + _SHARED_VOCABULARY * vocabulary
        + _COVERED_TITLES * (covered_a + covered_b) / 2
        + _MISSED_BY_LONG_TEXT * missed * (1.0 - acts)
        + _length_evidence(a, b) * (1.0 - vocabulary) * (1.0 - acts)
        + _LIKE_ACTS * acts
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


def _like_acts(a: Problem, b: Problem) -> float:
    """0.0 to 1.0 for the agreement of what was asked and done."""
    if not a.acts or not b.acts or _code_evidence(a, b) < 0:
        return 0.0
    found = agreement(a.acts, b.acts)
    return _between(found.share, *_LIKE_ACTS_SHARE) * _between(found.mass, *_LIKE_ACTS_MASS)


def _between(value: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low)))


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


def _quoted(text: str) -> tuple[frozenset[str], ...]:
    found = (frozenset(terms("".join(groups))) for groups in _QUOTED.findall(text))
    return tuple(each for each in found if len(each) > 1)


def _messages_differ(a: Problem, b: Problem) -> bool:
    """No message of one is within a message of the other, or the titles quote unlike ones."""
    return _unlike(a.messages, b.messages, min) or _unlike(a.title_messages, b.title_messages, max)


def _unlike(
    one: Sequence[frozenset[str]], other: Sequence[frozenset[str]], size: Callable[[float, float], float]
) -> bool:
    if not one or not other:
        return False
    shares = (
        _weight(mine & theirs) / size(_weight(mine), _weight(theirs)) for mine in one for theirs in other
    )
    return max(shares) < _LIKE_MESSAGE


def _weight(found: Iterable[str]) -> float:
    return math.fsum(map(weight, found))


def _mass(found: Iterable[str]) -> float:
    return math.fsum(weight(term) ** _EMPHASIS for term in found)


def _cosine(common: float, a: float, b: float) -> float:
    return common / math.sqrt(a * b) if common else 0.0


def _share(part: frozenset[str], whole: frozenset[str], mass: float) -> float:
    return _mass(part & whole) / mass if mass else 0.0


def _logistic(value: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, value))))
