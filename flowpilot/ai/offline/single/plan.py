"""What one text amounts to, before it becomes a tree: actions, in order, as alternatives, or by condition."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal
from uuid import UUID

from flowpilot.ai.offline.single.titles import FALLBACK_TITLE
from flowpilot.ai.offline.text.code import CommandRisk, Shell
from flowpilot.ai.offline.text.verbs import gerund, is_verb
from flowpilot.core.terms import terms

SpanField = Literal[
    "title", "text", "resolution", "resolution_action", "step.title", "step.body", "step.response"
]


@dataclass(frozen=True)
class Span:
    """Characters [start, end) of a field of the session, or of its step when `step` names one."""

    start: int
    end: int
    field: SpanField = "resolution"
    step: UUID | None = None


@dataclass(frozen=True)
class Command:
    shell: Shell
    body: str
    risk: CommandRisk


@dataclass(frozen=True)
class Action:
    title: str
    span: Span
    warnings: tuple[str, ...] = ()
    """Markdown that must be read before anything is done."""
    context: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    """Sub-steps, each Markdown."""
    item_spans: tuple[Span, ...] = ()
    """Where each sub-step stands; empty when they were not a list."""
    after: tuple[str, ...] = ()
    command: Command | None = None
    first_item: int = 1
    """Number of the first sub-step: parts of a long action count on."""
    risk: CommandRisk = "read"
    part: str = ""
    """What this part of a long action does, to be shown behind the title."""
    whole: str = ""
    """What the procedure is called of which this is a part; empty for one that stands alone."""
    weak: bool = False
    """The title only says where to click: a heading above names it better."""

    @property
    def shown(self) -> str:
        return self.title + self.part


@dataclass(frozen=True)
class Sequence:
    """Done one after the other; only the last can be said to have solved it."""

    parts: "tuple[Plan, ...]"


@dataclass(frozen=True)
class Alternatives:
    """Tried one after the other until one has solved it."""

    parts: "tuple[Plan, ...]"


@dataclass(frozen=True)
class Route:
    label: str
    plan: "Plan | None"
    """None: nothing to do here, go on with what follows."""
    span: Span


@dataclass(frozen=True)
class Choice:
    """A question that decides which way to go."""

    question: str
    body: str
    routes: tuple[Route, ...]
    span: Span
    otherwise: str = ""
    """Label of the way out when no route fits; empty when the routes are exhaustive."""
    unsure: str = ""
    """Label of the answer of somebody who cannot tell: every route is tried in turn."""


Plan = Action | Sequence | Alternatives | Choice

_SHORT_LABEL = 70
_RISKS: dict[CommandRisk, int] = {"read": 0, "change": 1, "destructive": 2}


def actions_of(plan: Plan | None) -> list[Action]:
    """Every action of the plan, in order."""
    if plan is None:
        return []
    if isinstance(plan, Action):
        return [plan]
    if isinstance(plan, Choice):
        return [action for route in plan.routes for action in actions_of(route.plan)]
    return [action for part in plan.parts for action in actions_of(part)]


def mapped(plan: Plan, change: "Callable[[Action], Plan]") -> Plan:
    """The plan with every action changed."""
    if isinstance(plan, Action):
        return change(plan)
    if isinstance(plan, Choice):
        routes = tuple(replace(r, plan=mapped(r.plan, change) if r.plan else None) for r in plan.routes)
        return replace(plan, routes=routes)
    return replace(plan, parts=tuple(mapped(part, change) for part in plan.parts))


def of_whole(plan: Plan, title: str) -> Plan:
    """The plan as a part of the procedure with this title."""
    return mapped(plan, lambda action: replace(action, whole=title))


def worst_risk(plan: Plan) -> int:
    """0 reads, 1 changes, 2 destroys."""
    return max((_RISKS[action.risk] for action in actions_of(plan)), default=0)


def distinct(routes: "tuple[Route, ...]") -> "tuple[Route, ...]":
    """Routes whose single actions would have the same title, told apart by the route's label."""
    made = []
    for route in routes:
        title = route.plan.title if isinstance(route.plan, Action) else ""
        others = [other.plan for other in routes if other.plan != route.plan]
        same = any(isinstance(other, Action) and other.title == title for other in others)
        if isinstance(route.plan, Action) and same and len(route.label) <= _SHORT_LABEL:
            made.append(replace(route, plan=replace(route.plan, title=f"{title} ({route.label})")))
        else:
            made.append(route)
    return tuple(made)


def sequence(parts: "list[Plan]") -> Plan | None:
    return _combined(Sequence, parts)


def alternatives(parts: "list[Plan]") -> Plan | None:
    return _combined(Alternatives, parts)


def _combined(kind: type[Sequence] | type[Alternatives], parts: "list[Plan]") -> Plan | None:
    if len(parts) < 2:
        return parts[0] if parts else None
    flat: list[Plan] = []
    for part in parts:
        flat += part.parts if isinstance(part, kind) else (part,)
    return kind(tuple(flat))


def titled(plan: Plan, title: str) -> Plan:
    """The plan with this title, when it is a single action; else its title for those without a good one."""
    if not title:
        return plan
    return replace(plan, title=title, weak=False) if isinstance(plan, Action) else _named(plan, title)


