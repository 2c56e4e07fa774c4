"""Notes with the act that they speak of: what they name tells which of several it is."""

import re
from collections.abc import Sequence as Many
from dataclasses import replace

from flowpilot.ai.offline.single.bodies import paragraphs_in
from flowpilot.ai.offline.single.flow_title import PRODUCT
from flowpilot.ai.offline.single.plan import Action, Plan, actions_of, mapped
from flowpilot.core.terms import terms

_NOTE = re.compile(r"> \*\*(?P<kind>\w+):\*\* ")
_WARNINGS = ("Warning", "Caution", "Important")
_NAMED = re.compile(r"\b(?:[A-Z][a-z]+[A-Z][A-Za-z]{3,}|[A-Z]{3,}[a-z]{2,}\w*|[A-Z]{4} [A-Z][a-z]{3,})\b")
"""The name of a tool, a setting or a method: put together from several words."""


def noted_where_named(plan: Plan) -> Plan:
    """The plan with each note that names what only other actions use in front of those."""
    actions = actions_of(plan)
    if len(actions) < _FEWEST:
        return plan
    taken: dict[int, list[str]] = {}
    given: dict[int, list[str]] = {}
    for at, action in enumerate(actions):
        for told in _told(action):
            owners = _owners(told, at, actions) if _NOTE.match(told) else []
            if owners and not _names(told) & _used(action, told):
                taken.setdefault(at, []).append(told)
            for owner in owners:
                given.setdefault(owner, []).append(told)
    if not given:
        return plan
    numbers = iter(range(len(actions)))

    def renoted(action: Action) -> Action:
        at = next(numbers)
        return _with(_without(action, taken.get(at, ())), given.get(at, ()))

    return mapped(plan, renoted)


_FEWEST = 2


def _owners(note: str, at: int, actions: Many[Action]) -> list[int]:
    """Which other actions use what it names: of a warning all, of a note the first, if this one does not."""
    names, found = _names(note), _NOTE.match(note)
    if found is None or not names or _PLACED.search(note):
        return []
    warns = found["kind"] in _WARNINGS
    if not warns and names & _used(actions[at], note):
        return []
    others = [i for i, other in enumerate(actions) if i != at and names & _used(other, note)]
    return others if warns else others[:1]


def _used(action: Action, note: str) -> set[str]:
    command = action.command.body if action.command else ""
    told = [part for part in _told(action) if part != note]
    text = "\n".join((action.title, *told, *action.items, command))
    return _names(text)


def _names(text: str) -> set[str]:
    return {name.casefold() for name in _NAMED.findall(text) if PRODUCT.fullmatch(name) is None}


_PLACED = re.compile(
    r"\b(?:this (?:method|step|workaround|option|procedure|section)|above|below|(?:previous|next) step)\b"
)
"""Speaks of the place where it stands."""


def _told(action: Action) -> list[str]:
    """Everything around the steps, paragraph by paragraph."""
    parts = (*action.warnings, *action.context, *action.after)
    return [told for part in parts for told in paragraphs_in(part)]


def _without(action: Action, taken: Many[str]) -> Action:
    def left(parts: Many[str]) -> tuple[str, ...]:
        kept = ("\n\n".join(told for told in paragraphs_in(part) if told not in taken) for part in parts)
        return tuple(part for part in kept if part)

    if not taken:
        return action
    return replace(
        action, warnings=left(action.warnings), context=left(action.context), after=left(action.after)
    )


def _with(action: Action, given: Many[str]) -> Action:
    known = _told(action)
    new = [part for part in given if part not in known]
    return replace(action, warnings=(*new, *action.warnings)) if new else action


def with_last_notes(plan: Plan, notes: Many[str]) -> Plan:
    """The plan with what is noted below its ways at the way that shares most words, else at the last."""
    for note in notes:
        if not _OF_WAYS.search(note):
            plan = _with_last(plan, note)
    return plan


_OF_WAYS = re.compile(
    r"\b(?:these|each|all) (?:of )?(?:the |these )?(?:methods|workarounds|options|solutions)\b"
)
"""Speaks of how the ways are chosen, which the tree says by itself."""


def _with_last(plan: Plan, note: str) -> Plan:
    said = set(terms(note))
    actions = actions_of(plan)
    shared = [len(said & set(terms(f"{act.title} {' '.join(act.context)}"))) for act in actions]
    best = max(range(len(actions)), key=lambda at: (shared[at], at))
    numbers = iter(range(len(actions)))

    def noted(action: Action) -> Action:
        return replace(action, after=(*action.after, note)) if next(numbers) == best else action

    return mapped(plan, noted)
