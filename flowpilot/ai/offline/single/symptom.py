"""The problem in words: the flow's title, the question that confirms it, and what is true when it is gone."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from flowpilot.ai.offline.single.causes import first_statement
from flowpilot.ai.offline.single.complaint import complaint_of
from flowpilot.ai.offline.single.confirming import confirming_question, names_others, told_first
from flowpilot.ai.offline.single.error import evened, find_error, named_in, telling_line, verbatim
from flowpilot.ai.offline.single.flow_title import TASK, flow_title, with_error, without_boilerplate
from flowpilot.ai.offline.single.leftovers import without_last_lead, without_picture_lead
from flowpilot.ai.offline.single.plan import Span
from flowpilot.ai.offline.single.render import bulleted, fenced, item, names_pages, prose, render
from flowpilot.ai.offline.single.solved import solved_title
from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.model import (
    Block,
    Code,
    Document,
    ListBlock,
    Note,
    Paragraph,
    Section,
    SectionKind,
)


@dataclass(frozen=True)
class Symptom:
    title: str
    question: str
    body: str
    error: str
    """Error text or code as the first question has it, empty when the ticket names none."""
    solved: str
    spans: tuple[Span, ...]


_TITLE_READ = 400
"""Characters of a ticket's title that are looked at."""


def read_symptom(
    title: str,
    document: Document,
    causes: Sequence[str] = (),
    *,
    resolution: str = "",
    cause_asked: bool = False,
) -> Symptom:
    """`causes`: what the resolution names as the cause, which nobody can confirm before looking for it.

    `resolution` may name the product where the problem does not.
    """
    title = title[:_TITLE_READ]
    whole = without_boilerplate(title, document.source) or flow_title(title, document.source)
    blocks = _blocks(document.sections)
    error = find_error(whole, blocks)
    cleaned = flow_title(with_error(title, error.text), document.source, resolution)
    task = bool(TASK.match(plain_words(title)))
    named = named_in(whole)
    shown = telling_line(verbatim(named, error.text) if named else error.text, whole)
    complaint = complaint_of(whole, causes, asked=cause_asked)
    spans = [Span(0, len(title), "title")] if title.strip() else []
    spans += [replace(error.span, field="text")] if error.span is not None else []
    question = confirming_question(complaint, error, shown, told_first(blocks), task=task)
    if sum(1 for section in _told(document.sections) if _variant(section)) > 1:
        question = _WHEN_ASKED.sub(r"\g<error>?", question)
    return Symptom(
        cleaned,
        question,
        _body(document.sections, error.text),
        shown,
        solved_title(complaint, shown, task=task, others=names_others(question, error)),
        tuple(dict.fromkeys(spans)),
    )


_WHEN_ASKED = re.compile(r"^(?P<error>Do you get \"[^\"]+\") (?:when|while|after|if) .*$")
"""Of several scenarios the title tells one: asked with its circumstances, the others would be ruled out."""


def _blocks(sections: Sequence[Section]) -> list[Block]:
    found: list[Block] = []
    for section in _told(sections):
        found += section.blocks
    return found


def _told(sections: Sequence[Section]) -> list[Section]:
    """Sections that tell what is seen, those below them included."""
    found: list[Section] = []
    for section in sections:
        if section.heading.kind not in ("reproduce", "debris", "applies_to"):
            found += [section, *_told(section.children)]
    return found


_BODY, _BODY_MOST, _QUOTED = 1200, 1800, 300
_VARIANT = re.compile(r"(?:scenario|symptom|issue|case|problem) ?\d", re.IGNORECASE)


def _body(sections: Sequence[Section], error: str) -> str:
    """What to compare on the phone: the whole error text, further symptoms, the setting."""
    parts: list[str] = []
    for section in _told(sections):
        _put(section, parts)
    parts = [part for part in parts if part]
    quotes = any(part.startswith((">", "`")) for part in parts)
    if error and not quotes and not _tells(parts, error) and len(error) < _QUOTED:
        parts.append(f"> {error}")
    while parts and parts[-1].endswith((":", "**")) and not parts[-1].startswith(">"):
        parts.pop()
    return "\n\n".join(parts)


def _put(section: Section, parts: list[str]) -> None:
    """Add what the section shows; a sentence that leads to what is left out goes with it."""
    heading = _variant(section)
    if heading and section.blocks:
        parts.append(f"**{heading}**")
    pointed = False
    for block, following in zip_longest(section.blocks, section.blocks[1:]):
        text = "" if pointed and isinstance(block, ListBlock) else _shown(block)
        pointed = isinstance(block, Paragraph) and names_pages(block.text)
        if isinstance(following, Paragraph | None):
            text = without_picture_lead(text)
        led = bool(parts) and parts[-1].endswith(":")
        size = sum(map(len, parts))
        if size <= _BODY and text and size + len(text) <= _BODY_MOST and (led or not _has(parts, text)):
            parts.append(text)
        elif text and led:
            parts[-1] = without_last_lead(parts[-1])


_COUNTED = ("scenario", "symptoms")


def _variant(section: Section) -> str:
    """What the section is called, where the text counts its scenarios or symptoms."""
    heading = section.heading
    if heading.number is None or heading.kind not in _COUNTED:
        return plain_words(heading.title) if _VARIANT.match(heading.title) else ""
    kind = heading.kind.removesuffix("s").capitalize()
    return f"{kind} {heading.number}: {plain_words(heading.title)}".removesuffix(": ")


def told_variants(document: Document) -> dict[tuple[SectionKind, int], tuple[str, Span]]:
    """The scenarios and symptoms that the problem text counts, each in its own words."""
    found = {}
    for section in _told(document.sections):
        heading = section.heading
        text = heading.title or first_statement(section.blocks)
        if heading.number is not None and heading.kind in _COUNTED and text:
            found[heading.kind, heading.number] = text, Span(section.start, section.end, "text")
    return found


def _has(parts: Sequence[str], text: str) -> bool:
    return any(evened(text)[:60] == evened(part)[:60] for part in parts)


def _tells(parts: Sequence[str], error: str) -> bool:
    return any(evened(error)[:40] in evened(part) for part in parts)


def _shown(block: Block) -> str:
    if isinstance(block, Paragraph):
        short = len(block.text) < 60
        return (
            ""
            if short and re.match(r"consider the following", block.text, re.IGNORECASE)
            else prose(block.text)
        )
    if isinstance(block, Code):
        return fenced(block) if len(block.text) <= _BODY else ""
    if isinstance(block, ListBlock):
        if block.ordered:
            return render(block)
        return bulleted([text for part in block.items if (text := item(part))])
    if isinstance(block, Note) and (block.kind == "tip" or _OF_ACTS.search(render(block))):
        return ""
    return render(block)


_OF_ACTS = re.compile(r"\bback up the registry\b|\bmodify the registry\b", re.IGNORECASE)
"""Warns of what is done later: the act has it where it edits the registry."""
