"""Orders as the titles of actions."""

import re

from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.sentences import first_words

TITLE_LIMIT = 150
_FLAGS = re.IGNORECASE
_THE_FOLLOWING = re.compile(r"\bthe following\b:?", _FLAGS)
_TAILS = re.compile(
    r"(?:,? (?:as follows|by (?:following|using|performing) (?:these|the following|the) steps?.*"
    r"|using the (?:following )?steps?.*|by doing the following.*|like this|for example.*"
    r"|as appropriate.*|, if (?:it|they) .*|such as the following.*|that (?:is|are) described in.*"
    r"|(?:as )?described in.*|in the order.*|in the (?:way|manner|location)|as (?:shown )?in the example"
    r"|(?:that|which) (?:you|is|are|was|were) [^,.]{2,40} (?:in|from|at|by) (?:steps? \d"
    r"|the (?:previous|preceding) step).*"
    r"|in which (?=\S*[_<*`])\S+ is .*"
    r"|(?:that (?:is|are) )?(?:(?:listed|shown|described|mentioned|given) )?(?:below|above)"
    r"|here|with the steps|and then follow the steps.*|(?:on|in|for|to) (?:all |any )?such \w+.*"
    r"|(?:on|in|for) (?:these|those) [\w-]+"
    r"|(?:by|from) (?:running|using) the (?:\w+ )?(?:cmdlets?|commands?|scripts?)"
    r"|to (?:resolve|fix|overcome|work around)(?: (?:this|the|these)(?: (?:issue|problem|error)s?)?)?"
    r"|(?:from|using|with) the (?:button|link|registry (?:key|entry|value)) below"
    r"|(?:and )?(?:then )?(?:click|select|press|choose) (?:the )?"
    r"(?:OK|Save|Apply|Close|Finish|Next|Yes|Enter)\b(?: (?:and|to|button|in)\b.*)?)|[:.;,])+$",
    _FLAGS,
)
_FOR_WHAT = re.compile(
    r"(?<=\w\w) to [a-z]+ (?:them|these|those|so)$"
    r"|,? and (?:fix|resolve|solve|correct) (?:the|this) (?:issue|problem|error)$"
)
"""What is done with something that a title does not name: "use the cmdlet to add them"."""
_NUMBERED = re.compile(
    r" (?:in|from|of|at) steps? \d+[a-z]?(?: (?:of|in) (?:method|option) \d+)?(?![\w.])", _FLAGS
)
_RELATIVE = re.compile(r" (?:that|which) (?:is|are) [a-z]+ing [^,]{4,90}?(?= to [a-z]+ )")
"""A clause that a title which is too long can do without."""
BRACKETED = re.compile(r" \((?=[^()]*\b(?:are|has|have|is|should|that|who|you)\b)[^()]+\)(?=$|[ ,:])")
"""A remark in brackets; those that say for which version something is have no verb."""
_RATHER_THAN = re.compile(r" instead of [^,]{40,200}$", _FLAGS)
_WHY_FIRST = re.compile(r",? so that [^,()]{4,90}(?=, and (?:then )?[a-z]+ )", _FLAGS)
"""What the first of two acts is for."""
_ABBREVIATED = re.compile(r"(?<=\w) \([A-Z][A-Z0-9-]{1,7}s?\)")
"""The short name behind the full one: "Rich Text Format (RTF)"."""
_ASIDE = re.compile(
    r", (?:which (?:is|are|has|have|was|were)|also (?:known as|called)"
    r"|as (?:illustrated|shown)(?= below| above)) [^,]{3,80}(?:,(?! and\b)|(?=,)|$)",
    _FLAGS,
)
"""What is said of a thing besides, and tells no other thing from it."""
_KEPT = re.compile(r"^(?:don't|do not) (?P<verb>enable|disable) (?P<what>[^,.]{4,90})$", _FLAGS)


def _kept(match: re.Match[str]) -> str:
    """ "Don't enable the filter" of those who have it enabled: "Keep the filter disabled"."""
    state = "disabled" if match["verb"].lower() == "enable" else "enabled"
    return f"keep {match['what']} {state}"


_GRANTED = re.compile(r"^(?:grant|give|assign) you (?=\w+ )", _FLAGS)
"""What another person is to give to the reader."""
_YOUR_OWN = re.compile(
    r"^make sure (?:that you|to) (?!have\b|are\b|don't\b|can\b|do\b|also\b|know\b|see\b)(?=[a-z]+ )", _FLAGS
)
"""What somebody makes sure to do is done."""


def title_of(order: str) -> str:
    """An order as the title of an action, at most 150 characters: "Change the document template"."""
    text = plain_words(order)
    text = re.split(r"(?<=[a-z0-9\"”)])\. (?=[A-Z])|(?<=[KMGT]B)\. ", text)[0]
    text = re.sub(r"\s*\((?:for example|such as|e\.g\.)[^)]*\)", "", text)
    text = _NUMBERED.sub("", _TAILS.sub("", _ASIDE.sub("", text)))
    text = _THE_FOLLOWING.sub("the", text)
    text = _FOR_WHAT.sub("", text)
    text = _TAILS.sub("", text).strip(' "“”' if text.count('"') % 2 else " ")
    text = _KEPT.sub(_kept, text)
    text = _GRANTED.sub("get ", text)
    text = re.sub(r" and that you (?=[a-z])", " and ", _YOUR_OWN.sub("", text))
    if len(text) > TITLE_LIMIT:
        for dispensable in (_RATHER_THAN, _ABBREVIATED, BRACKETED, _WHY_FIRST):
            text = dispensable.sub("", text)
    if len(text) > TITLE_LIMIT:
        text = _RELATIVE.sub("", text)
    text = first_words(text, TITLE_LIMIT).strip()
    return text[:1].upper() + text[1:]
