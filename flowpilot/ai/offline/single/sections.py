"""Sections to one plan: what each holds, what stands above it, and what other headings tell."""

import re
from collections.abc import Sequence as Many
from dataclasses import dataclass, field, replace
from typing import TypeGuard

from flowpilot.ai.offline.single.answerable import by_cause_or_told
from flowpilot.ai.offline.single.besides import with_besides
from flowpilot.ai.offline.single.blocks import Found, plan_blocks
from flowpilot.ai.offline.single.cases_besides import with_cases
from flowpilot.ai.offline.single.cause_text import readable
from flowpilot.ai.offline.single.causes import Causes, Variants, read_causes
from flowpilot.ai.offline.single.combining import Part, combine, in_order, told_apart
from flowpilot.ai.offline.single.completing import towards
from flowpilot.ai.offline.single.conditions import (
    APPROPRIATE,
    conditions_of,
    further_conditions,
    is_cause_with_its_fix,
)
from flowpilot.ai.offline.single.draft_titles import pointed_goal
from flowpilot.ai.offline.single.goals import announced, counted
from flowpilot.ai.offline.single.how_to import with_how_to
from flowpilot.ai.offline.single.late import demanded_before, late_ways, untaken, with_check
from flowpilot.ai.offline.single.named_pages import with_named_pages
from flowpilot.ai.offline.single.plan import (
    Action,
    Alternatives,
    Choice,
    Plan,
    Reading,
    Route,
    Span,
    actions_of,
    alternatives,
    choice_asks,
    sequence,
    titled,
    with_context,
    with_warnings,
)
from flowpilot.ai.offline.single.references import as_this, named_section, with_names
from flowpilot.ai.offline.single.render import render, without_pointers
from flowpilot.ai.offline.single.section_titles import action_title
from flowpilot.ai.offline.single.titles import FALLBACK_TITLE, first_word
from flowpilot.ai.offline.single.told import referred, told_way
from flowpilot.ai.offline.text.clauses import yes_no
from flowpilot.ai.offline.text.cues import condition_of
from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.model import Block, Document, Paragraph, Quote, Section
from flowpilot.ai.offline.text.orders import order_of
from flowpilot.ai.offline.text.sentences import sentences
from flowpilot.core.terms import terms

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


@dataclass
class _Gathered:
    """What was met on the way that is not itself a plan."""

    statements: list[tuple[str, Span]] = field(default_factory=list)
    handover: list[str] = field(default_factory=list)

    def take(self, found: Found) -> None:
        self.statements += found.statements
        self.handover += found.handover


def read_document(document: Document, variants: Variants | None = None, described: Many[str] = ()) -> Reading:
    """Everything that the text offers for a flow; `plan` is None when there is nothing to do in it.

    `variants`: the scenarios and symptoms that the problem text counts, to which this text may refer.
    `described`: the sentences of the problem text.
    """
    sections = document.sections
    causes = read_causes([s for s in sections if s.heading.kind == "cause"])
    causes.statements = readable(causes.statements)
    causes.variants = variants or {}
    causes.described = frozenset(word for text in described for word in terms(text))
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
    asked, question = by_cause_or_told(plan, question, causes, described)
    plan = asked or plan
    gathered.handover += late.handover
    if isinstance(plan, Action) and late.same:
        plan = replace(plan, after=(*plan.after, *late.same))
    demanded = demanded_before(sections)
    plan = with_warnings(plan, [text for text, _ in demanded])
    taken = [*late.taken, *checked, *(span for _, span in demanded)]
    plan, needed = with_how_to(plan, sections, taken)
    taken += needed
    plan, besides = with_besides(plan, sections, taken)
    taken += besides
    plan, question, cases = with_cases(plan, question, sections, taken)
    taken += cases
    plan = with_named_pages(plan, sections)
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


def _plan_siblings(
    sections: Many[Section], lead: str, causes: Causes, gathered: _Gathered, above: str = ""
) -> Plan | None:
    """`above`: the heading that the sections stand under."""
    fixes = [one for one in sections if one.heading.kind in _FIX or is_cause_with_its_fix(one)]
    parts = []
    for section, label in zip(fixes, conditions_of(fixes, causes, above), strict=True):
        plan = _plan_section(section, causes, gathered)
        plan = plan or told_way(section, action_title(section), label)
        gathered.handover += referred(section) if plan is None else []
        if plan is not None and label is None:
            plan = _if_headed(section, plan)
        if plan is not None or label is not None:
            parts.append(Part(section, plan, label))
            parts += [Part(section, plan, further) for further in further_conditions(section, causes)]
    parts = _called_by_name(told_apart(parts))
    return combine(parts, lead, causes) if any(part.plan for part in parts) else None


