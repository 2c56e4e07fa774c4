"""Messages of programs: shown whole, as the program says them, but without what only its makers read."""

import re

from flowpilot.ai.offline.single.render import inline, quoted, render
from flowpilot.ai.offline.text.model import Block, Note, Paragraph, Quote


def message(block: Block) -> str:
    """A quotation with every one of its sentences, those that point elsewhere included; else as rendered."""
    if not isinstance(block, Quote):
        return render(block)
    return quoted("\n\n".join(text for text in map(_said, block.blocks) if text))


def _said(block: Block) -> str:
    if isinstance(block, Note):
        return f"{block.kind.capitalize()}: " + "\n\n".join(map(_said, block.blocks))
    if not isinstance(block, Paragraph):
        return message(block)
    shown = inline(block.text)
    alone = "`" in block.text or _RUN_THERE.fullmatch(shown)
    return shown if alone else _RUN_THERE.sub(r"\1", shown)


_RUN_THERE = re.compile(r"`(\+?(?:[A-Z][a-z]+-[A-Z]\w+|-[A-Z]\w+)[^`<>\n]*)`")
"""Cmdlets and switches that a message names: they are not to be run, so the message stands word for word."""


_FRAME = r"(?:> ?)*\s*at [\w.`<>+\[\]]+\(.*"
_FRAMES = re.compile(rf"^(?P<mark>(?:> ?)*)\s*at [\w.`<>+\[\]]+\(.*(?:\n{_FRAME})+", re.MULTILINE)


def without_frames(text: str) -> str:
    """The message without the calls of a program that led to it; what stays of code is exact."""
    opening = text.split("\n", 1)[0]
    if not opening.startswith("```"):
        return _FRAMES.sub(r"\g<mark>…", text)
    closing = "`" * (len(opening) - len(opening.lstrip("`")))
    return _FRAMES.sub(f"{closing}\n\n{opening}", text)
