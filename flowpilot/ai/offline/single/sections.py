"""Sections to one plan: methods as alternatives, scenarios and versions as a choice, steps in order."""

import re
from collections.abc import Sequence as Many
from dataclasses import dataclass, field, replace

from flowpilot.ai.offline.single.answerable import by_cause_or_told
from flowpilot.ai.offline.single.blocks import Found, plan_blocks
from flowpilot.ai.offline.single.cause_ways import NOT_KNOWN, WHICH_CAUSE
from flowpilot.ai.offline.single.causes import Causes, read_causes
from flowpilot.ai.offline.single.conditions import condition_of_section, is_condition, places_of
from flowpilot.ai.offline.single.goals import announced, counted
from flowpilot.ai.offline.single.labels import LABEL_LIMIT, choice_title, label_text
from flowpilot.ai.offline.single.late import demanded_before, late_ways, untaken, with_check
from flowpilot.ai.offline.single.plan import (
    Action,
    Choice,
    Plan,
    Reading,
    Route,
    Sequence,
    Span,
    actions_of,
    alternatives,
    choice_asks,
    distinct,
    sequence,
    titled,
    with_context,
    with_warnings,
)
from flowpilot.ai.offline.single.render import bulleted, render, without_pointers
from flowpilot.ai.offline.single.titles import first_word
from flowpilot.ai.offline.single.told import remark, told_way
from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.model import Block, Document, Paragraph, Quote, Section
from flowpilot.ai.offline.text.orders import order_of, title_of
from flowpilot.ai.offline.text.sentences import first_words, sentences
from flowpilot.ai.offline.text.verbs import DESTRUCTIVE, base_of_gerund

_FIX = (
    "resolution",
    "workaround",
    "method",
    "scenario",
    "step",
    "text",
    "heading",
    "prerequisites",
    "symptoms",
)
_IN_ORDER = re.compile(
    r"\b(?:following|these) (?:processes|procedures|steps|tasks|phases|stages)\b|\bin (?:this|the given"
    r"|the following|the listed) order\b|\ball of the following\b|\beach of the following\b",
    re.IGNORECASE,
)
_ONE_OF = re.compile(
    r"\b(?:one|any|either)(?: or more)? of\b|\bmethods\b|\bworkarounds\b|\boptions\b|\bas appropriate\b"
    r"|\bor\b",
    re.IGNORECASE,
)
_STILL = re.compile(
    r"^you still\b|^if (?:you|the \w+) still\b|\bstill (?:occurs|persists|receive)", re.IGNORECASE
)
_GENERIC_TITLE = re.compile(
    r"^(?:recommended|additional|other|general|example|alternative|first|second)?\s*(?:methods?|solutions?"
    r"|steps?|options?|workarounds?|resolution)(?: for .*)?$|^how to\b",
    re.IGNORECASE,
)


@dataclass
class _Gathered:
    """What was met on the way that is not itself a plan."""

    statements: list[tuple[str, Span]] = field(default_factory=list)
    handover: list[str] = field(default_factory=list)

    def take(self, found: Found) -> None:
        self.statements += found.statements
        self.handover += found.handover


def read_document(document: Document) -> Reading:
    """Everything that the text offers for a flow; `plan` is None when there is nothing to do in it."""
    sections = document.sections
    causes = read_causes([s for s in sections if s.heading.kind == "cause"])
    gathered = _Gathered()
    fixes = [s for s in sections if s.heading.kind in _FIX]
    plan = _plan_siblings(fixes, "", causes, gathered)
    if plan is None:
        others = [s for s in sections if s.heading.kind in ("cause", "more_information", "status")]
        plan = _from_statements(others, causes, gathered)
        background = _background(sections) + ([] if plan else gathered.statements)
        plan, question = by_cause_or_told(plan, causes.question, causes)
        return _read(plan, causes, question, background, gathered)
    late = late_ways(sections, plan)
    question, checked = with_check(causes.question, sections)
    asked, question = by_cause_or_told(plan, question, causes)
    plan = asked or plan
    gathered.handover += late.handover
    demanded = demanded_before(sections)
    plan = with_warnings(plan, [text for text, _ in demanded])
    taken = [*late.taken, *checked, *(span for _, span in demanded)]
    causes.statements = untaken(causes.statements, taken)
    background = untaken(_background(sections), taken)
    return _read(alternatives([plan, *late.plans]), causes, question, background, gathered)