def _if_headed(section: Section, plan: Plan) -> Plan:
    """The plan behind the condition of its heading: "If you use a trolley, clear the ramp"."""
    condition = condition_of(section.heading.title)
    asked = yes_no(condition[0]) if condition is not None and order_of(condition[1]) else None
    if asked is None:
        return plan
    span = Span(section.start, section.end)
    given, other = Route("Yes", plan, span), Route("No", None, span)
    if not asked.yes_means_so:
        given, other = Route("Yes", None, span), Route("No", plan, span)
    return Choice(asked.title, "", (given, other), span)


def _called_by_name(parts: list[Part]) -> list[Part]:
    """The parts without the numbers by which their text calls one another."""
    names = [named_section(part.section, part.plan) for part in parts]
    return [
        replace(
            part, plan=with_names(as_this(part.plan, own), [name for name in names if name and name != own])
        )
        if part.plan
        else part
        for part, own in zip(parts, names, strict=True)
    ]


def _plan_section(section: Section, causes: Causes, gathered: _Gathered) -> Plan | None:
    title = action_title(section)
    own = plan_blocks(section.blocks, title)
    gathered.take(own)
    lead = _lead_of(section.blocks)
    before = [c for c in section.children if c.heading.kind == "prerequisites"]
    warnings = own.warnings + [text for child in before for block in child.blocks if (text := render(block))]
    below = _plan_siblings(
        [c for c in section.children if c.heading.kind != "prerequisites"],
        lead,
        causes,
        gathered,
        f"{section.heading.title}\n{lead}" if APPROPRIATE.search(lead) else section.heading.title,
    )
    if below is not None:
        below = towards(with_warnings(below, warnings), pointed_goal(lead))
    if isinstance(own.plan, Alternatives) and below is not None and _only_values(below):
        *others, last = own.plan.parts
        if isinstance(last, Action) and not last.items and last.command is None:
            return alternatives([*others, with_context(titled(below, last.title), last)])
    if own.plan is not None and below is not None and _tells_how(own.plan, below):
        return with_context(titled(below, own.plan.title), own.plan)
    if own.plan is not None and below is not None:
        joined = _under_condition(own.plan, below)
        if isinstance(own.plan, Action) and _only_leads(own.plan, below, section):
            below = with_context(towards(below, own.plan.title), own.plan)
        elif joined is not None:
            below = joined
        else:
            return sequence([own.plan, below]) if in_order(lead) else alternatives([own.plan, below])
    return titled(below, title) if below is not None and title else below or own.plan


def _only_values(below: Plan) -> bool:
    """Whether what stands below only shows what to enter, for one case each."""
    return isinstance(below, Choice) and all(
        action.title.startswith(FALLBACK_TITLE) for action in actions_of(below)
    )


def _tells_how(goal: Plan, below: Plan) -> TypeGuard[Action]:
    """Whether the heading below repeats the order above it: its steps are how that is done."""
    if not isinstance(goal, Action) or not isinstance(below, Action) or goal.items or goal.command:
        return False
    again, told = set(terms(below.title)), set(terms(goal.title))
    return first_word(goal.title) == first_word(below.title) and len(again) > 1 and again <= told


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
    steps = [child for child in section.children if child.heading.kind == "step"]
    if len(steps) > 1 and len(steps) == len(section.children) and not lead.items and not lead.command:
        return True
    last = next((b for b in reversed(section.blocks) if isinstance(b, Paragraph)), None)
    found = sentences(last.text) if last else []
    order = order_of(found[-1].text) if found else None
    bare = not lead.items and not lead.command
    return bare and order is not None and (order.generic or found[-1].text.endswith(":"))


def _lead_of(blocks: Many[Block]) -> str:
    last = next((b for b in reversed(blocks) if isinstance(b, Paragraph)), None)
    return plain_words(last.text) if last else ""


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
