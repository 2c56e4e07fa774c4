"""The title of a ticket as the complaint that is asked for first: without what is yet to be found out."""

import re
from collections.abc import Sequence

from flowpilot.ai.offline.single.asking import UNABLE, clause_of
from flowpilot.ai.offline.single.error import evened
from flowpilot.ai.offline.single.flow_title import PRODUCT
from flowpilot.ai.offline.text.verbs import is_verb

_WHY = re.compile(
    r"[,;]? (?:because(?: of)?|due to|caused by|since) .+?(?= (?:when|while) (?:\w+ing|you|users?) |$)",
    re.IGNORECASE,
)
_CONDITION = re.compile(r"[,;]? (?P<condition>(?:if|when|while) .+)$", re.IGNORECASE)
_ERROR = re.compile(r"\berrors?\b", re.IGNORECASE)
_SHORTEST = 3
_OVERLAP = 0.7
"""Share of a condition's words that the cause has too, from which on the condition is the cause."""


def without_cause(title: str, causes: Sequence[str], *, asked: bool) -> str:
    """ "Scans fail because the tray is full": that it is full is what is to be found out.

    A condition of a whole sentence stays where no later question asks for it.
    """
    if '"' in title or _ERROR.search(title):
        return title
    shorter = _WHY.sub("", title)
    condition = _CONDITION.search(shorter)
    if condition is not None:
        words = {word for word in evened(condition["condition"]).split() if len(word) > _SHORTEST}
        known = set(evened(" ".join(causes)).split())
        bare = clause_of(shorter[: condition.start()]) is None
        if (asked or bare) and words and len(words & known) >= _OVERLAP * len(words):
            shorter = shorter[: condition.start()]
    return shorter if len(shorter.split()) >= _SHORTEST else title


def complaint_of(title: str, causes: Sequence[str], *, asked: bool) -> str:
    """The title without its cause, in the words of a sentence: no product before a colon, verbs in small."""
    small = _in_small(_without_product(without_cause(title, causes, asked=asked)))
    return _one_complaint(_BARE_ACT.sub(_done_by_you, small))


_BARE_ACT = re.compile(
    r"\b(?P<when>when|while|after) (?P<verb>[a-z]+)(?= (?!(?:is|are|was|were|has|can)\b)\w)"
)


def _done_by_you(match: re.Match[str]) -> str:
    """ "when view or print a label" -> "when you view or print a label"."""
    told = match.string[match.start("verb") :]
    act = is_verb(match["verb"]) and not match["verb"].endswith("s") and clause_of(told) is None
    return f"{match['when']} you {match['verb']}" if act else match[0]


def _without_product(title: str) -> str:
    """ "Access: Wrong registry key" complains of the key; where it is, the flow's title says."""
    named = PRODUCT.match(title)
    rest = title[named.end() :] if named is not None else ""
    return rest[2:] if re.match(r": [A-Z]", rest) else title


def _in_small(title: str) -> str:
    """ "The Update Breaks Printing" as a sentence: its verb, and one that follows "to", begin small."""
    clause = clause_of(title)
    if clause is None or not clause.verb[:1].isupper() or not clause.subject:
        return title
    done, _, more = clause.rest.partition(" ")
    done = done.lower() if done.endswith("ed") else done
    small = f"{clause.subject} {clause.verb.lower()} {done} {more}".strip()
    return _TO_ACT.sub(lambda found: found[0].lower() if is_verb(found["verb"].lower()) else found[0], small)


_TO_ACT = re.compile(r"\b[Tt]o (?P<verb>[A-Z][a-z]+)\b")


def _one_complaint(title: str) -> str:
    """ "A prompt at every start, or unable to print": a thing and a sentence are asked for one by one."""
    both = _OR_UNABLE.search(title)
    if both is None or len(title[: both.start()].split()) < _SHORTEST or UNABLE.match(title):
        return title
    return title if clause_of(title[: both.start()]) is not None else title[: both.start()]


_OR_UNABLE = re.compile(r",? (?:or|and) (?=(?:unable to|can't|cannot) )")
