"""Cues by which a sentence stands to the others: a condition, another try, the next act, a hand-over."""

import re

from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.wrappings import condition_in

_FLAGS = re.IGNORECASE
_STILL = re.compile(
    r"^(?:if (?:(?:the|this|that|these|your|you|it|none|doing|after)\b.{0,80}?)?(?:persists?|continues?"
    r"|still|remains?|doesn'?t (?:work|help|fix|resolve|solve)"
    r"|does not (?:work|help|fix|resolve|solve)|do(?:n't| not) (?:work|help|fix|resolve|solve)"
    r"|didn'?t (?:work|help|fix|resolve|solve)|did not (?:work|help|resolve)"
    r"|(?:is|are) ?n[o']?t (?:resolved|fixed|solved)|fails|can'?t resolve|unsuccessful)\b"
    r"|if an? [^.]{3,80} (?:is|are) still (?:not|un\w+|missing|blocked|blank|failing)\b"
    r"|if none of (?:the|these) .{3,60} (?:works?|helps?|resolves?|solves?|fix(?:es)?)\b"
    r"|if (?:the (?:previous|above|preceding) (?:steps?|methods?|options?)|steps? \d[\d, and]*) "
    r"(?:do|does|did)(?:n't| not)\b"
    r"|alternatively\b|an alternative (?:to|is|method|way|would)\b|as an alternative\b"
    r"|another (?:option|way|workaround|method|solution|approach)\b"
    r"|or, (?=\w)|or (?:you|use|run|try)\b|you can also\b|or$)",
    _FLAGS,
)
_NEXT_CUE = re.compile(
    r"^(?:then|next|after (?:you|that|this|the)|finally|once (?:you|the|this|that)|lastly|afterwards?"
    r"|when (?:you'?re done|finished|the))\b",
    _FLAGS,
)
_SUPPORT = re.compile(
    r"\b(?:contact|call|open a (?:support )?(?:ticket|case|request|service request)(?: with)?|reach out to"
    r"|submit a (?:support|service) (?:request|ticket))\b"
    r".{0,70}\b(?:support|microsoft|vendor|manufacturer|provider|administrator|admin|technical|help ?desk"
    r"|ticket|case|partner|isp)\b"
    r"|\bopen a (?:support|service) (?:ticket|case|request)\b|^(?:please )?contact (?:your|the|us)\b",
    _FLAGS,
)


_HAS_DONE = re.compile(
    r"(?:please )?(?:contact|ask) (?:your|the) (?:(?!support\b)[\w'-]+,? ){1,12}?(?:to|and) (?:then )?"
    r"(?:make sure|ensure|have|reset|remove|add|change|configure|enable|disable|update|correct|stop)\b",
    _FLAGS,
)
"""Somebody else does what helps: an act of its own, not the end of what can be done."""
VERSION_LINE = re.compile(
    r"^(?P<label>[A-Z][^:\n]{3,60}\b20\d\d\b[^:\n]{0,30}): +"
    r"(?P<rest>(?P<kb>https?://support\.microsoft\.com/kb/(?P<number>\d{6,7}))|[A-Z][^:\n]{10,120})$"
)
""" "Gate 2016: Change the lamp": what is done, or installed, for one version."""


def is_fallback(sentence: str) -> bool:
    """Whether it begins what to try when the former did not help."""
    return bool(_STILL.match(plain_words(sentence)))


def is_next(sentence: str) -> bool:
    """Whether it continues after the former."""
    return bool(_NEXT_CUE.match(plain_words(sentence)))


def is_support(sentence: str) -> bool:
    """Whether it hands the case to somebody else."""
    plain = plain_words(sentence)
    return bool(_SUPPORT.search(plain)) and not _HAS_DONE.match(plain)


def condition_of(sentence: str) -> tuple[str, str] | None:
    """("it is shared", "add it as an account") for "If it is shared, add it as an account"."""
    match = condition_in(plain_words(sentence))
    if match is None or match["word"].lower() != "if" or is_fallback(sentence):
        return None
    return match["condition"].strip(), match["rest"].strip()
