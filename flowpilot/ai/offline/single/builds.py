"""Builds in which a fault is fixed, told without an order: what is done is to update to one of them."""

import re
from collections.abc import Sequence as Many

from flowpilot.ai.offline.single.plan import Action, Span
from flowpilot.ai.offline.single.render import bulleted, inline, item, render
from flowpilot.ai.offline.text.model import Block, ListBlock, Paragraph

_BUILD = re.compile(r"\b\d+\.\d+\.\d{3,}|\bbuilds? \d{4,}", re.IGNORECASE)
UPDATE = "Update to a build in which this is fixed"


def update_to_build(blocks: Many[Block]) -> Action | None:
    """The blocks as an update, when every line of them names a build and at most a channel before it."""
    told = [(block, line) for block in blocks if render(block) for line in _lines(block)]
    if not told or not all(_names_build(line) for _, line in told):
        return None
    span = Span(told[0][0].start, told[-1][0].end)
    return Action(UPDATE, span, context=(bulleted([inline(line) for _, line in told]),))


def _lines(block: Block) -> list[str]:
    if isinstance(block, Paragraph):
        return [line for line in block.text.split("\n") if line.strip()]
    if isinstance(block, ListBlock):
        return [item(part) for part in block.items]
    return [""]


def _names_build(line: str) -> bool:
    return bool(_BUILD.search(line)) and len(line) <= _LONGEST and line.count(". ") == 0


_LONGEST = 140
