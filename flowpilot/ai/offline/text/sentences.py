"""Paragraphs to sentences, code and abbreviations left whole."""

import re
from functools import lru_cache

from flowpilot.ai.offline.text.model import Sentence
from flowpilot.ai.offline.text.verbs import is_verb

_CODE = re.compile(r"`[^`]*`")
_END = re.compile(
    r"(?<=[.!?])(?:[\"”’')\]]|\*{1,2})*(?=\s)|(?<=:)(?=\n)"
    r"|(?<=[a-z]{2}\.)(?=(?:After|For|If|It|The|This|Then|To|When|You) [a-z]|(?:However|Therefore), )"
)
"""Where a sentence ends; some are written without a space before the next."""
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|approx|incl|no|fig|dr|mr|ms|inc|ltd|cf|st)|\b[A-Z]"
    r"|\b(?:step|version|section|method|chapter|option) \d{1,2}|^\s*\d{1,2})\.$",
    re.IGNORECASE,
)
_ABBREVIATED = 14
"""Characters before a stop that decide whether it ends an abbreviation."""
_NEXT = re.compile(r"\s*(?:[\"“'(*`\[]*[A-Z0-9]|(?<=\s)`)")


def sentences(text: str) -> list[Sentence]:
    """Sentences of a paragraph with their positions in it."""
    return list(_found(text))


@lru_cache(maxsize=1024)
def _found(text: str) -> tuple[Sentence, ...]:
    """Found once for each text: many questions are asked of the same paragraph."""
    masked = _CODE.sub(lambda match: "x" * len(match.group(0)), text)
    found, start = [], 0
    for match in _END.finditer(masked):
        end = match.end()
        before = masked[max(start, match.start() - _ABBREVIATED) : match.start()]
        if _ABBREVIATION.search(before) or not (end == len(masked) or _NEXT.match(masked, end)):
            continue
        found.append((start, end))
        start = end
    found.append((start, len(text)))
    return tuple(sentence for span in found if (sentence := _trimmed(text, *span)))


def _trimmed(text: str, start: int, end: int) -> Sentence | None:
    part = text[start:end]
    stripped = part.strip()
    if not stripped:
        return None
    start += len(part) - len(part.lstrip())
    return Sentence(stripped, start, start + len(stripped))


_BOUNDARY = re.compile(
    r"; | \(|, | - | – |: | (?=(?:when|because|if|by|after|before|while|in|on|for|from|to|that|which"
    r"|so that|using|with|and|or|as|at|into|without|through|instead of|unless|until) )"
)
_IN_NAME = re.compile(r"(?<=[a-z]) for (?:Business|Enterprise|Education|Mac|Windows|Workgroups|Linux)\b")
"""Within the name of a product no title is cut."""
_DANGLING = re.compile(
    r"\s+(?:the|a|an|and|or|of|to|in|on|for|with|by|from|that|which|who|is|are|was|were|be|been|as|at|your"
    r"|their|this|its|into|if|when|you|then|not|using|able|unable|try|trying|want|need|fails?|failed|"
    r"used|order|based|due|according|prevent|allow|run|running|has|have|it|they|must|can|will|such|only"
    r"|also|one|any|each|all|so|while|both|either|another|together|along|same|new|other|first|next|named|called|under|within|over|between|after|before|through|depending)$",
    re.IGNORECASE,
)


_UNFINISHED = re.compile(
    r"(?:,? and then \w+|,? and \w+ing|,? and (?:set|change|modify) the \w+| to (?:see|be|have|get)"
    r"| when \w+ing)$"
)
"""A further clause of which hardly more than its verb is left."""
_EITHER = re.compile(r"(?:,? and(?: then)?)? either \S.*$")
_LAST_VERB = re.compile(r",? and (?P<verb>[a-z-]+)$")


def first_words(text: str, limit: int) -> str:
    """At most `limit` characters, cut before a clause or a preposition, never after a dangling word."""
    text = text.strip()
    if len(text) <= limit:
        return text
    cuts = [
        match.start()
        for match in _BOUNDARY.finditer(text)
        if limit * 0.4 <= match.start() <= limit and not _IN_NAME.match(text, match.start())
    ]
    space = text.rfind(" ", 0, limit + 1)
    cut = _without_dangling(text[: cuts[-1] if cuts else space if space > 0 else limit])
    return cut if cut else text[:limit]


def _shorter(text: str) -> str:
    """The text without one word or clause at its end that leads to what was cut off."""
    text = _UNFINISHED.sub("", _DANGLING.sub("", text))
    if " either " in text and " or " not in text.rpartition(" either ")[2]:
        text = _EITHER.sub("", text)
    last = _LAST_VERB.search(text)
    if last is not None and is_verb(last["verb"].lower()):
        text = text[: last.start()]
    return text.rstrip(" ,;:-–(")


def _without_dangling(text: str) -> str:
    text = re.sub(
        r"\s+(?:that|which|who)(?:'s| is| are| was| were| you| has| have)?(?: \w+)?$",
        "",
        text.rstrip(" ,;:-–("),
    )
    while (shorter := _shorter(text)) != text:
        text = shorter
    for opening, closing in (("<", ">"), ("(", ")")):
        if text.count(opening) > text.count(closing):
            text = text[: text.rfind(opening)].rstrip(" ,;:-–(")
    return text
