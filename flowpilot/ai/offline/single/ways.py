"""A list whose entries are ways of their own: one to choose, or one tried after the other."""

import re
from collections.abc import Callable
from collections.abc import Sequence as Many
from dataclasses import dataclass, replace

from flowpilot.ai.offline.single.by_goal import by_goal
from flowpilot.ai.offline.single.checks import separate_checks
from flowpilot.ai.offline.single.found import Found
from flowpilot.ai.offline.single.labels import (
    CONTENT_LIST,
    DEPENDS,
    ONE_OF,
    PICKED,
    WAYS,
    choice_title,
    item_condition,
    label_text,
    names_versions,
)
from flowpilot.ai.offline.single.plan import (
    Action,
    Choice,
    Plan,
    Route,
    Span,
    alternatives,
    distinct,
    with_context,
)
from flowpilot.ai.offline.single.references import with_own_steps
from flowpilot.ai.offline.single.render import item
from flowpilot.ai.offline.single.titles import CLICKS, MEANINGFUL, first_word, told, worth
from flowpilot.ai.offline.text.cues import condition_of, is_fallback
from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.model import Block, Item, ListBlock, Paragraph
from flowpilot.ai.offline.text.order_titles import title_of
from flowpilot.ai.offline.text.orders import order_of
from flowpilot.ai.offline.text.sentences import first_words, sentences
from flowpilot.ai.offline.text.verbs import is_verb

PlanBlocks = Callable[[Many[Block]], Found]


@dataclass(frozen=True)
class Ways:
    plan: Plan
    handover: tuple[str, ...] = ()


def ways_in(block: ListBlock, lead: str, plan_blocks: PlanBlocks, *, named: bool = False) -> Ways | None:
    """The list as alternatives or as a choice, when its lead says so and every entry can stand alone.

    `named`: a heading above says what all of it is for.
    """
    facts = CONTENT_LIST.search(lead) and not WAYS.search(lead)
    picked = not block.ordered and bool(PICKED.search(lead))
    told_apart = (not named and _apart(block, lead)) or _another(block)
    one_of = (picked or bool(ONE_OF.search(lead)) or told_apart) and not facts
    versions = [_for_version(part) for part in block.items] if _RELEASES.search(lead) else []
    if len(versions) > 1 and all(versions):
        return Ways(_installed(versions, block))
    goals = by_goal(block, plan_blocks)
    if goals is not None:
        return Ways(goals)
    labels = [item_condition(part) for part in block.items]
    apart = all(labels) and (all(part.blocks for part in block.items) or all(map(_of_version, labels)))
    checks = separate_checks(block, lead)
    if checks is not None and not (one_of or apart or named):
        return _tried(checks, plan_blocks, counted_from=block.first_number)
    if not 2 <= len(block.items) <= _MOST or not (one_of or DEPENDS.search(lead) or apart):
        return None
    choice = _chosen(block, labels, plan_blocks)
    if choice is not None:
        return Ways(choice)
    return _tried([[part] for part in block.items], plan_blocks) if one_of else None


def _of_version(label: str | None) -> bool:
    return label is not None and names_versions(label)


_RELEASES = re.compile(
    r"\b(?:following|these) (?:\w+ )?(?:updates?|builds?|hotfix(?:es)?|releases)\b", re.IGNORECASE
)
_VERSION_FIRST = re.compile(
    r"^(?:for )?(?P<label>[^:]{3,60}): (?P<what>.*\b(?:updates?|builds?|KB|hotfix|version)\b.*)$"
)


def _for_version(part: Item) -> Route | None:
    """ "Gate 7 MSI: update KB 300": what is installed on which version."""
    match = _VERSION_FIRST.match(part.text.strip()) if not part.blocks else None
    if match is None or not names_versions(match["label"]):
        return None
    span = Span(part.start, part.end)
    what = first_words(plain_words(match["what"]).rstrip("."), _LONGEST_NAME)
    return Route(label_text(match["label"]), Action(f"Install {what}", span, context=(item(part),)), span)


def _installed(routes: Many[Route | None], block: ListBlock) -> Choice:
    found = tuple(route for route in routes if route is not None)
    span = Span(block.start, block.end)
    return Choice(choice_title([route.label for route in found]), "", found, span, otherwise="None of these")


