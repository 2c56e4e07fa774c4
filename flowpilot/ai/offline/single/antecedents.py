"""What "it" stands for where the condition of the same sentence says it."""

import re

from flowpilot.ai.offline.text.cues import condition_of

_SUBJECT = re.compile(
    r"(?P<what>(?:the|your|any|an?) [^,]{3,60}?) (?:is|are|isn't|aren't|was|were|has|have|hasn't|haven't"
    r"|does|do|doesn't|don't|exists?|appears?)\b",
    re.IGNORECASE,
)
_PRONOUN = re.compile(r"(?<=[a-z]) (?:it|them)(?= (?:to|from|in|on|back|again)\b|[.,]|$)")
_LEADING = re.compile(r"(?:an?|any) ", re.IGNORECASE)


def with_antecedent(sentence: str) -> str:
    """ "If the value of the key is 1, change it to 0": "Change the value of the key to 0"; else as it is."""
    condition = condition_of(sentence)
    subject = _SUBJECT.match(condition[0]) if condition is not None else None
    if condition is None or subject is None or len(_PRONOUN.findall(condition[1])) != 1:
        return sentence
    what = subject["what"]
    named = "the " + _LEADING.sub("", what) if _LEADING.match(what) else what[:1].lower() + what[1:]
    return _PRONOUN.sub(f" {named}", condition[1])
