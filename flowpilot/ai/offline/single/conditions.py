"""For whom a section is: versions, scenarios, conditions and places in its heading."""

import re
from collections.abc import Sequence as Many
from itertools import takewhile

from flowpilot.ai.offline.single.causes import Causes, first_statement, occurs_when
from flowpilot.ai.offline.single.labels import is_used, label_text
from flowpilot.ai.offline.text.cues import condition_of
from flowpilot.ai.offline.text.model import Paragraph, Section, SectionKind
from flowpilot.ai.offline.text.orders import order_of
from flowpilot.ai.offline.text.sentences import sentences

_VERSION = re.compile(
    r"^(?:for |in |on )?(?:the )?(?:microsoft |office |windows |internet |new "
    r"|classic )*[\w.]*(?: [\w.]+){0,3}? ?"
    r"(?:20\d\d|xp|vista|7|8(?:\.1)?|10|11|365|365 apps|\d+-bit|\d+\.\d+)\b.{0,80}$"
    r"|^.{0,60}\b(?:installations?|deployment|or later|or earlier|versions?|editions?)\b.{0,30}$",
    re.IGNORECASE,
)
_BROWSER = re.compile(r"^(?:internet )?explorer \d{1,2}\b.{0,60}$", re.IGNORECASE)
_CONDITION = re.compile(
    r"^(?:if|when|for|in|on|you(?:'re| are| have| can| use| previously| still)?|your|users?|the (?:user"
    r"|mailbox|server|issue|account) (?:is|are|has|isn't)|mailboxes are|windows|mac|ios|android)\b",
    re.IGNORECASE,
)


def is_condition(title: str) -> bool:
    return order_of(title) is None and bool(
        _CONDITION.match(title) or _VERSION.match(title) or _BROWSER.match(title)
    )


def conditions_of(sections: Many[Section], causes: Causes, above: str) -> list[str | None]:
    """For each section for whom it is; where not all say so, the cases that their titles name."""
    own = [condition_of_section(section, causes, sections) for section in sections]
    return own if all(own) else [*cases_of(sections, above)] or [*_stated(sections)] or own


def condition_of_section(section: Section, causes: Causes, siblings: Many[Section] = ()) -> str | None:
    heading = section.heading
    if heading.target is not None:
        kind, number = heading.target
        return _label_of_target(kind, number, heading.title, causes)
    if heading.kind == "scenario":
        known = causes.variants.get(("scenario", heading.number or 0))
        text = heading.title or (known[0] if known else _own_case(section, siblings))
        known = causes.numbered.get(heading.number or 0)
        text = text or (known[0] if known else "")
        return label_text(text) if text else f"Scenario {heading.number}"
    if heading.kind == "cause":
        text = heading.title or first_statement(section.blocks)
        return label_text(text) if text else None
    if heading.title and is_condition(heading.title):
        return label_text(heading.title)
    whose = _FOR_WHOM.match(heading.title)
    return label_text(whose["who"]) if whose is not None else None


def _stated(sections: Many[Section]) -> list[str]:
    """What the sections begin with: "If you load the ramp, …", "If you clear it, …". Else empty."""
    labels = []
    for section in sections:
        first = section.blocks[0] if section.blocks else None
        found = sentences(first.text) if isinstance(first, Paragraph) else []
        condition = condition_of(found[0].text) if found else None
        if condition is not None and order_of(condition[1]) is not None:
            labels.append(label_text(_WHEN.sub("", condition[0])))
    return labels if 1 < len(labels) == len(sections) else []


_WHEN = re.compile(
    r"^(?:the|this) (?:issue|problem|error|behaviou?r) (?:occurs|happens|appears)(?: only)? (?:when|if) ",
    re.IGNORECASE,
)


def further_conditions(section: Section, causes: Causes) -> list[str]:
    """The other causes or scenarios that the heading says its section is for."""
    heading = section.heading
    if heading.target is None or heading.title:
        return []
    return [_label_of_target(heading.target[0], number, "", causes) for number in heading.further]


def _label_of_target(kind: SectionKind, number: int, title: str, causes: Causes) -> str:
    known = causes.numbered.get(number) if kind in ("cause", "scenario") else None
    known = causes.variants.get((kind, number)) or known
    text = title or (known[0] if known else "")
    return label_text(text) if text else f"{kind.removesuffix('s').capitalize()} {number}"


def _own_case(section: Section, siblings: Many[Section]) -> str:
    """What the section says before its steps, and no other beside it does."""
    shared = {text for other in siblings if other is not section for text in _statements(other)}
    own = [text for text in _statements(section) if text not in shared] if siblings else []
    return next((occurs_when(text) or text for text in own), "")


def _statements(section: Section) -> list[str]:
    paragraphs = list(takewhile(lambda block: isinstance(block, Paragraph), section.blocks))
    said = [s.text for block in paragraphs if isinstance(block, Paragraph) for s in sentences(block.text)]
    return [text for text in said if order_of(text) is None and not _ASIDE.match(text)]


_ASIDE = re.compile(r"(?:for example|this (?:is|will)|here|in this|however|therefore)\b", re.IGNORECASE)


def is_cause_with_its_fix(section: Section) -> bool:
    """ "Cause 2: …" among the fixes: what is done against it stands below."""
    return section.heading.kind == "cause" and section.heading.number is not None


_FOR_WHOM = re.compile(
    r"^(?:methods?|steps|instructions|procedure|options?) (?:for|if you(?:'re| are)) "
    r"(?P<who>(?!\w+ing\b|(?:the|this|these) (?:issue|problem|error))\S.{2,60})$",
    re.IGNORECASE,
)
""" "Method for administrators"."""
_CASES = re.compile(r"\b(?:scenarios?|cases|situations)\b", re.IGNORECASE)
APPROPRIATE = re.compile(r"\bfor (?:the appropriate|each|your) (?:scenario|case|situation)\b", re.IGNORECASE)
"""Announces cases below, not ways to be tried."""


def cases_of(sections: Many[Section], above: str) -> list[str]:
    """The titles of sections that are cases by the heading above them, or each about another product."""
    titles = [section.heading.title for section in sections]
    if len(titles) < 2 or not all(titles) or any(order_of(title) is not None for title in titles):
        return []
    return list(map(label_text, titles)) if _CASES.search(above) or all(map(is_used, titles)) else []


_PLACED = re.compile(
    r"^(?P<goal>.{4,60}?) (?:in|on|for) (?P<place>(?:the )?(?:[A-Z]|i?(?:OS|Pad)|mac).{1,60})$"
)


def places_of(sections: Many[Section]) -> list[str]:
    """ "Unlink the app on Windows", "Unlink the app on macOS": one goal, so the place decides. Else empty."""
    found = [match for section in sections if (match := _PLACED.match(section.heading.title))]
    goals = {match["goal"].casefold() for match in found}
    if len(found) < 2 or len(found) < len(sections) or len(goals) > 1:
        return []
    return [label_text(match["place"]) for match in found]
