"""Paragraphs to sentences, code and abbreviations left whole."""

import re

from flowpilot.ai.offline.text.model import Sentence

_CODE = re.compile(r"`[^`]*`")
_END = re.compile(r"(?<=[.!?])(?:[\"”’')\]]|\*{1,2})*(?=\s)|(?<=:)(?=\n)")
_ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|etc|vs|approx|incl|no|fig|dr|mr|ms|inc|ltd|cf|st)|\b[A-Z]|\s\d{1,2})\.$", re.IGNORECASE)
_NEXT = re.compile(r"\s+(?:[\"“'(*`\[]*[A-Z0-9]|`)")


def sentences(text: str) -> list[Sentence]:
    """Sentences of a paragraph with their positions in it."""
    masked = _CODE.sub(lambda match: "x" * len(match.group(0)), text)
    found, start = [], 0
    for match in _END.finditer(masked):
        end = match.end()
        if _ABBREVIATION.search(masked[start : match.start()]) or not _NEXT.match(masked[end:] or " X"):
            continue
        found.append((start, end))
        start = end
    found.append((start, len(text)))
    return [sentence for span in found if (sentence := _trimmed(text, *span))]


def _trimmed(text: str, start: int, end: int) -> Sentence | None:
    part = text[start:end]
    stripped = part.strip()
    if not stripped:
        return None
    start += len(part) - len(part.lstrip())
    return Sentence(stripped, start, start + len(stripped))


def first_words(text: str, limit: int) -> str:
    """At most `limit` characters, cut at the end of a clause where there is one, else of a word."""
    text = text.strip()
    if len(text) <= limit:
        return text
    head = text[: limit + 1]
    for mark in ("; ", " (", ", and then ", ", and ", ", or ", ", "):
        at = head.rfind(mark)
        if at >= limit // 3:
            return head[:at].rstrip(" ,;:-–(")
    at = head.rfind(" ")
    return _without_dangling(head[: at if at > 0 else limit])


_DANGLING = re.compile(
    r"\s+(?:the|a|an|and|or|of|to|in|on|for|with|by|from|that|which|is|are|as|at|your|this|its|into|if|when|you|then|not)$", re.I
)


def _without_dangling(text: str) -> str:
    text = text.rstrip(" ,;:-–(")
    while _DANGLING.search(text):
        text = _DANGLING.sub("", text).rstrip(" ,;:-–(")
    return text
