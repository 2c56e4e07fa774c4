"""Orders that only point at what follows: "Follow these steps"."""

import re

from flowpilot.ai.offline.text.purposes import PURPOSE_VERBS, THIS

_FLAGS = re.IGNORECASE
GENERIC_ORDER = re.compile(
    r"^(?:(?:please )?(?:follow|use|do|perform|try|take|complete|do|see|choose|apply|select|refer to|run"
    r"|carry out|consider|go through|review|check|execute)\s+"
    r"(?:(?:all|any|each|both|either) (?:of )?)?(?:one or more of |one of |any of |either of |each of "
    r"|some of |all of |both of )?"
    r"(?:these|the following|the (?:\w+ )?steps|the steps below|this|one|as follows|either|the below"
    r"|the methods?|the instructions|the procedures?|the resolution|the appropriate|the next)\b.*"
    r"|(?:resolve|fix|work around|solve|correct|address) (?:this|the|these) \w+ by (?:using|following"
    r"|doing|taking|trying|performing) (?:one|any|either|the following|these|all)\b.*"
    r"|(?:follow|take|complete|perform|use|try|apply|see) (?:the )?(?:steps?|methods?|resolution|solution"
    r"|workaround|option|scenario)(?: \d| in this| (?:described|that|below|above|for)|$).*"
    r"|(?:use|try|follow|apply) the (?:first|second|third|last|previous|next|provided|appropriate|same)"
    r" (?:\w+ )?(?:methods?|resolutions?|workarounds?|options?|steps?|procedures?)\b.*"
    r"|follow the provided\b.*|select the (?:appropriate )?(?:option|method|scenario) for\b.*"
    r"|check whether .{3,60} after each method.*|go to (?:the next|method \d|step \d"
    r"|resolution \d|the .{2,50} section)\b.*|here'?s how.*|do so.*|try again.*|proceed as follows.*)$",
    _FLAGS | re.DOTALL,
)
SPECIFIC_OBJECT = re.compile(
    r"\b(?:following|below) (?:(?!to\b)\(?\w+\)?[ -]){0,4}?(?:commands?|cmdlets?|scripts?"
    r"|quer(?:y|ies)|values?|settings?|registry|keys?|subkeys?|permissions?|update|hotfix|policy|directives?|syntax|formula|macro|code|function)\b",
    _FLAGS,
)
_POINTER_GOAL = re.compile(
    r"\b(?:guidance|information|instructions|of the following"
    r"|(?:step|method|procedure|way|option|solution|cmdlet)s?)"
    r"(?: (?:listed |described |given )?below)?"
    rf" to (?!{PURPOSE_VERBS} {THIS})(?P<goal>[a-z]+ .{{6,}})$", _FLAGS
)  # fmt: skip
_FIRST_CHECKED = re.compile(
    r"^(?:confirm|verify|check|determine|make sure)\b.*?,? and to (?=[a-z]+ )", _FLAGS
)


def goal_of_pointer(text: str) -> str:
    """ "Use the following guidance to enable TLS 1.2" points, and says what for."""
    match = _POINTER_GOAL.search(re.split(r"[.:](?: |$)", text, maxsplit=1)[0])
    return _FIRST_CHECKED.sub("", match["goal"]) if match else ""