def _read(
    plan: Plan | None,
    causes: Causes,
    question: Choice | None,
    background: list[tuple[str, Span]],
    gathered: _Gathered,
) -> Reading:
    design = causes.by_design or any("by design" in text for text, _ in background)
    handover = tuple(dict.fromkeys(gathered.handover))
    return Reading(plan, tuple(causes.statements), question, tuple(background), handover, design)


def _from_statements(sections: Many[Section], causes: Causes, gathered: _Gathered) -> Plan | None:
    """A remedy told under another heading ("More information"), when it says "to work around this …"."""
    plans = []
    for section in sections:
        blocks = [b for b in section.blocks if not isinstance(b, Quote)]
        telling = [i for i, b in enumerate(blocks) if isinstance(b, Paragraph) and _remedies(b.text)]
        if telling:
            found = plan_blocks(blocks[telling[0] :])
            gathered.handover += found.handover
            plans += [found.plan] if found.plan else []
        lead = _lead_of(section.blocks)
        below = _plan_siblings(section.children, lead, causes, gathered) if _remedies(lead) else None
        plans += [below] if below else []
    return alternatives(plans)


_REMEDY = re.compile(
    r"\bto (?:work ?around|resolve|fix|correct|avoid|prevent|solve|remove|stop)\b|\bworkaround\b"
    r"|\byou can (?:safely )?\w+|\bmust be\b|\buse the\b|\bmake sure\b|\bfollow these steps\b"
    r"|\bfollow the steps\b",
    re.IGNORECASE,
)


def _remedies(text: str) -> bool:
    return bool(_REMEDY.search(text)) and not re.search(r"\b(?:reproduce|for example)\b", text, re.IGNORECASE)


@dataclass(frozen=True)
class _Part:
    section: Section
    plan: Plan | None
    """None: nothing is offered for whom this part is about."""
    label: str | None
    """The condition under which this part is the right one."""


def _plan_siblings(sections: Many[Section], lead: str, causes: Causes, gathered: _Gathered) -> Plan | None:
    parts = []
    for section in sections:
        if section.heading.kind not in _FIX:
            continue
        plan, label = _plan_section(section, causes, gathered), condition_of_section(section, causes)
        plan = plan or told_way(section, _action_title(section), label)
        if plan is not None or label is not None:
            parts.append(_Part(section, plan, label))
    parts = _told_apart(parts)
    return _combine(parts, lead, causes) if any(part.plan for part in parts) else None


def _told_apart(parts: list[_Part]) -> list[_Part]:
    places = [] if any(part.label for part in parts) else places_of([part.section for part in parts])
    return (
        [replace(part, label=place) for part, place in zip(parts, places, strict=True)] if places else parts
    )


def _plan_section(section: Section, causes: Causes, gathered: _Gathered) -> Plan | None:
    title = _action_title(section)
    own = plan_blocks(section.blocks, title)
    gathered.take(own)
    lead = _lead_of(section.blocks)
    before = [c for c in section.children if c.heading.kind == "prerequisites"]
    warnings = own.warnings + [text for child in before for block in child.blocks if (text := render(block))]
    below = _plan_siblings(
        [c for c in section.children if c.heading.kind != "prerequisites"], lead, causes, gathered
    )
    if below is not None:
        below = with_warnings(below, warnings)
    if own.plan is not None and below is not None:
        joined = _under_condition(own.plan, below)
        if isinstance(own.plan, Action) and _only_leads(own.plan, below, section):
            below = with_context(below, own.plan)
        elif joined is not None:
            below = joined
        else:
            return sequence([own.plan, below]) if _in_order(lead) else alternatives([own.plan, below])
    return titled(below, title) if below is not None and title else below or own.plan


def _under_condition(lead: Plan, below: Plan) -> Plan | None:
    """ "If the name is old, unlink the app" above the ways to unlink it: all of them are for that case."""
    if not isinstance(lead, Choice) or not choice_asks(lead):
        return None
    goal = next((route.plan for route in lead.routes if route.plan), None)
    if not isinstance(goal, Action) or not announced(goal, below):
        return None
    ways = with_context(below, goal)
    return replace(lead, routes=tuple(replace(r, plan=ways if r.plan else None) for r in lead.routes))


def _only_leads(lead: Action, below: Plan, section: Section) -> bool:
    """Whether the text above the subheadings just announces them."""
    if announced(lead, below, enumerated=counted(section.children)):
        return True
    last = next((b for b in reversed(section.blocks) if isinstance(b, Paragraph)), None)
    found = sentences(last.text) if last else []
    order = order_of(found[-1].text) if found else None
    bare = not lead.items and not lead.command
    return bare and order is not None and (order.generic or found[-1].text.endswith(":"))


