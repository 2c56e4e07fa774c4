"""Told apart from the fix, but needed for it: how to find out the name to enter, a sample of the code."""

import re
from collections.abc import Iterator
from collections.abc import Sequence as Many
from dataclasses import replace

from flowpilot.ai.offline.single.parts import MOST_ITEMS
from flowpilot.ai.offline.single.plan import Action, Choice, Plan, Span, actions_of, mapped
from flowpilot.ai.offline.single.render import render_all
from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.model import Block, Code, ListBlock, Paragraph, Section
from flowpilot.core.terms import terms

_WHERE = ("more_information", "cause", "status")
_FINDS = re.compile(
    r"^to (?:determine|find(?: out)?|view|see|check|identify|verify|locate|look up) [^.:]{6,160}:$",
    re.IGNORECASE,
)
_SHOWS = re.compile(r"^here(?:'s| is) (?:a |an |some )?(?:sample|example)\b[^:]{0,40}\bcode\b", re.IGNORECASE)
_FEWEST, _FEWEST_OF_STEPS = 2, 3
"""Words that a command, or steps, have to share with the act that they are needed for."""


def with_how_to(plan: Plan, sections: Many[Section], taken: Many[Span]) -> tuple[Plan, list[Span]]:
    """The plan with such passages behind the action that speaks of the same, and where they stood."""
    used: list[Span] = []
    for lead, below in _passages(sections):
        span = Span(lead.start, below.end)
        if any(one.start <= span.start and span.end <= one.end for one in taken):
            continue
        asking = _asking(plan, set(terms(plain_words(lead.text))))
        if asking is not None:
            plan = _with_body(plan, asking, render_all([lead, below]))
            used.append(span)
            continue
        fewest = _FEWEST_OF_STEPS if isinstance(below, ListBlock) else _FEWEST
        action = _needing(plan, set(terms(plain_words(lead.text).split(", ")[0])), fewest)
        steps = len(below.items) if isinstance(below, ListBlock) else 0
        if action is not None and len(action.items) + steps <= MOST_ITEMS:
            shown = render_all([lead, below])
            plan = _with(plan, action, shown)
            used.append(span)
    return plan, used


def _passages(sections: Many[Section]) -> Iterator[tuple[Paragraph, Block]]:
    for section in sections:
        if section.heading.kind in _WHERE:
            for lead, below in zip(section.blocks, section.blocks[1:], strict=False):
                if isinstance(lead, Paragraph) and _tells_how(lead.text, below):
                    yield lead, below
        yield from _passages(section.children)


def _tells_how(text: str, below: Block) -> bool:
    said = plain_words(text)
    if isinstance(below, ListBlock):
        return below.ordered and _FINDS.match(said) is not None
    return isinstance(below, Code) and (_FINDS.match(said) or _SHOWS.match(said)) is not None


def _asking(plan: Plan | None, said: set[str]) -> Choice | None:
    """The question of which the passage names two answers, each by words that not all of them have."""
    if plan is None or isinstance(plan, Action):
        return None
    if not isinstance(plan, Choice):
        return next((found for part in plan.parts if (found := _asking(part, said))), None)
    labels = [set(terms(route.label)) for route in plan.routes]
    shared = set.intersection(*labels)
    if len({frozenset((label - shared) & said) for label in labels} - {frozenset()}) >= _TOLD_APART:
        return plan
    return next((found for route in plan.routes if (found := _asking(route.plan, said))), None)


_TOLD_APART = 2


def _with_body(plan: Plan, asking: Choice, shown: str) -> Plan:
    """The plan with the passage in the body of this question."""
    if isinstance(plan, Action):
        return plan
    if not isinstance(plan, Choice):
        return replace(plan, parts=tuple(_with_body(part, asking, shown) for part in plan.parts))
    if plan is asking:
        return replace(plan, body="\n\n".join(part for part in (plan.body, shown) if part))
    routes = tuple(
        replace(route, plan=_with_body(route.plan, asking, shown) if route.plan else None)
        for route in plan.routes
    )
    return replace(plan, routes=routes)


def _needing(plan: Plan, said: set[str], fewest: int) -> Action | None:
    shared = [(len(said & set(terms(_told(action)))), action) for action in actions_of(plan)]
    most, action = max(shared, key=lambda one: one[0])
    return action if most >= max(fewest, len(said) / 2) else None


def _told(action: Action) -> str:
    own = [text for text in action.context if not text.startswith("**Cause:**")]
    return plain_words("\n".join([action.title, *own, *action.items]))


def _with(plan: Plan, needing: Action, shown: str) -> Plan:
    return mapped(
        plan, lambda action: replace(action, after=(*action.after, shown)) if action is needing else action
    )
