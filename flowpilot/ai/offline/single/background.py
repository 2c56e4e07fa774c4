"""Why it happened, in a few sentences that follow one another, for whoever has just solved it."""

import re
from dataclasses import dataclass
from itertools import takewhile

from flowpilot.ai.contracts import SessionFacts, SourceSpan
from flowpilot.ai.offline.single.cause_text import BY_BELOW, CAUSES, WHY
from flowpilot.ai.offline.single.cause_ways import WHICH_CAUSE
from flowpilot.ai.offline.single.plan import Alternatives, Choice, Plan, Reading, Span
from flowpilot.ai.offline.single.plan import Sequence as Ordered
from flowpilot.ai.offline.single.tree import source_span
from flowpilot.ai.offline.text.orders import order_of
from flowpilot.ai.offline.text.sentences import sentences

_MOST_SENTENCES = 3
_LONGEST = 400
"""Sentences and characters of background that help."""


_POINTS = re.compile(
    r"\b(?:this (?:article|section)|(?:cause|issue|symptom|reason) \d|"
    r"(?:mentioned|described|listed|shown|the) (?:above|below)|steps? \d"
    r"|(?:above|below|following|previous|earlier|next) (?:\w+ )?"
    r"(?:sections?|methods?|steps?|options?|tables?|lists?|reasons?|causes|factors|conditions?|items|events|entries|data"
    r"|settings|values?|keys?|subkeys?|links?|commands?)"
    r"|in the [\w ]{3,30} section"
    r"|(?:method|workaround) \d|escalate|contact (?:microsoft|support)|for (?:example|more)"
    r"|here (?:is|are)|see|as follows"
    r"|in this (?:situation|scenario|case|configuration)|as shown|screenshot"
    r"|(?:above|below) (?:memory |error )*messages?|explore|symptoms section"
    r"|can be (?:observed|seen|found|viewed) in|(?:you|logging) should"
    r"|however, the (?:issue|problem) may also"
    r"|(?:the|this) same (?:problem|issue|error|behaviou?r)(?: can| may| might)?(?: also)?"
    r" (?:occurs?|happens?|appears?)"
    r"|you (?:may|might|will|can) (?:still )?(?:experience|encounter) (?:this|the) (?:issue|problem)"
    r"|(?:is|are) (?:described|documented|explained) in (?-i:[A-Z])\w+ \w+ \w+"
    r"|will (?:post|provide|update) (?:more|this|you)|reinstall the operating system|cannot guarantee"
    r"|we(?:'re| are) (?:working|aware|investigating)"
    r"|the (?:resolution|solution|fix|workaround) (?:for|is|to))\b|https?:",
    re.IGNORECASE,
)
_ADVISES = re.compile(
    r"(?:if you(?:'re| are| still| have)?\b.*(?:experienc|receiv|messag|still)|you can\b"
    r"|if you\b.*\b(?:try|these are|(?:don't|do not) know)\b|alternative(?:ly)?\b"
    r"|(?:please )?be aware\b|serious problems\b|microsoft has confirmed\b"
    r"|this (?:issue|problem|behaviou?r) prevents\b"
    r"|(?:if|when) (?:either|one) of the\b|to (?:resolve|fix|work ?around|do)\b"
    r"|(?:try|use|follow|note|notice|and|or|also"
    r"|additionally)\b|[|>#-]|\d+\.)|.*(?::$|`{3})",
    re.IGNORECASE,
)
"""A sentence that points to text that did not come along, or advises whoever has not solved it."""
_BARE_TITLE = re.compile(r"[A-Z](?:(?!`|\*\*)[^.!?:|\n]){3,100}(?:\([\w. ]+\))?$")
"""The title of another article, left from a list of links."""


_LONGEST_CONTRAST = 520
"""A text that ended before its "however" would say the opposite."""
_CONTRAST = re.compile(r"(?:however|but)\b", re.IGNORECASE)


@dataclass(frozen=True)
class _Told:
    text: str
    before: str
    """The sentence right before it, where it can't be understood without that one."""


