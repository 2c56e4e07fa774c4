"""What is seen where the problem occurs, but told below the resolution: entries of logs and traces."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from flowpilot.ai.offline.single.messages import message
from flowpilot.ai.offline.single.plan import Span
from flowpilot.ai.offline.single.render import prose
from flowpilot.ai.offline.single.symptom import Symptom
from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.model import Block, Code, Document, ListBlock, Paragraph, Quote, Section
from flowpilot.ai.offline.text.sentences import sentences

_WHAT = re.compile(r"\b(?:events?|errors?|messages?|entry|entries)\b", re.IGNORECASE)
_WHERE = re.compile(
    r"\b(?:when (?:this|the) (?:issue|problem|error|behavior) (?:occurs|happens)"
    r"|if you(?:'re| are)? experienc\w+ this"
    r"|(?:traces?|logs?) (?:[\w ]{0,30})?(?:shows?|contains?|displays?))\b",
    re.IGNORECASE,
)
_MOST = 3000
"""Characters of it that are shown."""


def with_evidence(symptom: Symptom, resolution: Document) -> Symptom:
    """The symptom with the entries by which the problem can be told from others."""
    for section in resolution.sections:
        told = _entries(section) if section.heading.kind == "more_information" else []
        text = "\n\n".join([symptom.body, *told]) if symptom.body else "\n\n".join(told)
        if told and len(text) <= len(symptom.body) + _MOST:
            span = Span(section.start, section.end, "resolution")
            return replace(symptom, body=text, spans=(*symptom.spans, span))
    return symptom


def _entries(section: Section) -> list[str]:
    """The sentence that leads to entries, and these; they may stand below headings of their own."""
    for at, block in enumerate(section.blocks):
        lead = sentences(block.text)[-1].text if isinstance(block, Paragraph) else ""
        if not (_WHAT.search(lead) and _WHERE.search(lead)):
            continue
        shown = list(_shown(section.blocks[at + 1 :]))
        if not shown and at == len(section.blocks) - 1:
            shown = [text for child in section.children for text in _below(child)]
        if shown:
            return [prose(lead), *shown]
    return []


def _below(section: Section) -> list[str]:
    shown = list(_shown(section.blocks))
    return [f"**{plain_words(section.heading.title)}**", *shown] if shown else []


def _shown(blocks: Sequence[Block]) -> Iterator[str]:
    for block in blocks:
        if not isinstance(block, Quote | Code | ListBlock):
            return
        yield message(block)
