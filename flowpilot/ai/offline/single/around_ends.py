"""What is true where a way around was taken: what can be done now or is seen no more, else the way itself."""

import re
from collections.abc import Sequence

from flowpilot.ai.contracts import SessionFacts
from flowpilot.ai.offline.single.solved import way_around
from flowpilot.ai.offline.single.symptom import Symptom
from flowpilot.ai.offline.text.clauses import lower_first
from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.purposes import GENERIC_PURPOSE, PURPOSE
from flowpilot.ai.offline.text.sentences import sentences
from flowpilot.core.terms import terms


def around_end(symptom: Symptom, session: SessionFacts, titles: Sequence[str], *, lasts: bool) -> str:
    """`lasts`: what could not be done before still can't be."""
    solved = symptom.solved
    if _only_denies(solved) and not any(map(_INSTEAD.search, titles)):
        return f"{solved} (worked around)"
    reached = _reached(f"{session.title} {symptom.title}", session.resolution, titles)
    if reached:
        return f"{reached} (worked around)"
    if not lasts or solved.startswith('"'):
        return f"{solved} (worked around)"
    asked = _ASKED.search(symptom.question) if symptom.error else None
    gone = f"{asked[0]} no longer appears" if asked is not None else solved
    return (_named_ways(titles) if asked is None else "") or f"{gone} (worked around)"


_ASKED = re.compile(r'"[^"]+"')
"""The message that the first question asks for."""


def _only_denies(solved: str) -> bool:
    """Whether nothing is said to work that the way around leaves as it is."""
    return bool(_NO_LONGER.search(solved)) and not solved.startswith('"') and not solved.endswith(" but")


_NO_LONGER = re.compile(r"\bno longer\b")
_INSTEAD = re.compile(r"\binstead\b", re.IGNORECASE)
ELSEWHERE = re.compile(
    r"^(?:only |always )?(?:use(?!.*(?:shell|parameter|cmdlets?|ADSI|registry|scripts?|commands?"
    r"|code)\b.* to \w)|switch|view|access|send|share|print|avoid|do not|don't|export|copy|wait"
    r"|ignore|work|ask|convert|open|sign in|re-?enter|type|perform)\b|\binstead\b",
    re.IGNORECASE,
)
"""A way beside the problem, not one that ends it."""

_READ = 6_000
"""Characters of a resolution in which the goal of a way is told."""
_WAY_TO = re.compile(
    r"^(?:use|run|perform)\b[^.:]{3,160}? (?:in order )?to (?P<goal>[a-z][^.:]{8,120})$", re.IGNORECASE
)
_METHODS_TO = re.compile(
    r"\b(?:one|either|any) of (?:the following|these)(?: (?:methods|options|ways|workarounds|steps))? "
    r"(?:in order )?to (?P<goal>[a-z][^.:]{8,120})[.:]?$",
    re.IGNORECASE,
)
_ENABLES = re.compile(
    r"^(?:enable|allow|let) (?P<who>(?:(?:on-premises|the|a|an|external|all) )?users?) (?:to )?"
)
_SEES = re.compile(r"(?:see|view|open|access)\b", re.IGNORECASE)


def _reached(complaint: str, resolution: str, titles: Sequence[str]) -> str:
    """ "You can edit the list": what the way is for, in the words of the complaint."""
    told = [match["goal"] for match in map(_WAY_TO.match, titles) if match is not None and len(titles) == 1]
    told += [goal for line in resolution[:_READ].splitlines() for goal in _goals(line)]
    wanted = set(terms(complaint))
    return next((_can(goal) for goal in told if _is_wanted(goal, wanted)), "")


def _goals(line: str) -> list[str]:
    found: list[str] = []
    for sentence in sentences(line):
        plain = plain_words(sentence.text)
        methods = _METHODS_TO.search(plain)
        purpose = PURPOSE.match(plain) if GENERIC_PURPOSE.match(plain) is None else None
        found += [methods["goal"]] if methods is not None else []
        found += [purpose["purpose"]] if purpose is not None else []
    return found


def _is_wanted(goal: str, wanted: set[str]) -> bool:
    bare = _ENABLES.sub("", goal)
    verb, _, what = bare.partition(" ")
    shared = len(wanted & set(terms(what)))
    if _REFERS.search(goal):
        return False
    return shared > 1 if _SEES.match(bare) else shared > 0 and bool(wanted & set(terms(verb)))


_REFERS = re.compile(r"\b(?:this|these|those|them|so|step|following|above|below)\b", re.IGNORECASE)


def _can(goal: str) -> str:
    enabled = _ENABLES.match(goal)
    who, what = (enabled["who"], goal[enabled.end() :]) if enabled is not None else ("you", goal)
    return f"{who[:1].upper()}{who[1:]} can {lower_first(what)}"


def _named_ways(titles: Sequence[str]) -> str:
    """Which ways around there are; of many, or of long ones, as many as fit a title."""
    both = len(titles) == 1
    ways = list(dict.fromkeys(filter(None, (way_around(title, both=both) for title in titles))))
    told = " or by ".join(ways)
    if len(ways) == len(titles) and len(told) <= _LONGEST_WAYS:
        close = ": the problem no longer gets in the way" if len(told) <= _LONGEST_WAY else ""
        return f"Worked around by {told}{close}"
    short = [way for way in ways if len(way) <= _LONGEST_WAY]
    return (
        f"Worked around by {short[0]}, or in another of the ways offered" if short and len(titles) > 1 else ""
    )


_LONGEST_WAY, _LONGEST_WAYS = 142, 180
