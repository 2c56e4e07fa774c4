"""What a change to a flow is called: the flow's problem and the fix that is new."""

import re
from collections.abc import Sequence
from typing import Final

from django.utils.translation import gettext as _

from flowpilot.ai.offline.many.labelling import TITLE_LENGTH

_SHORTEST_PROBLEM: Final = 38
"""Characters that the problem is left with however long the fix is."""
_DETOUR: Final = re.compile(r"\bfrom (?:\S+ ){1,4}?to (?=\S)", re.IGNORECASE)
_LOOSE_END: Final = re.compile(
    r"(?:[\s,;:–-]+(?:again|and|or|but|the|an?|of|to|with|in|on|for|from|by|at|is|are|be|not|when|after|if|"
    r"that|so|as|its|their|your|whose|which|can|cannot|will|does|do|may|\w+['’]s|\([^)]*))*[\s,;:–-]*$",
    re.IGNORECASE,
)


def title_with_fix(problem: str, fixes: Sequence[str]) -> str:
    """ "Print spooler stops: set the queue's print processor to winprint", at most 90 characters.

    Where there is no room for both, "from … to" loses its "from …", then both are shortened at a word.
    """
    fix = _as_clause(fixes[0])
    more = _(" and %(count)d more") % {"count": len(fixes) - 1} if len(fixes) > 1 else ""
    room = TITLE_LENGTH - len(": ") - len(more)
    if len(problem) + len(fix) > room:
        fix = _DETOUR.sub("to ", fix)
    fix = _shortened(fix, room - min(len(problem), _SHORTEST_PROBLEM))
    return f"{_shortened(problem, room - len(fix))}: {fix}{more}"


def _as_clause(fix: str) -> str:
    """To stand behind a colon: small at first, unless that is a name, and without a colon of its own."""
    first = fix.split(" ", 1)[0]
    plain = fix[:1].lower() + fix[1:] if first[1:].islower() or len(first) == 1 else fix
    return plain.rstrip(" .").replace(": ", " – ")


def _shortened(text: str, limit: int) -> str:
    """At most `limit` characters, cut between words and not before a loose end such as "and the"."""
    if len(text) <= limit:
        return text
    kept = text[:limit].rsplit(" ", 1)[0]
    return f"{_LOOSE_END.sub('', kept)}…"
