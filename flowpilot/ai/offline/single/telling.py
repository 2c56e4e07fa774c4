"""What is shown of a long message: the line that says most, and its first words."""

import re

from flowpilot.ai.offline.single.error import TELLING, evened, unlabelled
from flowpilot.ai.offline.text.sentences import sentences

_LOG_FIELD = re.compile(
    r"^(?:level|log name|source|task category|keywords|user|computer|date|event id|type|opcode|logged"
    r"|provider|category|(?:faulting )?(?:application|module|process)(?: name| version| id)|offset"
    r"|exception (?:code|offset))\s*:|\\?\+ \w+\s*:|at [\w.`]+\(",
    re.IGNORECASE,
)


_LOGGED = re.compile(r"^(?:\[[^\]]{1,40}\]\s*|\d{1,4}[/:-]\d[\d/:.,\-TZ ]*(?:[AP]M)?\s*)+")


_WORDY = 12
_WARNING = re.compile(r"WARNING: ")
"""What a console prints before the error itself."""


def telling_line(error: str, title: str) -> str:
    """The line of a long error that says most: shares words with the title, or tells of a failure."""
    broken = _GOES_ON.sub(" ", _ESCAPED.sub("\n", error))
    lines = [
        part.strip() for part in broken.split("\n") if part.strip() and not _LOG_FIELD.match(part.strip())
    ]
    lines = [line for line in lines if not _WARNING.match(line)] or lines
    wanted = {word for word in evened(title).split() if len(word) > 3}

    def worth(line: str) -> tuple[int, int]:
        shared = len(wanted & set(evened(line).split()))
        begun = not line.startswith(("<", "{"))
        return (shared + bool(TELLING.search(line)) + begun + (len(line) >= _WORDY), -lines.index(line))

    return unlabelled(max(lines[:12], key=worth, default=""))


_GOES_ON = re.compile(r"(?<=[\w,])\n(?=(?!at )[a-z]+ [a-z]+ )")
"""A line that breaks within a sentence."""
_ESCAPED = re.compile(r"\\n(?=[ A-Z]|\\n)")
_EXCEPTION = re.compile(r"^(?:[A-Z]\w+\.)+\w+: (?=\S)")


def short_error(error: str, limit: int = 110) -> str:
    """The first sentence of the error as shown, at most `limit` characters; what is cut off ends in dots."""
    line = re.sub(
        r"^(?:(?:message|description|details?|error)\s*:\s*)+",
        "",
        _LOGGED.sub("", error),
        flags=re.IGNORECASE,
    )
    line = _EXCEPTION.sub("", re.sub(r"\s+", " ", line).strip('" ')).split(" --> ", 1)[0]
    line = _inner(line) if len(line) > limit else line
    found = sentences(line)
    ends = [part.end for part in found if line[: part.end].count(" ") >= _TOLD or part.end > _WORDY]
    first = line[: ends[0]] if ends else line
    line = (first if len(line) > limit - 10 else line).replace('"', "'").rstrip(".:, ")
    if len(line) <= limit:
        return line
    return _LEADS_ON.sub("", line[: limit - 1].rsplit(" ", 1)[0].rstrip(",;:-–(")) + " …"


_WRAPPED = re.compile(
    r"^.{3,120}?\bfail(?:ed|s) with (?:the following |an? )?(?:error|exception)(?: message)?\s?"
    r"(?:: ?['\"]?| ['\"])(?!For more )(?P<inner>[A-Z].{20,})$"
)


def _inner(line: str) -> str:
    """The message that others only pass on: "Connecting failed with the following error: …"."""
    while (wrapped := _WRAPPED.match(line)) is not None:
        line = wrapped["inner"]
    return line


_TOLD = 2
"""Blanks in a sentence by which a message is known again: "Oops.." is none."""
_LEADS_ON = re.compile(
    r" (?:with|by|for|because of|due to)(?: (?:one of )?(?:the|these) following(?: \w+){0,2})?$"
)
"""Leads to what was cut off."""


def sentence_with(named: str, error: str, title: str) -> str:
    """What the program says, where the title only names it: "the eventing service" of "Error with …"."""
    said = short_error(telling_line(error, title))
    only_named = bool(named) and named.count(" ") < _TOLD < said.count(" ") - named.count(" ")
    whole = evened(named) in evened(said) and not said.endswith("…") and "For more " not in said
    return said if only_named and whole else ""
