"""What to compare on the phone: the problem's text with its messages, as the first question shows it."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

from flowpilot.ai.offline.single.causes import first_statement
from flowpilot.ai.offline.single.error import evened
from flowpilot.ai.offline.single.leftovers import without_last_lead, without_picture_lead
from flowpilot.ai.offline.single.messages import message, without_frames
from flowpilot.ai.offline.single.plan import Span
from flowpilot.ai.offline.single.render import bulleted, item, names_pages, numbered, prose
from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.imperatives import begins_with_verb
from flowpilot.ai.offline.text.model import (
    Block,
    Document,
    Item,
    ListBlock,
    Note,
    Paragraph,
    Section,
    SectionKind,
    Sentence,
)
from flowpilot.ai.offline.text.sentences import sentences


def told_sections(sections: Sequence[Section]) -> list[Section]:
    """Sections that tell what is seen, those below them included."""
    found: list[Section] = []
    for section in sections:
        if section.heading.kind not in ("reproduce", "debris", "applies_to"):
            found += [section, *told_sections(section.children)]
    return found


_ENOUGH, _MOST, _QUOTED = 1200, 4200, 300
"""Characters from which on an order ends what is seen, and that are shown at most."""
_VARIANT = re.compile(r"(?:scenario|symptom|issue|case|problem) ?\d", re.IGNORECASE)


def body_of(sections: Sequence[Section], error: str) -> str:
    """What to compare on the phone: the whole error text, further symptoms, the setting."""
    parts: list[str] = []
    for section in told_sections(sections):
        if not _put(section, parts):
            break
    parts = [part for part in parts if part]
    quotes = any(part.startswith((">", "`")) for part in parts)
    if error and not quotes and not _tells(parts, error) and len(error) < _QUOTED:
        parts.append(f"> {error}")
    while parts and parts[-1].endswith((":", "**")) and not parts[-1].startswith(">"):
        last = parts.pop()
        if _TELLS_ITSELF.fullmatch(last) and not _ANNOUNCES.search(last[-_LEAD:]):
            parts.append(f"{last[:-1]}.")
    return "\n\n".join(parts)


_TELLS_ITSELF = re.compile(r"[A-Z][^\n]{40,600}\w:")
"""What a colon ends only because a picture followed."""
_ANNOUNCES = re.compile(
    r"\b(?:following|these|those|below|examples?|resembles?|similar|errors?|messages? (?:that|is|as)|as|is:"
    r"|like|e\.g)(?:\b|$)",
    re.IGNORECASE,
)
_LEAD = 80
"""Characters of a sentence's end in which it says what it leads to."""


def _put(section: Section, parts: list[str]) -> bool:
    """Add what the section shows; a sentence that leads to what is left out goes with it.

    False when there was no room for all of it.
    """
    heading = variant_of(section) or _event(section)
    if heading and section.blocks:
        parts.append(f"**{heading}**")
    before = len(parts) if heading else 0
    pointed = False
    for block, following in zip_longest(section.blocks, section.blocks[1:]):
        text = "" if pointed and isinstance(block, ListBlock) else _shown(block)
        pointed = isinstance(block, Paragraph) and names_pages(block.text)
        if isinstance(following, Paragraph | None):
            text = without_picture_lead(text)
        led = bool(parts) and parts[-1].endswith(":")
        size = sum(map(len, parts))
        if size > _ENOUGH and _orders(block):
            break
        room = _MOST - size
        text = text if len(text) <= room else without_frames(text)
        if room < len(text) < _LOG:
            return False
        if text and len(text) <= room and (led or not _has(parts[before:], text)):
            parts.append(text)
        elif text and led:
            parts[-1] = without_last_lead(parts[-1])
    return True


_LOG = 2000
"""Characters from which on a block is a log: it goes alone where there is no room for it."""
_REMEDY = re.compile(
    r"to (?:resolve|fix|work around|do) |.*\bfollow (?:these|the following|the) ", re.IGNORECASE
)


def _orders(block: Block) -> bool:
    """Whether it tells what to do, no longer what is seen."""
    if isinstance(block, ListBlock):
        return not block.ordered and begins_with_verb(block.items[0].text)
    return isinstance(block, Paragraph) and (
        begins_with_verb(block.text) or _REMEDY.match(block.text) is not None
    )


_EVENT = re.compile(r"event(?: id)?:? \d+", re.IGNORECASE)


def _event(section: Section) -> str:
    """The heading of one of several events, by which it is known in the log."""
    title = plain_words(section.heading.title)
    return title if _EVENT.match(title) else ""


_COUNTED = ("scenario", "symptoms")


def variant_of(section: Section) -> str:
    """What the section is called, where the text counts its scenarios or symptoms."""
    heading = section.heading
    if heading.number is None or heading.kind not in _COUNTED:
        return plain_words(heading.title) if _VARIANT.match(heading.title) else ""
    kind = heading.kind.removesuffix("s").capitalize()
    return f"{kind} {heading.number}: {plain_words(heading.title)}".removesuffix(": ")


def told_variants(document: Document) -> dict[tuple[SectionKind, int], tuple[str, Span]]:
    """The scenarios and symptoms that the problem text counts, each in its own words."""
    found = {}
    for section in told_sections(document.sections):
        heading = section.heading
        text = heading.title or first_statement(section.blocks)
        if heading.number is not None and heading.kind in _COUNTED and text:
            found[heading.kind, heading.number] = text, Span(section.start, section.end, "text")
    return found


def described(document: Document) -> list[str]:
    """The sentences of the problem text, those of its lists included."""
    return [s.text for section in told_sections(document.sections) for s in _sentences_in(section.blocks)]


def _sentences_in(blocks: Sequence[Block]) -> list[Sentence]:
    found: list[Sentence] = []
    for block in blocks:
        if isinstance(block, Paragraph):
            found += sentences(plain_words(block.text))
        elif isinstance(block, ListBlock):
            found += [s for part in block.items for s in sentences(plain_words(part.text))]
    return found


def _has(parts: Sequence[str], text: str) -> bool:
    """Whether it is told already; a word such as "or" stands between messages as often as there are some."""
    told = evened(text)
    return len(told) > _A_WORD and any(
        told == evened(part) or (len(told) > _A_SENTENCE and told in evened(part)) for part in parts
    )


_A_WORD, _A_SENTENCE = 12, 60


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
    if isinstance(block, ListBlock):
        shown = [text for part in block.items if (text := _item(part))]
        return numbered(shown) if block.ordered else bulleted(shown)
    told = message(block)
    aside = isinstance(block, Note) and (block.kind == "tip" or _OF_ACTS.search(told) is not None)
    return "" if aside else told


_OF_ACTS = re.compile(r"\b(?:back up|modify) the registry\b", re.IGNORECASE)
"""Warns of what is done later: the act has it where it edits the registry."""


def _item(part: Item) -> str:
    """One entry; what begins it with "Warning:" is no warning of the text, but what a program says."""
    first = part.blocks[0] if part.blocks and not part.text else None
    if not isinstance(first, Note):
        return item(part, message)
    said = " ".join(block.text for block in first.blocks if isinstance(block, Paragraph))
    return item(replace(part, text=f"{first.kind.capitalize()}: {said}", blocks=part.blocks[1:]), message)
