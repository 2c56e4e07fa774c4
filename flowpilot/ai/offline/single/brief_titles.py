"""Titles of actions as they can be read out: what they can do without goes, and stands in the body then."""

import re
from collections.abc import Iterator
from dataclasses import replace

from flowpilot.ai.offline.single.plan import Action, Plan, actions_of, mapped
from flowpilot.ai.offline.single.titles import MEANINGFUL, worth
from flowpilot.ai.offline.text.order_titles import BRACKETED
from flowpilot.core.terms import terms

_READABLE = 110
"""Characters that can be read out at once."""
_TELLING = 30
"""Fewer seldom say what is done with what."""
_DISPENSABLE = (
    re.compile(r",? (?:so that|in order (?:to|that)|because|rather than) [^()\d]+$"),
    re.compile(r",? (?<! are )(?<! is )(?:by using|(?:using|through) (?:the|an?)) [^()]+$"),
    re.compile(r",? when(?:ever)? (?:you|users) [^()]+$"),
    re.compile(r" by [a-z]+ing [^(),]+, (?:and|then) [^()]+$"),
)
"""Why, how and when, in the order in which a title can do without them."""


def brief_titles(plan: Plan) -> Plan:
    """The plan with short titles, as long as its actions are told apart by them."""
    wholes = {each for action in actions_of(plan) for each in (action.title, action.whole) if each}
    short = {title: _brief(title) for title in wholes}
    told_apart = {
        title: brief
        for title, brief in short.items()
        if brief != title and list(short.values()).count(brief) == 1 and brief not in wholes
    }
    return mapped(plan, lambda action: _with_brief(action, told_apart))


def briefly(action: Action) -> Action:
    """The action with a short title; what went stands in the body."""
    return _with_brief(action, {action.title: _brief(action.title)})


def _with_brief(action: Action, short: dict[str, str]) -> Action:
    brief = short.get(action.title, action.title)
    whole = short.get(action.whole, action.whole)
    if brief == action.title or action.first_item > 1 or _tells(action, action.title):
        return replace(action, title=brief, whole=whole)
    return replace(action, title=brief, whole=whole, context=(f"{action.title}.", *action.context))


def _tells(action: Action, title: str) -> bool:
    """Whether the body says all that the title did."""
    said = "\n".join([*action.warnings, *action.context, *action.items, *action.after])
    return set(terms(title)) <= set(terms(said))


def _brief(title: str) -> str:
    if len(title) <= _READABLE:
        return title
    bare = BRACKETED.sub("", title)
    shorter = [bare, *_shorter(bare)]
    return next(
        (each for each in shorter if _TELLING < len(each) <= _READABLE and worth(each) >= MEANINGFUL), bare
    )


def _shorter(title: str) -> Iterator[str]:
    """The title without its last phrases, one after the other."""
    for phrase in _DISPENSABLE:
        title = phrase.sub("", title)
        yield title
