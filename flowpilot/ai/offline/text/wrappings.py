"""What stands around an order: "To fix this, you must …", "In the dialog box, …", "If it is shared, …"."""

import re

from flowpilot.ai.offline.text.imperatives import begins_with_verb
from flowpilot.ai.offline.text.pointing import GENERIC_ORDER
from flowpilot.ai.offline.text.purposes import GENERIC_PURPOSE, PURPOSE, PURPOSE_OF_DUTY
from flowpilot.ai.offline.text.verbs import ADVERBS, base_of_gerund

_FLAGS = re.IGNORECASE
_LEAD = re.compile(
    r"^(?:\((?:preferred|optional|recommended|advanced)\)"
    r"|(?:as a|for a|one|a|another|the (?:only|best|recommended)) (?:workaround|work around|solution"
    r"|fix|resolution|possible \w+|temporary \w+)"
    r"(?: (?:for|to) (?:this|the) (?:issue|problem|behavior))?(?:,| is to| would be to| could be to"
    r"| may be to)"
    r"|(?:an|another|one) (?:alternative|option|way|method|approach)(?: to [a-z]+ing [^,.]{4,60})?"
    r" (?:is|would be) to"
    r"|have (?:an?|the|your) (?:\w+ ){0,3}?(?:admin(?:istrator)?|owner)(?! to\b)"
    r"|if you (?:experience|encounter|receive|see|have|run into) (?:this|these|the|that) (?:\w+ )?(?:issue"
    r"|problem|error|behavior|error message|message)s?,"
    r"|in this (?:case|situation|scenario),|in these (?:cases|scenarios),|for this reason,?|therefore,"
    r"|to do (?:this|so),|otherwise,|once (?:this is )?done,"
    r"|(?:whenever|if|where|when) possible,"
    r"|alternatively,|additionally,|also,|instead,|however,|or,|finally,|next,|then,?|first,|second,|now,"
    r"|note that|please|after (?:that|this|you do this),)\s+",
    _FLAGS,
)
_SUBJECT = re.compile(
    r"^(?:you|(?:\w+ )?users?|admins?|administrators?|an? (?:\w+ ){0,3}?(?:admin|administrator|owner|user)"
    r"|the (?:\w+ ){0,4}?(?:admin|administrator|owner|user|organizer|recipient|sender|customer|delegate"
    r"|manager|developer|engineer|member|person|author|attendee)s?"
    r"|an? active user in the organization(?: who \w[\w ]{2,40}?)?|each (?:user|admin|client)"
    r"|(?:the )?(?:\w+ ){1,3}(?:owner|admin|administrator|organizer|delegate|member)s?"
    r"(?= (?:must|should|have to|has to))"
    r"|customers?|organizations?|it|they|we|tenant admins)\s+"
    r"(?:can also|can either|can|must also|must|should also|should|have to|has to|need to|needs to"
    r"|may have to|might have to|may need to|might need to|will have to"
    r"|will need to|may want to|might want to|may|might|could|want to|are advised to|are required to"
    r"|would need to)\s+",
    _FLAGS,
)
_RECOMMEND = re.compile(
    r"^(?:(?:we|i|microsoft) (?:strongly |highly )?(?:recommend|suggest|advise)(?:s|ed|d)?(?: that)? (?:you"
    r"|customers|users|admins|administrators)\s+(?:should |must )?"
    r"|it(?:'s| is) (?:strongly |highly )?(?:recommended|best|advised|required|necessary|suggested"
    r"|important) (?:that you|to|for you to)\s+"
    r"|try (?:to )?|the (?:workaround|solution|fix|resolution) is to\s+)",
    _FLAGS,
)
_PLACE = re.compile(
    r"^(?:in|on|at|from|under|within|for|using|with|after|before|when|once|while|by|as|near|next to"
    r"|through|instead of|rather than|depending on|based on)\b[^,]{1,140}, (?P<rest>.+)$",
    _FLAGS | re.DOTALL,
)
_CONSEQUENCE = re.compile(
    r"^(?:when|whenever|after|once|by|with) [^,]{4,140}, (?:you|users?|they) can\b", _FLAGS
)
"""What becomes possible then, not what to do."""
CONDITION = re.compile(
    r"^(?P<word>if|when|where)\s+(?P<condition>.{4,170}?),\s+(?:then\s+)?(?P<rest>.+)$", _FLAGS | re.DOTALL
)


_MAY = re.compile(r"(?:you|they|it|we) (?:can|may|might|could)\b", _FLAGS)
_LONGEST_CONDITION = 220


def condition_in(text: str) -> re.Match[str] | None:
    """The condition that the text begins with: up to the first comma behind which something is ordered, else
    up to the first comma at all ("If you use A, B, or C, make sure …")."""
    first = CONDITION.match(text)
    if first is None or begins_with_verb(_after_wrappings(first["rest"])):
        return first
    for comma in re.finditer(r", (?:then )?", text[first.end("condition") + 1 : _LONGEST_CONDITION]):
        at = first.end("condition") + 1 + comma.start()
        longer = _CONDITION_TO.format(at - first.start("condition"))
        match = re.compile(longer, _FLAGS | re.DOTALL).match(text)
        if (
            match is not None
            and not _MAY.match(match["rest"])
            and begins_with_verb(_after_wrappings(match["rest"]))
        ):
            return match
    return first


_CONDITION_TO = r"^(?P<word>if|when|where)\s+(?P<condition>.{{{0}}}),\s+(?:then\s+)?(?P<rest>.+)$"
_INSTEAD_OF = re.compile(r"instead of\b", _FLAGS)


def unwrapped(text: str) -> tuple[str, str]:
    """One wrapping taken off the front, and the purpose when that was the wrapping."""
    generic = GENERIC_PURPOSE.match(text)
    if generic:
        return text[generic.end() :], ""
    for pattern in (_LEAD, _SUBJECT, _RECOMMEND):
        match = pattern.match(text)
        if match:
            rest = text[match.end() :]
            base = base_of_gerund(rest.split(" ", 1)[0]) if pattern is _RECOMMEND else None
            return (base + rest[len(rest.split(" ", 1)[0]) :] if base else rest), ""
    match = PURPOSE_OF_DUTY.match(text) or PURPOSE.match(text)
    if match and (begins_with_verb(match["purpose"]) or GENERIC_ORDER.match(match["rest"])):
        return match["rest"], match["purpose"]
    first = text.split(" ", 1)[0].lower().rstrip(",")
    if (
        first in ADVERBS
        and " " in text
        and not _INSTEAD_OF.match(text)
        and first not in ("only", "manually", "temporarily", "permanently")
    ):
        return text.split(" ", 1)[1], ""
    match = condition_in(text)
    if match and begins_with_verb(_after_wrappings(match["rest"])):
        return match["rest"], ""
    match = _PLACE.match(text)
    if match and not _CONSEQUENCE.match(text) and begins_with_verb(_after_wrappings(match["rest"])):
        return match["rest"], ""
    return text, ""


def _after_wrappings(text: str) -> str:
    for pattern in (_LEAD, _SUBJECT, _RECOMMEND):
        match = pattern.match(text)
        if match:
            return text[match.end() :]
    return text