def _named(plan: Plan, title: str) -> Plan:
    """Actions by version take the title with their version; further ones only where their own is weak."""
    if isinstance(plan, Action):
        return replace(plan, title=_combined_title(title, plan), weak=False) if plan.weak else plan
    if isinstance(plan, Choice):
        return replace(plan, routes=tuple(_named_route(plan, route, title) for route in plan.routes))
    if _is_one_act(plan):
        return mapped(plan, lambda part: _part_of(title, part))
    if sum(1 for part in plan.parts if isinstance(part, Action) and part.weak) == 1:
        return replace(
            plan,
            parts=tuple(
                titled(p, title) if isinstance(p, Action) and p.weak else _named(p, title) for p in plan.parts
            ),
        )
    named = replace(plan, parts=tuple(_named(part, title) for part in plan.parts))
    return of_whole(named, title) if isinstance(plan, Sequence) and is_verb(title.split(" ", 1)[0]) else named


def _is_one_act(plan: "Sequence | Alternatives") -> bool:
    """Whether these are the parts that one long action was cut into."""
    titles = {part.whole or part.title if isinstance(part, Action) else "" for part in plan.parts}
    cut = all(
        isinstance(part, Action) and (part.first_item > 1 or part is plan.parts[0]) for part in plan.parts
    )
    return isinstance(plan, Sequence) and cut and len(titles) == 1 and "" not in titles


def _part_of(title: str, part: Action) -> Action:
    """The part of a long action under its title; one that had its own shows which steps it holds."""
    last = part.first_item + len(part.items) - 1
    held = part.part if not part.whole else f" (steps {part.first_item} to {last})"
    return replace(part, title=title, part=held, whole="", weak=False)


def _named_route(choice: Choice, route: Route, title: str) -> Route:
    if route.plan is None:
        return route
    if isinstance(route.plan, Action) and route.plan.title == route.label:
        return route
    if choice_asks(choice) or len(route.label) > _SHORT_LABEL:
        return replace(route, plan=_named(route.plan, title))
    return replace(route, plan=titled(route.plan, f"{title} ({route.label})"))


def _combined_title(title: str, own: Action) -> str:
    """ "Repair Office by selecting Repair"; a part of a longer action has its own words already."""
    if own.title == FALLBACK_TITLE or own.part:
        return title
    verb, _, rest = own.title.partition(" ")
    return f"{title} by {gerund(verb.lower())} {rest.split(', ')[0]}"


def choice_asks(choice: Choice) -> bool:
    """Whether the routes are the answers to a yes/no question."""
    return {route.label for route in choice.routes} == {"Yes", "No"}


def by_version(plan: Plan) -> bool:
    """Whether the version that is in use decides which way to go."""
    return isinstance(plan, Choice) and "version" in plan.question


def with_warnings(plan: Plan, warnings: "list[str]") -> Plan:
    """The plan with these warnings before whatever is done first."""
    if not warnings:
        return plan
    if isinstance(plan, Action):
        return replace(plan, warnings=(*warnings, *plan.warnings))
    if isinstance(plan, Choice):
        routes = tuple(replace(r, plan=with_warnings(r.plan, warnings)) if r.plan else r for r in plan.routes)
        return replace(plan, routes=routes)
    return replace(plan, parts=(with_warnings(plan.parts[0], warnings), *plan.parts[1:]))


_OF_ALL = re.compile(
    r"\b(?:each|any|all|both|one) of (?:these|the) (?:\w+ )?(?:methods|ways|options|steps)\b"
)


def with_late_notes(plan: Plan, notes: "list[str]") -> Plan:
    """The plan with the notes told behind its ways: each at the way that it speaks of most, else at the last;
    what is said of all of them at the first."""
    actions = actions_of(plan)
    named = [set(terms(action.title)) for action in actions]
    for note in notes:
        said = set(terms(note))
        most = max(range(len(actions)), key=lambda i: (len(named[i] & said), i))
        best = 0 if _OF_ALL.search(note) else most
        actions[best] = replace(actions[best], after=(*actions[best].after, note))
    changed = iter(actions)
    return mapped(plan, lambda _: next(changed))


def with_context(plan: Plan, lead: Action) -> Plan:
    """The plan with what was said above it in front of whatever is done first."""
    if isinstance(plan, Action):
        return replace(
            plan, warnings=(*lead.warnings, *plan.warnings), context=(*lead.context, *plan.context)
        )
    if isinstance(plan, Choice):
        return replace(
            plan, body="\n\n".join(part for part in (*lead.warnings, *lead.context, plan.body) if part)
        )
    return replace(plan, parts=(with_context(plan.parts[0], lead), *plan.parts[1:]))


@dataclass(frozen=True)
class Reading:
    """Everything that mining took from one resolution text."""

    plan: Plan | None
    causes: tuple[tuple[str, Span], ...] = ()
    """Statements of cause as Markdown, for the background."""
    question: Choice | None = None
    background: tuple[tuple[str, Span], ...] = ()
    handover: tuple[str, ...] = ()
    by_design: bool = False
    harmless: tuple[str, Span] | None = None
    """What says that the message can be ignored."""
    from_steps: bool = False
    """Read from what was done step by step, not from a text."""
