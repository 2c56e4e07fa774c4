"""What was done as what to do: "Restarted the spooler" is the report of an order."""

import re

from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.imperatives import finished
from flowpilot.ai.offline.text.verbs import base_of_past

_FLAGS = re.IGNORECASE
_REPORTED = re.compile(
    r"^(?P<who>(?:i|we|tech(?:nician)?|engineer|support)\s+(?:have |had |then |also |just "
    r"|first )*)?(?P<past>[a-z-]+)\s+(?P<rest>.+)$",
    _FLAGS | re.DOTALL,
)
_OBJECT = re.compile(
    r"^(?:the|a|an|all|any|both|his|her|their|its|this|that|user'?s?|client'?s?|customer'?s?|old|new|stale"
    r"|cached|to|in|on|from|out|off|up|over|with|it|them|[A-Z0-9`\"*]|\w+ (?:service|cache|cable|driver"
    r"|profile|account|password|mailbox|server|"
    r"printer|switch|router|license|permission|rule|record|entry|policy|queue|spooler|firmware|update)s?\b)"
)
_FINITE = re.compile(
    r"^\S+(?: \S+){0,2} (?:is|are|was|were|will|can|cannot|can't|has|have|don't|doesn't|may|might)\b"
)


_NAMED_THING = re.compile(r"[A-Z]\w+ed [A-Z]\w+(?: [A-Z]\w+)?(?: \([A-Z]+\))?: ")
""" "Shared Mailbox (SM): …" is what it is about, not what was done."""


def from_past(text: str) -> str:
    """ "Restarted the print spooler" reports what "Restart the print spooler" orders; empty for others."""
    match = _REPORTED.match(text)
    base = base_of_past(match["past"]) if match else None
    if match is None or base is None or _NAMED_THING.match(text):
        return ""
    if not match["who"] and (not _OBJECT.match(match["rest"]) or _FINITE.match(match["rest"])):
        return ""
    return finished(f"{base} {_in_present(match['rest'])}")


_FINDING = frozenset(("find", "see", "notice", "confirm", "determine", "identify"))


def reported(sentence: str) -> str:
    """The order behind a sentence that begins with what was done ("Checked the logs"); empty for others."""
    text = re.sub(r"^(?:then|next|also|finally|after that),? ", "", plain_words(sentence), flags=_FLAGS)
    match = _REPORTED.match(text if " " in text else f"{text} it")
    base = base_of_past(match["past"]) if match else None
    if match is None or base is None or _FINITE.match(match["rest"]) or base in _FINDING:
        return ""
    if re.match(r"(?:by|with|confirmed)\b", match["rest"]) and not match["who"]:
        return ""
    return finished(f"{base} {_in_present(match['rest'])}")


def _in_present(rest: str) -> str:
    return re.sub(r"((?:\b(?:and|then|and then)|,) )([a-z-]+)\b", _present, rest)


def _present(match: re.Match[str]) -> str:
    return match[1] + (base_of_past(match[2]) or match[2])
