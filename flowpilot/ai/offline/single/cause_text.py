"""What stands under "Cause", as statements that can be read alone: leads with what they lead to."""

import re
from collections.abc import Sequence

from flowpilot.ai.offline.single.plan import Span

Told = tuple[str, Span]

CAUSES = re.compile(
    r"\b(?:because|caus(?:e[sd]?|ing)|due to|results? in|leads? to|prevents?|disrupts?|breaks?|by design)\b",
    re.IGNORECASE,
)
WHY = re.compile(
    r"^(?:this|the|these) (?:\w+ )?(?:issues?|problems?|behaviou?rs?|errors?) (?:\w+ )?"
    r"(?:(?:occurs?|happens?) (?:because|if|when|due)|(?:is|are) caused by)\b",
    re.IGNORECASE,
)
_ORDERS = re.compile(r"to (?:work ?around|resolve|fix|correct|solve)\b", re.IGNORECASE)
"""Begins what stands under "Cause" and is none."""


def readable(causes: Sequence[Told]) -> list[Told]:
    """The statements, a sentence that leads to the one thing below it in one with that; messages left out."""
    if causes and _ORDERS.match(causes[0][0]):
        return []
    made: list[Told] = []
    lead = ""
    for text, span in causes:
        named, cases = _NAMES_BELOW.search(lead), _CASES_BELOW.search(lead)
        if named is not None and _ONE_CODE.match(text):
            made[-1] = (f"{lead[: named.start()]}the {named['what']} {text.rstrip('.')}.", made[-1][1])
        elif cases is not None and not _LISTED.match(text):
            told = " ".join(text.split("\n"))
            made[-1] = (f"{lead[:-1]} {told[:1].lower()}{told[1:].rstrip('.')}.", made[-1][1])
        elif _ON_STEPS.match(text) and (way := _way_above(made)):
            made[-2:] = [(f"{way} {text}", made[-2][1])]
        elif CONDITIONS_BELOW.search(lead) or not _MESSAGE_BELOW.search(lead):
            made.append((text, span))
        lead = text
    return made


def _way_above(told: Sequence[Told]) -> str:
    """The last statement, a few short steps, in one sentence with the one that leads to them."""
    if len(told) < 2 or not told[-2][0].endswith(" way:"):
        return ""
    steps = [_NUMBER.sub("", line).rstrip(".") for line in told[-1][0].split("\n") if _NUMBER.match(line)]
    way = "; ".join(step[:1].lower() + step[1:] for step in steps)
    whole = len(steps) == told[-1][0].count("\n") + 1 and len(way) <= _SHORT
    return f"{told[-2][0]} {way}." if whole else ""


_ON_STEPS = re.compile(r"when you do (?:this|so), ", re.IGNORECASE)
_NUMBER = re.compile(r"\d+\. ")
_SHORT = 200
_NAMES_BELOW = re.compile(
    r"\bthe following (?P<what>(?:\w+ ){0,2}(?:(?:sub)?key|entry|value|file|path|setting|folder"
    r"|property|attribute|parameter|command|cmdlet|port|address|location)):$"
)
_CASES_BELOW = re.compile(r"\b(?:occurs?|happens?)(?: only)? (?:if|when|because):$")
_MESSAGE_BELOW = re.compile(r"\b(?:messages?|errors?|warnings?)\b[^.:]{0,30}:$")
CONDITIONS_BELOW = re.compile(r"\bfollowing (?:conditions|reasons|scenarios)\b[^.:]{0,60}:$")
BY_BELOW = re.compile(r" by \w+ing (?:one of )?the following [^.:]*:$")
"""Leads to details without which the sentence is whole."""
_ONE_CODE = re.compile(r"`[^`\n]+`\.?$")
_LISTED = re.compile(r"(?:[-*>|`]|\d+\.)")


def reasons_in_brief(text: str) -> str:
    """A list of reasons as bullets, of long ones only what each begins with."""
    if not re.match(r"(?:[-*]|\d+\.) ", text):
        return text
    first = [line for line in text.split("\n") if re.match(r"(?:[-*]|\d+\.) ", line)]
    listed = text if len(text) <= _LONG else "\n".join(first)
    return re.sub(r"^\d+\. ", "- ", listed, flags=re.MULTILINE)


_LONG = 600


def from_reason(causes: Sequence[Told]) -> Sequence[Told]:
    """The statements from that on which says why, where the first only leads up to it."""
    if not causes or CAUSES.search(causes[0][0]) or WHY.match(causes[0][0]):
        return causes
    return next((causes[at:] for at, (text, _) in enumerate(causes) if WHY.match(text)), causes)
