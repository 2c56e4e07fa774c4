"""What a check looks for, as the question that it answers: "Do you find "paper out" in the log?"."""

import re
from collections.abc import Iterator
from collections.abc import Sequence as Many

from flowpilot.ai.offline.single.render import inline
from flowpilot.ai.offline.single.telling import short_error
from flowpilot.ai.offline.text.clauses import yes_no
from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.model import Block, Code, ListBlock, Paragraph, Quote
from flowpilot.ai.offline.text.sentences import sentences

CONFIRMS_CAUSE = "Does this check confirm the cause?"
"""Asked where the text does not say what the check shows."""

_MADE_SURE = re.compile(
    r"\b(?:ensure|verify|confirm|check|determine|see|find out|make sure|validate) (?:that |whether |if )?"
    r"(?P<clause>[^.:]{8,140})[.:]?$",
    re.IGNORECASE,
)
_WAYS = re.compile(r" (?:in|by using) (?:the following|one of|either of)\b.*$", re.IGNORECASE)
_SEARCHED = re.compile(
    r"\bsearch (?:the \w+ in )?(?P<where>[^,.\"“]{4,60}?) for (?:the |a |an )?"
    r"(?P<what>[\"“][^\"”]{2,80}[\"”])",
    re.IGNORECASE,
)
_SHOWN = re.compile(
    r"\b(?:receives?|gets?|sees?|shown|displayed|shows?|returns?|contains?|finds?|logged|returned)\b.*:$",
    re.IGNORECASE | re.DOTALL,
)
_QUOTES = re.compile(r"^[\"“'](?P<inner>.*)[\"”']$", re.DOTALL)


def looked_for(blocks: Many[Block]) -> str:
    """The question that the check answers; `CONFIRMS_CAUSE` where it does not say what it looks for."""
    return _made_sure(blocks) or _searched(blocks) or _shown(blocks) or CONFIRMS_CAUSE


def _made_sure(blocks: Many[Block]) -> str:
    """ "… to ensure the belt is stopped by the lamp": "Is the belt stopped by the lamp?"."""
    for sentence in _said(blocks):
        match = _MADE_SURE.search(sentence)
        clause = _WAYS.sub("", inline(match["clause"]).replace("`", "")) if match is not None else ""
        asked = yes_no(clause) if clause else None
        if asked is not None and asked.yes_means_so:
            return asked.title
    return ""


def _searched(blocks: Many[Block]) -> str:
    for sentence in _said(blocks):
        match = _SEARCHED.search(sentence)
        if match is not None:
            return f"Do you find {match['what']} in {match['where']}?"
    return ""


def _shown(blocks: Many[Block]) -> str:
    """The text that is quoted below "you see the following error"."""
    for lead, block in _pairs(blocks):
        if isinstance(block, Quote) and _SHOWN.search(plain_words(lead)):
            told = " ".join(part.text for part in block.blocks if isinstance(part, Paragraph | Code)).strip()
            inner = _QUOTES.match(told)
            shown = short_error(inner["inner"] if inner is not None else told)
            return f'Do you find "{shown}"?' if shown else ""
    return ""


def _said(blocks: Many[Block]) -> list[str]:
    texts = [plain_words(block.text) for block in blocks if isinstance(block, Paragraph)]
    return [sentence.text for text in texts for sentence in sentences(text)]


def _pairs(blocks: Many[Block]) -> Iterator[tuple[str, Block]]:
    """Each block with the paragraph right above it, those of entries included."""
    lead = ""
    for block in blocks:
        yield lead, block
        lead = block.text if isinstance(block, Paragraph) else ""
        for part in block.items if isinstance(block, ListBlock) else ():
            yield from _pairs((Paragraph(part.text, part.start, part.end), *part.blocks))
