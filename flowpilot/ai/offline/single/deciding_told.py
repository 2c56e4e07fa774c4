"""A check and its fix in prose: "Verify that A is on. If it isn't, turn it on." is a question and an act.

What `deciding` does for steps, for sentences: those before the condition are the way to find out.
"""

import re
from collections.abc import Sequence as Many
from dataclasses import dataclass, replace

from flowpilot.ai.offline.single.deciding import LOOKS, UNDECIDED, referent
from flowpilot.ai.offline.single.plan import Action, Choice, Plan, Route
from flowpilot.ai.offline.single.titles import MEANINGFUL, first_word, told, worth
from flowpilot.ai.offline.text.clauses import YesNo, yes_no
from flowpilot.ai.offline.text.cues import condition_of
from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.orders import order_of
from flowpilot.ai.offline.text.sentences import sentences
from flowpilot.ai.offline.text.verbs import READ
from flowpilot.core.terms import terms

_CHECKED = re.compile(
    r"\b(?:verify|check|determine|confirm|see|find out|make sure|ensure|examine)\b(?: to see)? "
    r"(?:that|whether|if) (?P<clause>[^.:\n]{8,140})",
    re.IGNORECASE,
)
_SHORT = re.compile(
    r"^If (?P<so>so|not|yes|no|it (?:is|does|has)(?:n['’]t| not)?|it['’]s not"
    r"|(?:this|that)(?:['’]s| is) the case), (?P<rest>.+)$",
    re.IGNORECASE | re.DOTALL,
)
_NOT = re.compile(r"\b(?:not|no)\b|n['’]t\b", re.IGNORECASE)
_POINTS = re.compile(r"(?:it|this|that|the) (?:\w+ )?(?=is|isn['’]t|does|has)", re.IGNORECASE)
_PRONOUN = re.compile(r"\b(?:it|them)\b")
_ALIKE = 2
"""Words at the end that a condition has to share with the check, so that it speaks of the same."""


@dataclass(frozen=True)
class _Decided:
    asked: YesNo
    so: bool
    """Whether the fix is for those who answer what the question says."""
    order: str


def decided_as_told(action: Action) -> Plan:
    """The action, or the question that its sentences decide with what is done then."""
    if action.part or action.command is not None:
        return action
    units = _units(action.context)
    for at, unit in enumerate(units):
        found = _decision(unit, units[:at]) if at else None
        if found is not None and all(one.is_block for one in units[at + 1 :] if one.begins):
            return _split(action, units[:at], units[at:], found)
    return action


@dataclass(frozen=True)
class _Unit:
    """A sentence, or a block as it is."""

    text: str
    begins: bool
    """A paragraph."""

    @property
    def is_block(self) -> bool:
        return self.text.startswith(("**", ">", "```", "|", "- ", "`"))


def _units(context: Many[str]) -> list[_Unit]:
    units: list[_Unit] = []
    for part in context:
        if _Unit(part, begins=True).is_block:
            units.append(_Unit(part, begins=True))
            continue
        first, _, below = part.partition("\n")
        units += [_Unit(s.text, begins=not at) for at, s in enumerate(sentences(first))]
        units += [_Unit(below.strip("\n"), begins=True)] if below.strip() else []
    return units


def _decision(unit: _Unit, before: Many[_Unit]) -> _Decided | None:
    looks = [one.text for one in before if not one.is_block]
    if unit.is_block or not looks or not all(map(_only_looks, looks)) or not any(map(_looks, looks)):
        return None
    short = _SHORT.match(unit.text)
    checked = [match["clause"] for text in looks for match in _CHECKED.finditer(plain_words(text))]
    clause = checked[-1] if checked else ""
    if short is not None:
        return _told(yes_no(clause), not _NOT.search(short["so"]), short["rest"])
    condition = condition_of(unit.text)
    if condition is None:
        return None
    if _POINTS.match(condition[0]):
        same = terms(condition[0])[-_ALIKE:] == terms(clause)[-_ALIKE:]
        return _told(yes_no(clause), not _NOT.search(condition[0]), condition[1]) if same else None
    asked = yes_no(condition[0]) if not UNDECIDED.search(condition[0]) else None
    shared = asked is not None and set(terms(asked.title)) & set(terms("\n".join(looks)))
    return _told(asked, True, condition[1]) if shared else None


def _looks(sentence: str) -> bool:
    return LOOKS.search(sentence) is not None and order_of(sentence) is not None


def _only_looks(sentence: str) -> bool:
    order = order_of(sentence)
    return order is None or not order.text or first_word(order.text) in READ


def _told(asked: YesNo | None, so: bool, rest: str) -> _Decided | None:
    order = order_of(rest)
    if asked is None or order is None or not order.text:
        return None
    return _Decided(asked, so == asked.yes_means_so, told(order.text))


def _split(action: Action, look: Many[_Unit], fix: Many[_Unit], found: _Decided) -> Plan:
    title = _PRONOUN.sub(referent(found.asked), found.order, count=1)
    if worth(title) < MEANINGFUL:
        return action
    done = replace(action, title=title, context=_paragraphs(fix), weak=False)
    yes, no = (done, None) if found.so else (None, done)
    routes = (Route("Yes", yes, action.span), Route("No", no, action.span))
    return Choice(found.asked.title, "\n\n".join(_paragraphs(look)), routes, action.span)


def _paragraphs(units: Many[_Unit]) -> tuple[str, ...]:
    told: list[str] = []
    for unit in units:
        if told and not unit.begins:
            told[-1] += f" {unit.text}"
        else:
            told.append(unit.text)
    return tuple(told)
