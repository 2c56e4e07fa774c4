"""Sibling sections to one plan: methods one by one, scenarios and versions as a choice, steps in order."""

import re
from collections.abc import Sequence as Many
from dataclasses import dataclass, replace

from flowpilot.ai.offline.single.asking import clause_of
from flowpilot.ai.offline.single.by_goal import opposite_goals
from flowpilot.ai.offline.single.cause_ways import NOT_KNOWN, WHICH_CAUSE, in_full
from flowpilot.ai.offline.single.causes import Causes
from flowpilot.ai.offline.single.conditions import places_of
from flowpilot.ai.offline.single.labels import choice_title, label_text, names_versions
from flowpilot.ai.offline.single.plan import (
    Action,
    Choice,
    Plan,
    Route,
    Sequence,
    Span,
    actions_of,
    alternatives,
    distinct,
)
from flowpilot.ai.offline.single.render import bulleted
from flowpilot.ai.offline.single.short_labels import LABEL_LIMIT
from flowpilot.ai.offline.single.titles import first_word
from flowpilot.ai.offline.single.told import remark
from flowpilot.ai.offline.single.turns import in_turns
from flowpilot.ai.offline.text.model import Section
from flowpilot.ai.offline.text.verbs import DESTRUCTIVE

_IN_ORDER = re.compile(
    r"\b(?:following|these) (?:processes|procedures|steps|tasks|phases|stages)\b|\bin (?:this|the given"
    r"|the following|the listed) order\b|\ball of the following\b|\beach of the following\b",
    re.IGNORECASE,
)
_STILL = re.compile(
    r"^you still\b|^if (?:you|the \w+) still\b|\bstill (?:occurs|persists|receive)", re.IGNORECASE
)


@dataclass(frozen=True)
class Part:
    section: Section
    plan: Plan | None
    """None: nothing is offered for whom this part is about."""
    label: str | None
    """The condition under which this part is the right one."""


def told_apart(parts: list[Part]) -> list[Part]:
    places = [] if any(part.label for part in parts) else places_of([part.section for part in parts])
    return (
        [replace(part, label=place) for part, place in zip(parts, places, strict=True)] if places else parts
    )


def in_order(lead: str) -> bool:
    return bool(_IN_ORDER.search(lead)) and not re.search(
        r"\bone of\b|\b(?:options|methods|solutions|workarounds|resolutions)\b|\btry\b", lead, re.IGNORECASE
    )


def combine(parts: list[Part], lead: str, causes: Causes) -> Plan | None:
    choice = _unless_choice(parts, causes)
    parts = [part for part in parts if part.plan]
    if len(parts) < 2 and choice is None:
        return parts[0].plan if parts else None
    if all(part.section.heading.kind == "step" for part in parts) or in_order(lead):
        return choice or in_turns(_plans(parts))
    if choice is not None:
        return choice
    if all(part.section.heading.kind == "heading" for part in parts):
        goals = opposite_goals(_plans(parts), [_heading_span(p.section) for p in parts], causes.described)
        if goals is not None:
            return goals
    around = [part for part in parts if part.section.heading.kind == "workaround"]
    fixes = [part for part in parts if part not in around]
    return alternatives([plan for each in (fixes, around) for plan in _safe_first(_runs(each, causes), lead)])


def _unless_choice(parts: list[Part], causes: Causes) -> Plan | None:
    """A choice, when every part says for whom it is; a last "you still see it" follows when those failed."""
    labelled = [part for part in parts if part.label and not _STILL.search(part.label)]
    labels = {(part.label or "").casefold() for part in labelled}
    rest = [part for part in parts if part not in labelled]
    numbered = _by_cause_number(parts, causes)
    if numbered is not None:
        return numbered
    if len(labelled) < 2 or len(labels) < len(labelled) or len(labelled) > 10:
        return None
    if rest and not all(part.label for part in rest):
        return None
    routes = tuple(Route(part.label or "", part.plan, _heading_span(part.section)) for part in labelled)
    span = Span(labelled[0].section.start, labelled[-1].section.end)
    targeted = any(part.section.heading.target for part in labelled)
    causal = all(part.section.heading.kind == "cause" for part in labelled)
    unsure = targeted or causal or any(_found_out(route.label) for route in routes)
    choice = Choice(
        WHICH_CAUSE if causal else choice_title([route.label for route in routes]),
        _choice_body(labelled, causes) if targeted else _remarks(labelled),
        distinct(routes),
        span,
        otherwise="" if unsure else "None of these",
        unsure=NOT_KNOWN if unsure else "",
    )
    return alternatives([choice, *_plans(rest)])