_LONGEST_NAME = 100
_MOST = 8
_TOGETHER = re.compile(
    r"\b(?:all|both|each|every|steps?|requirements?|conditions?|sequence|order|complete|perform|check|verify|confirm"
    r"|make sure|ensure|tasks)\b",
    re.IGNORECASE,
)


def _apart(block: ListBlock, lead: str) -> bool:
    """Bullets that each say what is changed, under a lead that does not ask for all of them."""
    if block.ordered or _TOGETHER.search(lead) or len(block.items) > _FEW:
        return False
    return all(_changes(part) for part in block.items)


_FEW = 4


def _another(block: ListBlock) -> bool:
    """Bullets of which the later ones begin "you can also", "alternatively"."""
    first = [plain_words(sentences(part.text)[0].text) if part.text else "" for part in block.items]
    orders = all(order_of(text) is not None for text in first)
    return not block.ordered and orders and len(first) > 1 and is_fallback(first[-1])


def _changes(part: Item) -> bool:
    found = sentences(part.text.split("\n", 1)[0])
    order = order_of(found[0].text) if found else None
    title = told(order.text) if order is not None and not order.generic else ""
    return worth(title) >= MEANINGFUL and first_word(title) not in CLICKS


def _chosen(block: ListBlock, labels: Many[str | None], plan_blocks: PlanBlocks) -> Plan | None:
    """The entries by their conditions, when each has one of its own and something to do."""
    told = [label for label in labels if label]
    if len(told) < len(labels) or len(set(told)) < len(told):
        return None
    routes = tuple(
        Route(label, plan_blocks(_below_label(part, label)).plan, Span(part.start, part.end))
        for part, label in zip(block.items, told, strict=True)
    )
    if not all(route.plan for route in routes):
        return None
    span = Span(block.start, block.end)
    return Choice(choice_title(told), "", distinct(routes), span, otherwise="None of these")


def _below_label(part: Item, label: str) -> Many[Block]:
    """What the entry holds, without a first line that only is its label."""
    alone = bool(part.blocks) and label_text(part.text) == label
    return part.blocks if alone else item_blocks(part)


def _tried(
    groups: Many[Many[Item]], plan_blocks: PlanBlocks, *, counted_from: int | None = None
) -> Ways | None:
    """The entries one after the other, when at least half of them hold something to do."""
    found = [plan_blocks([block for part in group for block in item_blocks(part)]) for group in groups]
    if sum(1 for one in found if one.plan) * 2 < len(groups):
        return None
    if counted_from is not None:
        found = [_renumbered(one, groups, at, counted_from) for at, one in enumerate(found)]
    plans = [
        one.plan or _declared(group[0])
        for one, group in zip(found, groups, strict=True)
        if one.plan or not one.handover
    ]
    plan = alternatives([plan for plan in plans if plan])
    handover = tuple(text for one in found for text in one.handover)
    told = tuple(
        f"> **Note:** {text}"
        for one, made, group in zip(found, plans, groups, strict=False)
        if not one.plan and not one.handover and made is None
        if (text := item(group[0])) and "\n" not in text
    )
    if plan is not None and told:
        plan = with_context(plan, Action("", Span(0, 0), warnings=told))
    return Ways(plan, handover) if plan is not None else None


def _renumbered(found: Found, groups: Many[Many[Item]], at: int, counted_from: int) -> Found:
    number = counted_from + sum(len(group) for group in groups[:at])
    return replace(found, plan=with_own_steps(found.plan, number)) if found.plan is not None else found


def _declared(part: Item) -> Plan | None:
    """A way that is told, not ordered: "An owner can add the permission in Outlook."."""
    text = item(part)
    if not text:
        return None
    first = sentences(part.text)[0].text.rstrip(".:")
    if condition_of(first) is not None:
        return None
    may = _MAY.match(first)
    if may is not None and is_verb(may["verb"]):
        first = f"have {may['who'][:1].lower()}{may['who'][1:]} {may['verb']}{may['what']}"
    return Action(title_of(first), Span(part.start, part.end), context=(text,))


_MAY = re.compile(r"(?P<who>(?:An?|The) [^,.]{3,80}?) can (?P<verb>[a-z-]+)(?P<what> .{3,})$")
"""Who else can do it is asked to."""


def item_blocks(part: Item) -> list[Block]:
    head: list[Block] = [Paragraph(part.text, part.start, part.end)] if part.text else []
    return [*head, *part.blocks]
