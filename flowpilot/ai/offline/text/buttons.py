"""Buttons of a page: what they run is named in the sentence that speaks of "the button below"."""

import re
from collections.abc import Sequence
from dataclasses import replace

from flowpilot.ai.offline.text.model import Block, Paragraph, Quote

_SAYS = re.compile(r"(?:\[!div\b[^\]\n]*\]\s*)?(?:Run Tests|Diag(?:nostic)?): (?P<name>[^\n]{4,100})$")
_BUTTON = re.compile(
    r"\b(?:select|click|use) (?:the|this) (?:following )?(?:[A-Z]\w+ ){0,2}button(?: below)?"
    r"(?: to (?:open|launch|run|populate|start) (?:a|the) diagnostics?)?",
    re.IGNORECASE,
)
_FAR = 3
"""Blocks between the sentence and its button."""


def with_buttons(blocks: Sequence[Block]) -> list[Block]:
    """The blocks, each button that runs a diagnostic named where the text says to select it."""
    made: list[Block] = []
    for block in blocks:
        name = _named(block)
        at = _speaking(made) if name else None
        speaking = made[at] if at is not None else None
        if at is not None and isinstance(speaking, Paragraph):
            made[at] = replace(speaking, text=_running(speaking.text, name))
        else:
            made.append(block)
    return made


def _named(block: Block) -> str:
    """What the button says, where the block is one."""
    inner = block.blocks[0] if isinstance(block, Quote) and len(block.blocks) == 1 else None
    said = _SAYS.match(inner.text) if isinstance(inner, Paragraph) else None
    return said["name"].strip() if said is not None else ""


def _speaking(blocks: Sequence[Block]) -> int | None:
    """Index of the last of the blocks before a button that says to select it."""
    near = range(len(blocks) - 1, max(len(blocks) - 1 - _FAR, -1), -1)
    told = ((at, blocks[at]) for at in near)
    return next((at for at, one in told if isinstance(one, Paragraph) and _BUTTON.search(one.text)), None)


def _running(text: str, name: str) -> str:
    def run(button: re.Match[str]) -> str:
        return f'{"Run" if button.group(0)[:1].isupper() else "run"} the diagnostic "{name}"'

    return _BUTTON.sub(run, text, count=1)
