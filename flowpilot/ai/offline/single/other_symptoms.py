"""A message that only some callers get: the first question asks for the other symptoms, too."""

import re
from collections.abc import Iterator, Sequence

from flowpilot.ai.offline.single.error import evened
from flowpilot.ai.offline.single.symptom_body import told_sections, variant_of
from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.model import Document, ListBlock, Paragraph, Section

_ASKS = re.compile(r"(?:[^\"]{3,160}, d|D)o you get (?:\"[^\"]+\"(?:, | or )?)+(?! or another)")
_ONE_OF = re.compile(
    r"\b(?:(?:one|any|either)(?: or (?:more|both))? of (?:the following|these) (?:\w+ ){0,2}?"
    r"(?:symptoms|issues|problems)"
    r"|may (?:also )?(?:experience|encounter|notice|see|have) (?:the following|these) "
    r"(?:symptoms|issues|problems))\b[^.:]{0,80}[.:]$",
    re.IGNORECASE,
)
_OTHERS = "or another of the symptoms below"
_LONGEST = 220


def with_other_symptoms(question: str, document: Document, error: str) -> str:
    """The question for a message, the symptoms named that come without it: "yes" is true of them as well."""
    if not error or _ASKS.match(question) is None or _OTHERS in question:
        return question
    if not any(_some_without(error, told) for told in _alternatives(document)):
        return question
    longer = f"{question.removesuffix('?')}, {_OTHERS}?"
    return longer if len(longer) <= _LONGEST else question


def names_other_symptoms(question: str) -> bool:
    return _OTHERS in question


def _some_without(error: str, told: Sequence[str]) -> bool:
    wanted = evened(error)
    tell = [wanted in evened(text) or _SAME.search(text) is not None for text in told]
    return len(told) > 1 and any(tell) and not all(tell)


_SAME = re.compile(r"\bsame (?:error|message|warning)\b", re.IGNORECASE)


def _alternatives(document: Document) -> Iterator[list[str]]:
    """What is told as symptoms of which only one may be there, each in the words of the text."""
    sections = told_sections(document.sections)
    variants = [section for section in sections if variant_of(section)]
    yield [document.source[section.start : section.end] for section in variants]
    for section in sections:
        yield from _listed(section, document.source)


def _listed(section: Section, source: str) -> Iterator[list[str]]:
    for lead, block in zip(section.blocks, section.blocks[1:], strict=False):
        led = isinstance(lead, Paragraph) and _ONE_OF.search(plain_words(lead.text)) is not None
        if led and isinstance(block, ListBlock):
            yield [source[item.start : item.end] for item in block.items]
