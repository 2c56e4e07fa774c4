"""Would a technician sign it? The lines of the rubric that rules can read, and what is held back.

`ai/rubric.py` checks the form of a draft; these are doubts about what was understood of its source: ways
left within one act, words that lead to text which did not come along, more fixes than one problem has.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from flowpilot.ai.contracts import Nothing
from flowpilot.ai.offline.single.titles import FALLBACK_TITLE
from flowpilot.ai.offline.text.cues import condition_of
from flowpilot.ai.offline.text.orders import order_of
from flowpilot.flows.document import Node, Tree


@dataclass(frozen=True)
class Doubt:
    line: int
    """Of the ten lines that a good proposal is read by, from 1."""
    node: str
    said: str
    """What is wrong, as a sentence without its stop."""
    grave: bool = False
    """Reason enough by itself to hold the draft back."""


_MOST_KINDS = 6
_LONGEST = 4000
"""Characters of prose and tables in one act."""
_BAR = 3
"""So many doubts hold a draft back when none of them is grave."""
_FENCE = re.compile(r"```.*?```", re.DOTALL)
_WAYS = re.compile(
    r"^(?![ \d>-])[^\n]{0,400}?\b"
    r"(?P<ways>(?:one|any|either)(?: or more)? of (?:the following|these) (?:\w+ )?"
    r"(?:methods|options|approaches|ways|workarounds|solutions|resolutions))[^\n]{0,60}$",
    re.IGNORECASE | re.MULTILINE,
)
"""Ways announced in prose; within a numbered step they are ways to do that step."""
_REFERS = re.compile(
    r"\b(?:this article|(?:next|previous|following|above) (?:section|article|method)"
    r"|following (?:link|web ?site|blog)"
    r"|(?:method|resolution|solution|workaround|scenario) \d)\b",
    re.IGNORECASE,
)
_STEP = re.compile(r"\bsteps? (?P<number>\d{1,2})\b", re.IGNORECASE)
_OF_SECTION = re.compile(
    r"\bsteps? \d{1,2}\b[^.\"]{0,20} (?:of|in) the \"(?P<section>[^\"\n]{3,90})\"? section", re.IGNORECASE
)
_NUMBERED = re.compile(r"^ {0,9}(?P<number>\d{1,2})\. ", re.MULTILINE)
_HELD = re.compile(r"\(steps? (?P<first>\d{1,2})(?: to (?P<last>\d{1,2}))?\)$")
_PART = re.compile(r" \(.*\)$|: .*$|, steps \d.*$")


def doubts(tree: Tree) -> list[Doubt]:
    """Everything in the draft that a technician would send back."""
    acts = [node for node in tree.nodes if node.kind == "action"]
    there = {number for act in acts for number in (*_numbers(act), *_in_title(act))}
    named = {number for act in acts for number in _in_title(act)}
    found = list(_too_many(acts))
    for act in acts:
        found += _in_act(act, there, named)
        found += _of_sections(act, {other.title for other in acts})
    return found


def _too_many(acts: list[Node]) -> Iterator[Doubt]:
    """Steps of one procedure, each done before the next, are one fix together."""
    kinds = len({_PART.sub("", act.title) for act in acts if not _leads_on(act)})
    if kinds > _MOST_KINDS:
        yield Doubt(
            3, "", f"it offers {kinds} different fixes: a manual, not the fix of one problem", grave=True
        )


def _leads_on(act: Node) -> bool:
    return any(option.label == "Done" for option in act.options)


def _numbers(act: Node) -> set[str]:
    return {found["number"] for found in _NUMBERED.finditer(act.body)}


def _in_title(act: Node) -> set[str]:
    """The numbers that the title says the act holds: "(step 4)", "(steps 8 to 14)"."""
    found = _HELD.search(act.title)
    if found is None:
        return set()
    first, last = int(found["first"]), int(found["last"] or found["first"])
    return {str(number) for number in range(first, last + 1)}


def _in_act(act: Node, there: set[str], named: set[str]) -> Iterator[Doubt]:
    body = _FENCE.sub("", act.body)
    if act.title == FALLBACK_TITLE:
        yield Doubt(3, act.id, "it shows what to enter and does not say what is done with it", grave=True)
    elif order_of(act.title) is None:
        when = condition_of(f"{act.title}, stop") is not None
        said = "says when, not what to do" if when else "is no act"
        yield Doubt(3, act.id, f"“{act.title}” {said}", grave=when)
    if len(body) > _LONGEST:
        yield Doubt(3, act.id, f"“{act.title}” holds a whole article", grave=True)
    if (ways := _WAYS.search(body)) is not None:
        yield Doubt(8, act.id, f"it leaves several ways in one act (“{ways['ways']}”)")
    if (refers := _REFERS.search(body)) is not None:
        yield Doubt(9, act.id, f"it leads to “{refers[0]}”, which did not come along")
    own = _numbers(act) | named
    for step in _STEP.finditer(body):
        if step["number"] not in own:
            gone = step["number"] not in there
            said = f"it leads to “{step[0]}”, and where that stands can't be told for certain"
            yield Doubt(9, act.id, said, grave=gone)
            return


def _of_sections(act: Node, titles: set[str]) -> Iterator[Doubt]:
    """A step of a section that is no act here: its numbers are those of another list."""
    for found in _OF_SECTION.finditer(act.body):
        if found["section"].strip(" .") not in titles:
            yield Doubt(
                9,
                act.id,
                f"it leads to a step of “{found['section']}”, which is no act of its own",
                grave=True,
            )
            return


def held_back(name: str, found: list[Doubt]) -> Nothing | None:
    """What is said instead of a draft that nobody would sign; None when it passes the bar."""
    grave = [doubt for doubt in found if doubt.grave]
    if not grave and len(found) < _BAR:
        return None
    worst = (grave or found)[0]
    return Nothing(
        reason=f"The text can't be made into a flow that somebody could rely on: {worst.said}.",
        questions=(
            f"Which of the steps ended “{name}”, and in which order were they done?",
            "Which of them depend on a version or on what was seen before?",
            "How was it confirmed that the problem is gone?",
        ),
    )