def _lead_of(blocks: Many[Block]) -> str:
    last = next((b for b in reversed(blocks) if isinstance(b, Paragraph)), None)
    return plain_words(last.text) if last else ""


def _in_order(lead: str) -> bool:
    return bool(_IN_ORDER.search(lead)) and not re.search(
        r"\bone of\b|\b(?:options|methods|solutions|workarounds|resolutions)\b|\btry\b", lead, re.IGNORECASE
    )


def _action_title(section: Section) -> str:
    """The heading as an action's title; empty when the heading does not say what to do."""
    title = section.heading.title
    if not title or section.heading.kind == "scenario" or _GENERIC_TITLE.match(title):
        return ""
    base = base_of_gerund(title.split(" ", 1)[0])
    if base is not None:
        title = base + title[len(title.split(" ", 1)[0]) :]
    order = order_of(title)
    if order is not None and order.text:
        return title_of(order.text)
    if is_condition(title) or section.heading.kind not in (
        "method",
        "heading",
        "step",
        "resolution",
        "workaround",
    ):
        return ""
    return (
        first_words(plain_words(title), 80)
        if section.heading.kind in ("method", "step") and len(title) > 12
        else ""
    )


def _combine(parts: list[_Part], lead: str, causes: Causes) -> Plan | None:
    choice = _unless_choice(parts, causes)
    parts = [part for part in parts if part.plan]
    if len(parts) < 2 and choice is None:
        return parts[0].plan if parts else None
    if all(part.section.heading.kind == "step" for part in parts) or _in_order(lead):
        return choice or sequence(_plans(parts))
    if choice is not None:
        return choice
    runs = _runs(parts, causes)
    return alternatives(_safe_first(runs, lead))


def _unless_choice(parts: list[_Part], causes: Causes) -> Plan | None:
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
    choice = Choice(
        choice_title([route.label for route in routes]),
        _choice_body(labelled, causes) if targeted else _remarks(labelled),
        distinct(routes),
        span,
        otherwise="" if targeted else "None of these",
        unsure=NOT_KNOWN if targeted else "",
    )
    return alternatives([choice, *_plans(rest)])


def _plans(parts: Many[_Part]) -> list[Plan]:
    return [part.plan for part in parts if part.plan]


def _remarks(parts: Many[_Part]) -> str:
    """What is said to those for whom nothing is offered."""
    said = [(part.label, remark(part.section)) for part in parts if part.plan is None]
    return bulleted([f"**{label}:** {text}" for label, text in said if text])


def _by_cause_number(parts: list[_Part], causes: Causes) -> Plan | None:
    """ "Resolution 1", "Resolution 2" under as many numbered causes: which cause decides."""
    numbers = [part.section.heading.number for part in parts]
    plain = all(
        p.section.heading.kind == "resolution"
        and not p.section.heading.title
        and not p.section.heading.target
        for p in parts
    )
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
    body = bulleted([causes.numbered[n or 0][0] for n in numbers])
    span = Span(parts[0].section.start, parts[-1].section.end)
    return Choice(WHICH_CAUSE, body, routes, span, unsure=NOT_KNOWN)


def _choice_body(parts: list[_Part], causes: Causes) -> str:
    texts = []
    for part in parts:
        target = part.section.heading.target
        known = causes.numbered.get(target[1]) if target else None
        if known and len(known[0]) > LABEL_LIMIT:
            texts.append(known[0])
    return bulleted(texts)


def _heading_span(section: Section) -> Span:
    return Span(section.start, section.end)


def _runs(parts: list[_Part], causes: Causes) -> list[Plan]:
    """Neighbouring steps are one sequence, neighbouring scenarios one choice; the rest stand alone."""
    runs: list[list[_Part]] = []
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
        plan = sequence(_plans(run)) if run[0].section.heading.kind == "step" else _unless_choice(run, causes)
        plans += [plan] if plan is not None else _plans(run)
    return plans


def _kin(one: _Part, other: _Part) -> bool:
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


def _background(sections: Many[Section]) -> list[tuple[str, Span]]:
    found = []
    for section in sections:
        if section.heading.kind not in ("more_information", "status"):
            continue
        for block in without_pointers(section.blocks):
            text = render(block)
            if text:
                found.append((text, Span(block.start, block.end)))
    return found
