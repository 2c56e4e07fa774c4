"""Bullets that each begin with another goal, "To lock the ramp, …", "To open it, …": the goal decides."""

import re
from collections.abc import Callable, Set
from collections.abc import Sequence as Many
from dataclasses import replace

from flowpilot.ai.offline.single.found import Found
from flowpilot.ai.offline.single.plan import Action, Choice, Plan, Route, Span, distinct
from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.model import Block, Item, ListBlock, Paragraph
from flowpilot.ai.offline.text.order_titles import title_of
from flowpilot.ai.offline.text.orders import order_of
from flowpilot.ai.offline.text.purposes import GENERIC_PURPOSE, PURPOSE
from flowpilot.ai.offline.text.verbs import is_verb
from flowpilot.core.terms import terms

WHICH_GOAL = "What is to be done?"
_FEWEST = 2
_LOOKS = re.compile(r"(?:determine|check|verify|see|find|identify|view|get|confirm|test|do)\b", re.IGNORECASE)


def by_goal(block: ListBlock, plan_blocks: Callable[[Many[Block]], Found]) -> Choice | None:
    """The list as a question for what is wanted; None unless every entry names a goal of its own."""
    goals = [] if block.ordered else [goal for part in block.items if (goal := _goal(part))]
    if len(goals) < len(block.items) or len({goal.casefold() for goal in goals}) < max(len(goals), 2):
        return None
    plans = [plan_blocks(_blocks(part)).plan for part in block.items]
    if not all(plans):
        return None
    routes = tuple(
        Route(goal, _called(plan, goal), Span(part.start, part.end))
        for part, plan, goal in zip(block.items, plans, goals, strict=True)
    )
    return Choice(WHICH_GOAL, "", distinct(routes), Span(block.start, block.end), otherwise="None of these")


def opposite_goals(plans: Many[Plan], spans: Many[Span], described: Set[str]) -> Choice | None:
    """Actions that do to one thing what the problem text names each by its verb: import it, export it."""
    named = [_verb_and_thing(plan) for plan in plans]
    verbs = {verb for verb, _ in named}
    things = {thing for _, thing in named}
    if len(verbs) < _FEWEST or len(verbs) < len(named) or len(things) > 1 or not all(things):
        return None
    if not all(set(terms(verb)) and set(terms(verb)) <= described for verb in verbs):
        return None
    routes = tuple(
        Route(plan.title, plan, span)
        for plan, span in zip(plans, spans, strict=True)
        if isinstance(plan, Action)
    )
    whole = Span(spans[0].start, spans[-1].end)
    return Choice(WHICH_GOAL, "", routes, whole, otherwise="None of these")


def _verb_and_thing(plan: Plan) -> tuple[str, frozenset[str]]:
    verb, _, thing = (plan.title if isinstance(plan, Action) else "").partition(" ")
    return verb.lower(), frozenset(terms(thing))


def _called(plan: Plan | None, goal: str) -> Plan | None:
    return replace(plan, title=goal, weak=False) if isinstance(plan, Action) else plan


def _goal(part: Item) -> str:
    first = plain_words(part.text.split("\n", 1)[0])
    match = PURPOSE.match(first)
    if match is None or GENERIC_PURPOSE.match(first) or order_of(match["rest"]) is None:
        return ""
    goal = match["purpose"]
    return title_of(goal) if is_verb(goal.split(" ", 1)[0]) and not _LOOKS.match(goal) else ""


def _blocks(part: Item) -> list[Block]:
    return [Paragraph(part.text, part.start, part.end), *part.blocks]
