"""The door to reading ticket text, for importers: a resolution as the steps that an engineer took.

Lists give a step an item, whatever is nested in an item is its body; paragraphs give a step each; code hangs
on the step that it follows. Causes become notes. Debris (mail signatures, "Still need help?") and
background sections give nothing: the resolution itself is kept whole beside the steps.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Literal

from flowpilot.ai.offline.single.render import render, render_all
from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.model import Block, Code, Document, Item, ListBlock, Paragraph, Section
from flowpilot.ai.offline.text.parse import parse_document
from flowpilot.ai.offline.text.sentences import first_words, sentences

TITLE_LIMIT = 200
_SKIPPED = {"debris", "more_information", "status", "applies_to", "reproduce"}
_NOTES = {"cause", "symptoms", "prerequisites"}
CHECK = re.compile(
    r"(?:check|verif|confirm|make sure|ensure|test|look|compare|review|inspect)", re.IGNORECASE
)

Kind = Literal["action", "check", "script", "note"]


@dataclass(frozen=True)
class ParsedStep:
    kind: Kind
    title: str
    body: str
    """Markdown; empty when the title says all."""


@dataclass
class _Draft:
    title: str
    note: bool
    parts: list[str] = field(default_factory=list)
    has_code: bool = False

    def step(self) -> ParsedStep:
        kind: Kind = "check" if CHECK.match(self.title) else "action"
        if self.note:
            kind = "note"
        elif self.has_code:
            kind = "script"
        return ParsedStep(kind, self.title, "\n\n".join(part for part in self.parts if part))


def steps_of(resolution: str) -> list[ParsedStep]:
    """The steps in the order of the text. Deterministic; empty when the text is all debris."""
    return _steps(parse_document(resolution))


def _steps(document: Document) -> list[ParsedStep]:
    drafts: list[_Draft] = []
    for section in _sections(document.sections):
        before = len(drafts)
        for block, following in zip_longest(section.blocks, section.blocks[1:]):
            _read(block, following, drafts, before, note=section.heading.kind in _NOTES)
    return [draft.step() for draft in drafts]


def _sections(sections: tuple[Section, ...]) -> Iterator[Section]:
    for section in sections:
        if section.heading.kind not in _SKIPPED:
            yield section
            yield from _sections(section.children)


def _read(block: Block, following: Block | None, drafts: list[_Draft], before: int, *, note: bool) -> None:
    """Add the block's steps to `drafts`; those from index `before` on are of the same section."""
    if isinstance(block, ListBlock):
        drafts += [draft for item in block.items if (draft := _item(item, note=note))]
    elif isinstance(block, Paragraph):
        if not _leads_in(block, following):
            drafts += [draft for draft in [_paragraph(block, note=note)] if draft]
    elif len(drafts) > before:
        drafts[-1].parts.append(render(block))
        drafts[-1].has_code |= isinstance(block, Code)
    elif text := render(block):
        title = _title(block.text if isinstance(block, Code) else text)
        drafts.append(_Draft(title, note, [text], has_code=isinstance(block, Code)))


def _leads_in(block: Paragraph, following: Block | None) -> bool:
    """ "Follow these steps:" before the steps says nothing that they do not."""
    return isinstance(following, ListBlock) and block.text.rstrip().endswith(":")


def _item(item: Item, *, note: bool) -> _Draft | None:
    title = _title(item.text)
    if not title:
        return None
    has_code = any(isinstance(block, Code) for block in item.blocks)
    return _Draft(title, note, [_beyond(title, item.text), render_all(item.blocks)], has_code)


def _paragraph(block: Paragraph, *, note: bool) -> _Draft | None:
    text = render(block)
    found = sentences(text)
    if not found:
        return None
    title = _title(found[0].text)
    return _Draft(title, note, [text if len(found) > 1 else _beyond(title, text)]) if title else None


def _title(text: str) -> str:
    lines = plain_words(text[:2000]).split("\n")
    return first_words(lines[0].rstrip(".:; "), TITLE_LIMIT)


def _beyond(title: str, text: str) -> str:
    """The whole text where the title had to cut it."""
    return text if len(plain_words(text)) > len(title) + 2 else ""