def background_of(
    session: SessionFacts, reading: Reading, cause: Choice | None
) -> tuple[str, tuple[SourceSpan, ...]]:
    """What the text says of the cause, that the question about it does not; else what is worth knowing."""
    asked = cause.body if cause is not None else ""
    chosen: list[tuple[str, Span]] = []
    several = _asks_which(reading.plan) or len(_CAUSE_HEADING.findall(session.resolution)) > 1
    causes = [] if several else list(takewhile(lambda told: not _EXAMPLES.search(told[0]), reading.causes))
    paragraphs = [
        (_telling(BY_BELOW.sub(".", text), first=at == 0), span) for at, (text, span) in enumerate(causes)
    ]
    for told, span in _from_reason(paragraphs, asked):
        more = _next(told, asked, chosen, span)
        chosen += more
        if chosen and len(more) < len(told):
            break
    label = "**Cause:** " if chosen else ""
    for text, span in reading.background:
        if _SHOWN_STEPS.search(text):
            break
        told = _telling(text)
        chosen += _next(
            [one for one in told if not label or _OF_PROBLEM.match(one.text)], asked, chosen, span
        )
    if not chosen:
        return "", ()
    found = dict.fromkeys(source_span(session.id, span) for _, span in chosen)
    return label + " ".join(text for text, _ in chosen), tuple(found)


_CAUSE_HEADING = re.compile(
    r"^#{1,6} *(?:Cause|Reason) (?:\d|for (?:symptom|issue|scenario) \d)", re.MULTILINE | re.IGNORECASE
)
"""Where causes are counted, the one ending is reached from each of them."""
_EXAMPLES = re.compile(r"\bhere are (?:some|a few) examples?\b", re.IGNORECASE)


def _next(
    told: list[_Told], asked: str, before: list[tuple[str, Span]], span: Span
) -> list[tuple[str, Span]]:
    """Those of a paragraph's sentences that go on where the former ended."""
    known = [text for text, _ in before]
    kept = [one for one in told if one.text not in asked and one.text not in known]
    chosen: list[str] = []
    for one in _with_reason(kept, _MOST_SENTENCES - len(known), known):
        follows = not one.before or one.before in [*known, *chosen][-1:]
        if not (known or chosen) and _NO_START.match(one.text) and " also " in one.text:
            continue
        most = _LONGEST_CONTRAST if follows and _CONTRAST.match(one.text) else _LONGEST
        if follows and sum(map(len, [*known, *chosen])) + len(one.text) <= most:
            chosen.append(one.text)
        elif chosen:
            break
    return [(text, span) for text in chosen]


def _asks_which(plan: Plan | None) -> bool:
    """Whether the plan asks which cause applies: the resolution is reached by each of them."""
    if isinstance(plan, Choice):
        return plan.question == WHICH_CAUSE
    return isinstance(plan, Alternatives | Ordered) and any(map(_asks_which, plan.parts))


_SHOWN_STEPS = re.compile(
    r"\bsteps? (?:\w+ ){0,3}?(?:demonstrates?|illustrates?|reproduces?)\b", re.IGNORECASE
)
"""What follows speaks of these steps and of what was made for them."""


def _from_reason(told: list[tuple[list[_Told], Span]], asked: str) -> list[tuple[list[_Told], Span]]:
    """The paragraphs from that on which says why, where those before it only lead up to it."""
    opening = next((found for found, _ in told if found), [])
    if any(CAUSES.search(one.text) for one in opening):
        return told
    for says_why in (WHY, _REASON):
        for at, (found, _) in enumerate(told):
            first = found[0] if found else None
            begins = first is not None and not (
                first.before or first.text in asked or _NO_START.match(first.text)
            )
            if begins and any(says_why.search(_CASE.sub("", one.text)) for one in found):
                return told[at:]
    return told


_CASE = re.compile(r"^(?:if|when) [^,]*, ", re.IGNORECASE)
_NO_START = re.compile(
    r"[^,]*\b(?:may|might|can|issue|problem|error|behavior) also\b|(?:this|that|it) (?:occurs|happens)\b"
    r"|if [^,]*, the (?:issue|problem|error) (?:may|might|can)\b",
    re.IGNORECASE,
)
"""A further cause, or the reason of what was told just before."""


_REASON = re.compile(
    r"\bbecause\b|\bcaused? by\b|\b(?:does|do|is|are|was|were|can)(?: not|n't)\b|\bcannot\b|\bdue to\b"
    r"|\b(?:occurs?|happens?) (?:if|when)\b"
    r"|\b(?:missing|incorrect|therefore|unable|fails?|blocked|ha(?:s|ve) no)\b",
    re.IGNORECASE,
)


