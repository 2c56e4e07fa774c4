"""One title for a procedure of which no sentence says what it is for: what its steps change, joined."""

import re
from collections.abc import Sequence
from itertools import combinations

from flowpilot.ai.offline.single.titles import (
    CHANGING,
    MEANINGFUL,
    main_step,
    standing_alone,
    step_titles,
    worth,
)
from flowpilot.ai.offline.text.cues import is_support
from flowpilot.ai.offline.text.verbs import is_verb
from flowpilot.core.terms import terms

_LIMIT = 110
"""Characters that can be read out on the phone."""
_LONG = 130
_LONGEST = 150
"""What the first and the last act may take where nothing shorter names two; a title holds no more."""
_FEW = 4
"""Steps of which each can be named, where none is a click."""
_TEMPORARY = re.compile(r"\btemporar(?:y|ily)\b", re.IGNORECASE)
_FOR_GOAL = re.compile(r" to (?P<verb>[a-z-]+) ")
_BACK = re.compile(r"(?:add|restore|re-?add|reconnect|re-?enable|re-?create)\b", re.IGNORECASE)
_AWAY = re.compile(r"(?:remove|disable|disconnect|delete|uninstall)\b", re.IGNORECASE)
_PREPARES = re.compile(
    r"(?:start|launch|download(?! and)|extract|unzip|open|log|sign|connect|export|save|note|identify"
    r"|determine|find|locate|get|list|wait|back up|import the .*\bmodule|retry|repeat|see|view)\b"
    r"|compare\b|run .{3,40} to collect\b|run (?:\$|(?:get|connect|import|select)-)",
    re.IGNORECASE,
)
"""What an act needs before it, or is tried after it: no part of what the procedure does."""
_ONLY_IF = re.compile(r"\W*if\b", re.IGNORECASE)
_HOW = re.compile(
    r" \([^()]*\)|,? (?:by (?:using|running|following)|if|so(?: that)?|as follows|which|when)\b.*$"
)
"""What tells how an act is done, or when: a title that names two acts can do without it."""
_WHICH = re.compile(
    r"(?<!sure)(?<!verify)(?<!validate)(?<!check)(?<!confirm)(?<!see)(?<!ensure) (?:that|who|whose) [^,]+$",
    re.IGNORECASE,
)
_SETS = re.compile(r"(?:change|set)\b", re.IGNORECASE)
_BY_MEANS = re.compile(r"(?:use|run)\b", re.IGNORECASE)
_ENOUGH = 4
"""Words after which an act is said, so that its goal can go."""


def procedure_title(items: Sequence[str]) -> str:
    """Every act of a few equal steps; else the one that changes something, or the first and the last."""
    main = main_step(items)
    if main not in set(step_titles(items)):
        return main
    each = [_act(item) for item in items if not _ONLY_IF.match(item) and not is_support(item.split("\n")[0])]
    equal = len(each) == len(items) <= _FEW and all(worth(title) >= MEANINGFUL for title in each)
    changes = CHANGING if worth(main) >= CHANGING or not _PREPARES.match(main) else MEANINGFUL
    acts = _lasting([title for title in each if worth(title) >= (MEANINGFUL if equal else changes)])
    if len(acts) == 1 and main in each:
        return acts[0]
    return (joined(acts) if len(acts) > 1 else "") or main


def _act(item: str) -> str:
    return re.sub(r"\. \(.*$", "", max(step_titles([item]), key=worth, default=""))


def _lasting(acts: Sequence[str]) -> list[str]:
    """The acts without those that only make room for the others and are taken back at the end."""
    kept = [act for act in acts if not _PREPARES.match(act)] or list(acts)
    lasting = [act for act in kept if not _TEMPORARY.search(act) or _FOR_GOAL.search(act)] or kept
    if len(lasting) > 2 and _AWAY.match(lasting[0]) and _BACK.match(lasting[-1]):
        lasting = lasting[1:-1] if _same_object(lasting[0], lasting[-1]) else lasting
    return list(dict.fromkeys(lasting))


def _same_object(one: str, other: str) -> bool:
    mine, theirs = (_object(_HOW.sub("", title)) for title in (one, other))
    return len(mine & theirs) * 2 > len(mine | theirs)


def _object(title: str) -> set[str]:
    return set(terms(title.partition(" ")[2]))


def joined(acts: Sequence[str]) -> str:
    """ "Stop the feed, and clear the queue": all of up to three acts, of more the first and the last.

    Empty where two acts are too long together even without what tells how they are done, or where only what
    a title leaves out tells them apart; the last of many that does the first once more says nothing new.
    """
    changing = [act for act in acts if worth(act) >= CHANGING]
    changing = changing if len(changing) > 1 else list(acts)
    again = len(changing) > 2 and _object(changing[0]) == _object(changing[-1])
    if again or any(_alike(one, other) for one, other in combinations(acts, 2)):
        return ""
    short = [_HOW.sub("", act) for act in changing]
    ends = [[named[0], named[-1]] for named in (changing, short)]
    bare_ends = [_without_goal(_WHICH.sub("", act)) for act in ends[-1]]
    tries = [
        *((named, _LIMIT) for named in (acts, changing, short, *ends)),
        *((named, _LONG) for named in ends),
        (bare_ends, _LIMIT),
        *((named, _LONGEST) for named in ends),
    ]
    for named, limit in tries:
        apart = 1 < len(set(named)) == len(named) < _FEW
        if apart and len(title := _in_one(named)) <= limit:
            return title
    return ""


def _alike(one: str, other: str) -> bool:
    """ "Change the value of the name to A" and "… to B" are said of two things that stand elsewhere."""
    what, into, _ = one.partition(" to ")
    return bool(into) and _SETS.match(one) is not None and other.startswith(f"{what} to ")


def _without_goal(act: str) -> str:
    goal = _FOR_GOAL.search(act, len(" ".join(act.split(" ")[:_ENOUGH])))
    dispensable = goal is not None and is_verb(goal["verb"]) and not _BY_MEANS.match(act)
    return act[: goal.start()] if goal and dispensable else act


def _in_one(acts: Sequence[str]) -> str:
    first, *others = acts
    rest = [f"{act[:1].lower()}{act[1:]}" for act in map(standing_alone, others)]
    return ", ".join([first, *rest[:-1]]) + f", and {rest[-1]}"
