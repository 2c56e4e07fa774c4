"""The blocks under one heading as a plan: for whom they are, and what is to be done."""

from collections.abc import Sequence as Many

from flowpilot.ai.offline.single.builds import update_to_build
from flowpilot.ai.offline.single.found import Found, joined
from flowpilot.ai.offline.single.labels import (
    Group,
    by_label,
    choice_title,
)
from flowpilot.ai.offline.single.plan import (
    Action,
    Choice,
    Plan,
    Route,
    Span,
    distinct,
    sequence,
    titled,
    with_context,
    with_warnings,
)
from flowpilot.ai.offline.single.reader import Reader
from flowpilot.ai.offline.single.render import without_pointers
from flowpilot.ai.offline.text.model import Block


def plan_blocks(blocks: Many[Block], title: str = "", warnings: Many[str] = ()) -> Found:
    """Read the blocks in order. `title` names a single action in them; `warnings` precede it."""
    blocks = without_pointers(blocks)
    runs = [_plan_labelled(run) for run in by_label(blocks)]
    planned = [run for run in runs if run is not None]
    if planned and len(planned) == len(runs):
        return joined(planned, title, warnings)
    return _plan_run(blocks, title, warnings)


def _plan_run(blocks: Many[Block], title: str, warnings: Many[str]) -> Found:
    reader = Reader(title, list(warnings), plan_blocks)
    for i, block in enumerate(blocks):
        reader.read(block, blocks[i + 1] if i + 1 < len(blocks) else None)
    return reader.finish()


def _plan_labelled(groups: list[Group]) -> Found | None:
    before = _plan_run(groups[0][2], "", ())
    found = [(label, span, plan_blocks(blocks)) for label, span, blocks in groups[1:]]
    told = [
        part.plan or update_to_build(blocks)
        for (_, _, part), (_, _, blocks) in zip(found, groups[1:], strict=True)
    ]
    routes = tuple(
        Route(label, plan, span) for (label, span, _), plan in zip(found, told, strict=True) if plan
    )
    if len(routes) < 2:
        return None
    span = Span(groups[1][1].start, routes[-1].span.end)
    choice: Plan = Choice(
        choice_title([route.label for route in routes]), "", distinct(routes), span, otherwise="None of these"
    )
    lead = before.plan
    choice = titled(choice, before.goal)
    if isinstance(lead, Action) and not lead.items and lead.command is None:
        choice, lead = with_context(titled(choice, "" if lead.weak else lead.title), lead), None
    both = sequence([part for part in (lead, choice) if part])
    handover = before.handover + [text for _, _, part in found for text in part.handover]
    statements = before.statements + [
        text
        for (_, _, part), plan in zip(found, told, strict=True)
        if plan is part.plan
        for text in part.statements
    ]
    return Found(with_warnings(both, before.warnings) if both else None, statements, handover, [])
