"""Which sessions that left a flow at one place belong together, and what their new option is called."""

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from flowpilot.ai.contracts import SessionFacts
from flowpilot.ai.offline.leaving.paths import Leaving
from flowpilot.ai.offline.many.cases import UNSOLVED
from flowpilot.ai.offline.many.labelling import cut
from flowpilot.ai.offline.many.mining import read_cases
from flowpilot.ai.offline.many.ordering import WeightedCase, remedies_in_order
from flowpilot.ai.offline.many.words import read
from flowpilot.flows.document import Tree

_LONGEST_LABEL: Final = 80
_NO_OPTION: Final = re.compile(
    r"^(?:(?:none|neither)(?: of (?:these|them|the list|the above))?|another(?: one)?|other|no)"
    r"\s*(?:[.:,;–-]+\s*|$)",
    re.IGNORECASE,
)

Tail = tuple[SessionFacts, str]
"""A session from where it left the flow on, and what it answered there if no option fitted."""


def branches_at(place: Leaving, tails: Sequence[Tail], tree: Tree) -> list[tuple[list[SessionFacts], str]]:
    """Tails that go into one part each, with the label of its option.

    Behind an option that the flow has, everybody goes one way. Where no option fitted, each fix gets an
    option of its own in the engineers' words, the most successful first; those without words share the last.
    """
    sessions = [session for session, _ in tails]
    if place.option is not None:
        return [(sessions, "")]
    cases = read_cases(sessions)
    solved = [WeightedCase(case, 1.0) for case in cases.cases if case.cause != UNSOLVED]
    said = {session.id: text for session, text in tails}
    known = {option.label.casefold() for option in tree.node(place.node).options}
    parts: dict[str, list[SessionFacts]] = defaultdict(list)
    for remedy in remedies_in_order(solved, cases.items):
        members = [cases.observed[each.case.session].session for each in solved if each.case.cause == remedy]
        label = _label([said[member.id] for member in members])
        parts["" if label.casefold() in known else label] += members
    return sorted(((members, label) for label, members in parts.items()), key=lambda part: not part[1])


def _label(texts: Sequence[str]) -> str:
    """The most frequent answer, of equals the shortest that says something; without "None of these:"."""
    cleaned = [_NO_OPTION.sub("", " ".join(text.split())).strip() for text in texts]
    telling = [text for text in cleaned if read(text).concepts]
    best = min(telling, key=lambda text: (-telling.count(text), len(text), text), default="")
    return cut(best[:1].upper() + best[1:], _LONGEST_LABEL)