def _with_reason(told: list[_Told], most: int, before: list[str]) -> list[_Told]:
    """So many sentences from the first on; where all of them only lead up to the reason, that one too."""
    shown = told[: max(most, 0)]
    later = [one for one in told[len(shown) :] if not one.before and _REASON.search(one.text)]
    if not shown or not later or any(map(_REASON.search, [*before, *(one.text for one in shown)])):
        return shown
    reason, room = later[0], _LONGEST - sum(map(len, before))
    for led in (shown[:-1], shown[:1]):
        if len(shown) > 1 and sum(len(one.text) for one in [*led, reason]) <= room:
            return [*led, reason]
    return [reason]


_LEANS = re.compile(
    r"(?:(?:this|that|it|these|those|they)\b"
    r"|(?:in|by|after|because of|for) (?:this|that|these|those|doing so)\b"
    r"|both (?:\w+ ){0,2}(?:are|is|have|of these)\b|such (?:an? )?\w+|instead\b|otherwise\b"
    r"|as a result\b|therefore\b|thus\b|hence\b|consequently\b"
    r"|similarly\b|furthermore\b|moreover\b|in addition\b"
    r"|in turn\b|however\b|but\b|then\b|(?:the|which) (?:former|latter)\b|the newly\b"
    r"|(?:either|both|neither) of (?:the|these)\b"
    r"|(?:when|if|after|once) (?:you|they|users) do (?:this|so)\b)",
    re.IGNORECASE,
)
"""How a sentence begins that says nothing without the one before it."""
_OF_BEFORE = re.compile(
    r"[^.]{0,60}\b(?:this|these) (?:commands?|cmdlets?|locations?|timeframe|parameters?"
    r"|values?|(?:sub)?keys?|settings?"
    r"|scripts?|files?|folders?|propert(?:y|ies)|attributes?)\b",
    re.IGNORECASE,
)
"""Speaks of a thing that was shown or named just before."""
_OF_PROBLEM = re.compile(
    r"(?:this|that|these|those)(?: (?:kind|type) of)?(?: \w+)? (?:issues?|problems?|behaviou?rs?|errors?"
    r"|symptoms?|failures?|limitations?|warnings?|messages?|crash(?:es)?|delays?)\b"
    r"|the (?:issue|problem|behaviou?r|error|failure|warning)(?: message)? (?:occurs|happens|is caused"
    r"|indicates|means|appears)\b"
    r"|(?:this|it|they|these)(?: \w+)? (?:can |may |might |usually |typically |also |will )*"
    r"(?:occurs?|happens?)\b"
    r"|(?:this|it)(?: is|'s) (?:an? |the |also )?(?:known|by[ -]design|expected|default|normal|intended"
    r"|usually|current|limitation|design|unsupported|because|due|caused)\b",
    re.IGNORECASE,
)
"""It speaks of what the flow is about: that is known."""


_PICTURED = re.compile(
    r"\bfor example\b|\bexamples?\b|\b(?:screen ?shot|picture|figure|image)\b", re.IGNORECASE
)
"""A sentence about what is shown: those after it in the paragraph speak of the same."""


def _telling(text: str, *, first: bool = False) -> list[_Told]:
    """Whole sentences of a paragraph that say something to somebody who sees nothing else.

    `first`: before the paragraph stands nothing but the problem, which is what "it" means there.
    """
    if _BARE_TITLE.match(text) or "\n" in text.strip():
        return []
    told: list[_Told] = []
    last = "" if first else _NOTHING
    for found in sentences(text):
        if _helps(found.text):
            known = _OF_PROBLEM.match(found.text) and not (found.start and _NO_START.match(found.text))
            leans = (_LEANS.match(found.text) and not known) or _OF_BEFORE.match(found.text)
            told.append(_Told(found.text, last if leans else ""))
        elif _PICTURED.search(found.text):
            break
        last = found.text
    return told


_NOTHING = "…"
"""Before the first sentence stands none that could be shown."""


def _helps(sentence: str) -> bool:
    order = order_of(sentence)
    whole = sentence.rstrip('*_"”)').endswith((".", "!"))
    return whole and not (
        _POINTS.search(sentence) or _ADVISES.match(sentence) or (order is not None and order.text)
    )
