"""What was tried before the session began: the clauses of a text that tell it, in its own words.

What somebody did counts as tried when the text says so ("already", "tried", "no change"), when the writer
did it ("I rebooted", "we replaced"), or when it is listed under "Tried:". That a user changed a password
yesterday is history, not an attempt.
"""

import re
from collections.abc import Iterator
from typing import Final

from flowpilot.ai.offline.intake.words import WORDS
from flowpilot.ai.offline.text.sentences import sentences
from flowpilot.ai.offline.text.verbs import base_of_gerund, base_of_past

_SHORTEST: Final = 4
_LONGEST: Final = 140
_NOT_ATTEMPTS: Final = frozenset(WORDS["tried"]["not_attempts"].split())
_MORE_PAST: Final = frozenset(WORDS["tried"]["past"].split())
_MARKED: Final = re.compile(
    r"\b(?:already|tried|tries|attempted|tested)\b|\b(?:did(?:n't| not)|has(?:n't| not)"
    r"|doesn't) (?:help|work|fix|change"
    r"|solve|resolve|make)|\bno (?:luck|change|difference|effect|joy|improvement|avail|success)\b"
    r"|\bwithout (?:success|luck"
    r"|effect|any (?:change|luck|effect))|\bstill (?:the same|not|no|fail|happen|broken|nothing)"
    r"|\bsame (?:result|issue|problem"
    r"|error|thing)\b|\bto no avail\b|\bin vain\b",
    re.IGNORECASE,
)
_LISTED: Final = re.compile(
    r"^(?:(?:already |things? |steps? |what (?:i|we)(?: have|'ve)? )?(?:tried|done|attempted"
    r"|taken)(?: so far| already)?"
    r"|troubleshooting(?: so far| done| steps)?|attempts?)\s*:\s*(?P<rest>.*)$",
    re.IGNORECASE,
)
_BULLET: Final = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)])\s+")
_SPLIT: Final = re.compile(
    r"\s*(?:;|,? (?:but|however|yet|though|although)\b|,? and (?:then )?|, (?:then )?|\bthen\b"
    r"|\bas well as\b"
    r"|\s[-–]\s)\s*",
    re.IGNORECASE,
)
_LEAD: Final = re.compile(
    r"^(?:(?:so|also|and|then|first|next|finally|again|even|just|only|already|yes|ok|but|too)\b[, ]*)*"
    r"(?:(?P<who>i|we|i've|we've|user|the user|she|he|they|client|customer|the client|the customer"
    r"|support|helpdesk)\s+)?"
    r"(?:(?:have|has|had|did|was|were|'ve)\s+)?(?:(?:already|also|just|even|then|now|both|been)\s+)*"
    r"(?P<trying>(?:tried|attempted|tested|trying)(?: to| by)?\s+)?(?:(?:already|also|just|even"
    r"|again)\s+)*",
    re.IGNORECASE,
)
_PASSIVE: Final = re.compile(
    r"^(?:the |my |her |his |their |our )?(?P<what>[\w][\w' /.-]{1,60}?) (?:has|have|had|was"
    r"|were)(?: already)?(?: been)?"
    r"(?: already)? (?P<did>re[a-z-]+ed|[a-z]{3,14}ed|reset|rebuilt|run|swapped)\b",
    re.IGNORECASE,
)
_WRITERS: Final = frozenset({"i", "we", "i've", "we've", "support", "helpdesk"})
_RESULT: Final = re.compile(
    r"\s*(?:\(?(?:with )?no (?:luck|change|difference|effect|joy|improvement|success)\)?|without .+"
    r"|to no avail"
    r"|(?:which )?did(?:n't| not) .+|in vain)[.!]*$",
    re.IGNORECASE,
)


def tried_in(text: str) -> list[str]:
    """One entry for each thing that was tried, in the order of the text, each once."""
    found = {" ".join(each.split()): None for each in _attempts(text)}
    return [each for each in found if _SHORTEST <= len(each) <= _LONGEST]


def _attempts(text: str) -> Iterator[str]:
    listing = False
    for line in text.split("\n"):
        bare = _BULLET.sub("", line).strip()
        heading = _LISTED.match(bare)
        if heading is not None:
            listing = True
            yield from _in_list(heading["rest"])
        elif listing and bare and _BULLET.match(line):
            yield from _in_list(bare)
        elif bare:
            listing = False
            yield from _in_prose(bare)


def _in_list(text: str) -> Iterator[str]:
    for part in re.split(r"\s*[,;]\s*|\s+and\s+(?=\w+(?:ed|ing)\b)", text):
        yield _bare(part)


def _in_prose(text: str) -> Iterator[str]:
    found = [sentence.text for sentence in sentences(text)]
    for sentence, following in zip(found, [*found[1:], ""], strict=True):
        marked = bool(_MARKED.search(sentence)) or bool(_MARKED.match(following.strip()[:40]))
        trying = writer = False
        for clause in _SPLIT.split(sentence):
            lead = _LEAD.match(clause)
            who = (lead["who"] or "").lower() if lead else ""
            writer = who in _WRITERS if who else writer
            trying = bool(lead and lead["trying"]) or (trying and not who)
            if attempt := _attempt(clause, lead.end() if lead else 0, told=marked or writer, trying=trying):
                yield attempt


def _attempt(clause: str, start: int, *, told: bool, trying: bool) -> str:
    """The clause from its verb on, if it tells an attempt."""
    rest = clause[start:]
    word = re.match(r"[A-Za-z][A-Za-z-]*", rest)
    if word is None:
        return ""
    base = _base_of_past(word.group()) or base_of_gerund(word.group())
    if (trying and base is None) or ((told or trying) and _is_attempt(base)):
        return _bare(rest)
    passive = _PASSIVE.match(clause) if told else None
    return _bare(clause) if passive is not None and _is_attempt(_base_of_past(passive["did"])) else ""


def _base_of_past(word: str) -> str | None:
    return base_of_past(word) or (word.lower() if word.lower() in _MORE_PAST else None)


def _is_attempt(verb: str | None) -> bool:
    return verb is not None and verb not in _NOT_ATTEMPTS


def _bare(text: str) -> str:
    return _RESULT.sub("", text.strip(" \t.,;:!?-–\"'()")).strip(" .,;:!?-–")
