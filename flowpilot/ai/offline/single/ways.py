"""A list whose entries are ways of their own: one to choose, or one tried after the other."""

from collections.abc import Callable
from collections.abc import Sequence as Many
from dataclasses import dataclass

from flowpilot.ai.offline.single.found import Found
from flowpilot.ai.offline.single.labels import (
    CONTENT_LIST,
    DEPENDS,
    ONE_OF,
    PICKED,
    WAYS,
    choice_title,
    item_condition,
)
from flowpilot.ai.offline.single.plan import (
    Action,
    Choice,
    Plan,
    Route,
    Span,
    alternatives,
    distinct,
)
from flowpilot.ai.offline.single.render import item
from flowpilot.ai.offline.text.model import Block, Item, ListBlock, Paragraph
from flowpilot.ai.offline.text.order_titles import title_of
from flowpilot.ai.offline.text.sentences import sentences

PlanBlocks = Callable[[Many[Block]], Found]


@dataclass(frozen=True)
class Ways:
    plan: Plan
    handover: tuple[str, ...] = ()


def ways_in(block: ListBlock, lead: str, plan_blocks: PlanBlocks) -> Ways | None:
    """The list as alternatives or as a choice, when its lead says so and every entry can stand alone."""
    facts = CONTENT_LIST.search(lead) and not WAYS.search(lead)
    picked = not block.ordered and bool(PICKED.search(lead))
    one_of = (picked or bool(ONE_OF.search(lead))) and not facts
    labels = [item_condition(part) for part in block.items]
    apart = all(labels) and all(part.blocks for part in block.items)
    if not 2 <= len(block.items) <= _MOST or not (one_of or DEPENDS.search(lead) or apart):
        return None
    choice = _chosen(block, labels, plan_blocks)
    if choice is not None:
        return Ways(choice)
    return _tried(block, plan_blocks) if one_of else None


_MOST = 8


def _chosen(block: ListBlock, labels: Many[str | None], plan_blocks: PlanBlocks) -> Plan | None:
    """The entries by their conditions, when each has one of its own and something to do."""
    told = [label for label in labels if label]
    if len(told) < len(labels) or len(set(told)) < len(told):
        return None
    routes = tuple(
        Route(label, plan_blocks(item_blocks(part)).plan, Span(part.start, part.end))
        for part, label in zip(block.items, told, strict=True)
    )
    if not all(route.plan for route in routes):
        return None
    span = Span(block.start, block.end)
    return Choice(choice_title(told), "", distinct(routes), span, otherwise="None of these")


def _tried(block: ListBlock, plan_blocks: PlanBlocks) -> Ways | None:
    """The entries one after the other, when at least half of them hold something to do."""
    found = [plan_blocks(item_blocks(part)) for part in block.items]
    if sum(1 for one in found if one.plan) * 2 < len(block.items):
        return None
    plans = [
        one.plan or _declared(part)
        for one, part in zip(found, block.items, strict=True)
        if one.plan or not one.handover
    ]
    plan = alternatives([plan for plan in plans if plan])
    handover = tuple(text for one in found for text in one.handover)
    return Ways(plan, handover) if plan is not None else None


def _declared(part: Item) -> Plan | None:
    """A way that is told, not ordered: "An owner can add the permission in Outlook."."""
    text = item(part)
    if not text:
        return None
    first = sentences(part.text)[0].text.rstrip(".:")
    return Action(title_of(first), Span(part.start, part.end), context=(text,))


def item_blocks(part: Item) -> list[Block]:
    head: list[Block] = [Paragraph(part.text, part.start, part.end)] if part.text else []
    return [*head, *part.blocks]
