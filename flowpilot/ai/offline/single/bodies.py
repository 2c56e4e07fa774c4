"""The body of an action's node: what guards an act stands before it."""

import re

from flowpilot.ai.offline.single.plan import Action
from flowpilot.ai.offline.single.render import numbered
from flowpilot.ai.offline.text.debris import plain_words

_WARNS = re.compile(r"> \*\*(?:Warning|Important|Caution):\*\*")
_NOTES = re.compile(r"> \*\*(?:Note|Tip):\*\*")
_GUARDS = re.compile(
    r"\b(?:before (?:you|removing|deleting|doing|running|using)|make sure|must|requires?|need to "
    r"(?:be|have)|permissions?"
    r"|los[et]|loss|deletes?|removes?|back ?up|caution|careful|sign out|do(?:n't| not) (?:create"
    r"|delete|remove|use|change"
    r"|close|click|select|restart|run)|incorrectly|not a recommended|(?:not|n.t) recommend"
    r"|(?:can|may|might|will) (?:alter|overwrite)|will affect|be aware|might require|may not"
    r"|can(?:'t|not) be (?:undone|recovered|restored))\b",
    re.IGNORECASE,
)
"""What somebody has to know before the step, not after it."""


def _guards(text: str) -> bool:
    return bool(_WARNS.match(text) or (_NOTES.match(text) and _GUARDS.search(text)))


_LONGEST = 400
"""A note that tells a procedure of its own stays where it is told."""


def guarded(text: str) -> str:
    """A step, or a paragraph with what hangs below it: what guards it stands before it."""
    if "\n\n> **" not in text:
        return text
    head, *below = text.split("\n\n")
    told = below[0]
    if head.startswith(">") or len(told) > _LONGEST or "\n> 1. " in told or not _guards(told):
        return text
    return "\n\n".join([told, head, *below[1:]])


def body_of(action: Action) -> str:
    """The body of the action's node: warnings first, then why, then what to do."""
    steps = numbered([*map(guarded, action.items)], action.first_item) if action.items else ""
    late = [part for part in action.after if _guards(part)]
    after = [part for part in action.after if not _guards(part)]
    context = _saying_more(action) if steps or len(action.context) > 1 else action.context
    parts = [*action.warnings, *late, *map(guarded, context), steps, *after]
    return "\n\n".join(part for part in parts if part)


_LABEL = re.compile(
    r"(?:(?:method|option|step|resolution|solution|workaround|way) [\dA-D])[:.]?$", re.IGNORECASE
)
_JOINT = re.compile(r"(?:-?or-?|and)[:.]?$", re.IGNORECASE)
"""Between two paragraphs it says how they stand to each other; before or behind all it says nothing."""


def _saying_more(action: Action) -> list[str]:
    """Paragraphs beyond the title itself, told once more, and the label that stood above it."""
    told = [part for part in action.context if not _LABEL.match(plain_words(part).strip(" *:"))]
    while told and any(_JOINT.match(part) for part in (told[0], told[-1])):
        told = told[1:] if _JOINT.match(told[0]) else told[:-1]
    more = [part for part in told if plain_words(part).strip(" *:").casefold() != action.title.casefold()]
    return more if action.items or any(not part.startswith("**Cause:**") for part in more) else told
