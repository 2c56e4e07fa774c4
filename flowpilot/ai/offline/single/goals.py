"""What stands above several ways: a sentence that announces them, or the goal that they reach.

Neither is an action of its own: there is nothing to do in it that the ways below do not say in full.
"""

import re
from collections.abc import Sequence as Many

from flowpilot.ai.offline.single.plan import (
    Action,
    Alternatives,
    Plan,
    Sequence,
    actions_of,
    by_version,
)
from flowpilot.ai.offline.text.model import Section
from flowpilot.ai.offline.text.orders import order_of
from flowpilot.ai.offline.text.sentences import sentences
from flowpilot.core.terms import terms

_KINDS = (
    r"(?:methods?|options?|workarounds?|solutions?|resolutions?|approaches|ways|procedures?|sections?"
    r"|scenarios?|actions?|steps)"
)
_ANNOUNCES = re.compile(
    rf"\b(?:following|these|below|listed|next) (?:\w+ ){{0,2}}?{_KINDS}\b"
    r"|\b(?:one|either|any|both|each|all) of (?:the following|these|the (?:\w+ )?methods)\b"
    rf"|\b{_KINDS} (?:1|one|A)\b"
    rf"|\b(?:the {_KINDS} (?:that )?you (?:choose|use) depends|appropriate {_KINDS})\b"
    rf"|\bafter each {_KINDS}\b|\bthe (?:first|second|third|last) {_KINDS}\b",
    re.IGNORECASE,
)
_COVERED = 0.75
"""Share of the words of a goal that the ways below name again."""


def announced(lead: Action, below: Plan, *, enumerated: bool = False) -> bool:
    """Whether the action only announces the plan below, or names the goal of it.

    `enumerated`: the ways below are numbered from one, so that nothing before them is a way as well.
    """
    if lead.items and not lead.command and _summed_up(lead, below):
        return True
    if lead.items or lead.command or any("```" in text or "\n- " in text for text in lead.context):
        return False
    said = [s.text for text in lead.context for s in sentences(text.split("\n\n>", 1)[0])]
    orders = [text for text in said if order_of(text) is not None]
    own = [text for text in orders if not _ANNOUNCES.search(text)]
    if not own:
        return any(map(_ANNOUNCES.search, said))
    return len(own) == 1 and (enumerated or by_version(below) or _named_again(lead.title, below))


def _summed_up(lead: Action, below: Plan) -> bool:
    """Whether every step of the lead is told at length by one of the ways below."""
    titles = [set(terms(action.title)) for action in actions_of(below)]
    steps = [set(terms(item)) for item in lead.items]
    plain = not any("\n" in item for item in lead.items)
    return (
        plain
        and len(titles) >= len(steps)
        and all(any(_told_by(step, one) for one in titles) for step in steps)
    )


def _told_by(step: set[str], title: set[str]) -> bool:
    return bool(title) and len(step & title) >= _COVERED * min(len(step), len(title))


def counted(sections: Many[Section]) -> bool:
    """ "Method 1", "Method 2": the sections count their ways."""
    numbers = [s.heading.number for s in sections if s.heading.kind == "method"]
    return len(numbers) > 1 and numbers[0] == 1 and len(numbers) == len(sections)


def without_announcement(plans: Many[Plan]) -> tuple[Action | None, list[Plan]]:
    """The action that only leads to the others, and the others."""
    rest = list(plans[1:])
    first = plans[0] if plans else None
    if len(rest) > 1 and isinstance(first, Action) and announced(first, Alternatives(tuple(rest))):
        return first, rest
    return None, list(plans)


def _named_again(title: str, below: Plan) -> bool:
    wanted = set(terms(title))
    if isinstance(below, Action):
        said = set(terms(below.title))
        return bool(below.items) and len(said) > 1 and said <= wanted
    if len(wanted) < 2 or isinstance(below, Sequence):
        return False
    said = {term for action in actions_of(below) for term in terms(action.title)}
    return len(wanted & said) >= _COVERED * len(wanted)