def _found_out(label: str) -> bool:
    """Whether the label tells a state that has to be found out, not what somebody uses or is."""
    return clause_of(label) is not None and not _KNOWN.match(label) and not names_versions(label)


_KNOWN = re.compile(r"(?:you(?:'re|'ve)? |users? |your (?:organization|mailbox))", re.IGNORECASE)
"""What somebody can say of himself."""


def _plans(parts: Many[Part]) -> list[Plan]:
    return [part.plan for part in parts if part.plan]


def _remarks(parts: Many[Part]) -> str:
    """What is said to those for whom nothing is offered."""
    said = [(part.label, remark(part.section)) for part in parts if part.plan is None]
    return bulleted([f"**{label}:** {text}" for label, text in said if text])


def _by_cause_number(parts: list[Part], causes: Causes) -> Plan | None:
    """ "Resolution 1", "Resolution 2" under as many numbered causes: which cause decides."""
    numbers = [part.section.heading.number for part in parts]
    plain = all(p.section.heading.kind == "resolution" and not p.section.heading.target for p in parts)
    if (
        not plain
        or len(parts) != len(causes.numbered)
        or sorted(n or 0 for n in numbers) != sorted(causes.numbered)
    ):
        return None
    routes = tuple(
        Route(label_text(causes.numbered[n or 0][0]), p.plan, causes.numbered[n or 0][1])
        for n, p in zip(numbers, parts, strict=True)
    )
    if len({route.label.casefold() for route in routes}) < len(routes) or len(routes) > 10:
        return None
    body = in_full([causes.numbered[n or 0][0] for n in numbers], [route.label for route in routes])
    span = Span(parts[0].section.start, parts[-1].section.end)
    return Choice(WHICH_CAUSE, body, routes, span, unsure=NOT_KNOWN)


def _choice_body(parts: list[Part], causes: Causes) -> str:
    texts = []
    for part in parts:
        target = part.section.heading.target
        known = causes.numbered.get(target[1]) if target else None
        if known and len(known[0]) > LABEL_LIMIT:
            texts.append(known[0])
    return bulleted(texts)


def _heading_span(section: Section) -> Span:
    return Span(section.start, section.end)


def _runs(parts: list[Part], causes: Causes) -> list[Plan]:
    """Neighbouring steps are one sequence, neighbouring scenarios one choice; the rest stand alone."""
    runs: list[list[Part]] = []
    for part in parts:
        if runs and _kin(runs[-1][-1], part):
            runs[-1].append(part)
        else:
            runs.append([part])
    plans: list[Plan] = []
    for run in runs:
        if len(run) == 1:
            plans += _plans(run)
            continue
        plan = in_turns(_plans(run)) if run[0].section.heading.kind == "step" else _unless_choice(run, causes)
        plans += [plan] if plan is not None else _plans(run)
    return plans


def _kin(one: Part, other: Part) -> bool:
    if one.section.heading.kind == other.section.heading.kind == "step":
        return True
    return bool(one.label and other.label)


def _safe_first(plans: list[Plan], lead: str) -> list[Plan]:
    """What destroys comes last, unless the text asks for its own order."""
    if re.search(r"\border\b|\bfirst\b", lead, re.IGNORECASE) or any(isinstance(p, Sequence) for p in plans):
        return plans
    return sorted(plans, key=lambda plan: any(map(_destroys, actions_of(plan))))


def _destroys(action: Action) -> bool:
    """Whether destroying is what the action is for, not a step on its way."""
    if action.command is not None:
        return action.command.risk == "destructive"
    return action.risk == "destructive" and first_word(action.title) in DESTRUCTIVE
