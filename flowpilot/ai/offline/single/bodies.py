"""The body of an action's node: what guards an act stands before it."""

import re
from collections.abc import Sequence

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
    r"|can(?:'t|not) be (?:undone|recovered|restored)|otherwise|therefore, after"
    r"|(?:is|are) for [^.]{3,60} only|(?:does|do)(?:n't| not) apply|appl(?:y|ies) only|side effects?"
    r"|(?:performing|doing) this will)\b",
    re.IGNORECASE,
)
"""What somebody has to know before the step, not after it."""


def _guards(text: str) -> bool:
    noted = _NOTES.match(text) and not _VARIANT.match(text) and _GUARDS.search(text)
    return bool(_WARNS.match(text) or noted)


_VARIANT = re.compile(r"> \*\*\w+:\*\* In (?:[A-Z]\w+ ){1,3}\d{4}\b[^,]{0,30}, \w+ ")
"""Tells how the step goes in another version, after the step."""
_LONGEST, _LONGEST_WARNING = 400, 800
"""A note that tells a procedure of its own stays where it is told."""


def guarded(text: str) -> str:
    """A step, or a paragraph with what hangs below it: what guards it stands before it."""
    if "> **" not in text:
        return text
    head, *below = _warned_first(paragraphs_in(text))
    at = next((at for at, part in enumerate(below) if not part.startswith(_CODE)), 0)
    if not below or head.startswith((">", "`")) or not (_guards(below[at]) and _movable(below[at])):
        return "\n\n".join([head, *below])
    return "\n\n".join([below[at], head, *below[:at], *below[at + 1 :]])


def _warned_first(parts: list[str]) -> list[str]:
    """The paragraphs, a warning against running a command in front of the command."""
    for at in range(2, len(parts)):
        code, note = parts[at - 1], parts[at]
        if code.lstrip().startswith(_CODE) and _AGAINST.match(note.lstrip()):
            parts[at - 1 : at + 1] = [note, code]
    return parts


_AGAINST = re.compile(
    r"> \*\*(?:Warning|Important|Caution):\*\* (?:do not|don't|never) (?:run|use)\b", re.IGNORECASE
)


def _apart(items: Sequence[str]) -> tuple[list[str], list[str]]:
    """The steps, and what is noted below one of them about all."""
    kept, of_all = [], []
    for item in items:
        head, *below = paragraphs_in(item)
        taken = [part for part in below if _OF_ALL.match(part) and _movable(part)]
        kept.append("\n\n".join([head, *(part for part in below if part not in taken)]))
        of_all += taken
    return kept, of_all


_OF_ALL = re.compile(
    r"> \*\*\w+:\*\* (?=[^\n]*\b(?:does(?:n't| not) apply|applies only|applicable only"
    r"|perform this procedure on all)\b)"
    r"[^\n]*\b(?:this (?:solution|method|workaround|procedure)|these steps)\b",
    re.IGNORECASE,
)
_CODE = ("```", "`")


def paragraphs_in(text: str) -> list[str]:
    """The paragraphs of the text; code with blank lines in it is one."""
    blocks: list[str] = []
    for part in text.split("\n\n"):
        if blocks and blocks[-1].count("```") % 2:
            blocks[-1] += f"\n\n{part}"
        else:
            blocks.append(part)
    return blocks


def _movable(note: str) -> bool:
    """Whether it says the same further up: no procedure of its own, no pointer to what stands around it."""
    longest = _LONGEST_WARNING if _WARNS.match(note) or _OF_ALL.match(note) else _LONGEST
    return len(note) <= longest and "\n> 1. " not in note and not _PLACED.search(note)


_PLACED = re.compile(r"\babove\b|:$|^> \*\*\w+:\*\* (?:after|once) ", re.IGNORECASE)


def body_of(action: Action) -> str:
    """The body of the action's node: warnings first, then why, then what to do."""
    items, of_all = _apart(action.items)
    steps = numbered([*map(guarded, items)], action.first_item) if items else ""
    late = of_all + [part for part in action.after if _guards(part) and not _PLACED.search(part)]
    after = [part for part in action.after if part not in late]
    context = _saying_more(action) if steps or len(action.context) > 1 else action.context
    parts = [*action.warnings, *late, *map(guarded, context), steps, *after]
    told = [part for at, part in enumerate(parts) if not (part.startswith("> **") and part in parts[:at])]
    return "\n\n".join(part for part in told if part)


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
