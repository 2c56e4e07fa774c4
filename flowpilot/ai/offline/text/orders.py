"""What a sentence orders: "To fix this, you must restart the service." orders "Restart the service"."""

import re
from dataclasses import dataclass
from functools import lru_cache

from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.sentences import first_words
from flowpilot.ai.offline.text.verbs import ADVERBS, base_of_gerund, base_of_participle, base_of_past, is_verb

_FLAGS = re.IGNORECASE
_THIS = r"(?:this|these|the|that|such|it|your|either|both|any|an?)\b"
_PURPOSE_VERBS = (
    r"(?:resolve|fix|work ?around|correct|avoid|prevent|address|solve|mitigate|remedy|recover from"
    r"|get around|troubleshoot|"
    r"overcome|eliminate|rectify|do|help (?:resolve|fix|prevent|avoid)|try to (?:resolve|fix))"
)
GENERIC_PURPOSE = re.compile(
    rf"^(?:in order )?to {_PURPOSE_VERBS} (?:(?:{_THIS})(?: (?:\w+[- ]){{0,3}}?(?:issues?|problems?"
    rf"|errors?|behaviors?|behaviours?|conflicts?|situations?"
    r"|limitations?|warnings?|messages?|symptoms?|conditions?|failures?|delays?|cases?|mistakes?))?|this"
    r"|so|it)"
    r"(?P<more>[^,:]{0,140}?)(?:, |:\s+)|^to (?:resolve|fix|work ?around|avoid|prevent) (?:this"
    r"|the) (?:issue|problem|behavior|error) (?=[a-z]+ the\b)",
    _FLAGS,
)
_PURPOSE = re.compile(
    r"^(?:in order )?to (?P<purpose>[^,:]{4,160}?(?:, (?:and|or|and then"
    r"|or to) [^,:]{3,80}?)?), (?P<rest>.+)$",
    _FLAGS | re.DOTALL,
)
_BARE_PURPOSE = re.compile(r"^to (?P<purpose>[^,:]{4,120}):?$", _FLAGS)
_LEAD = re.compile(
    r"^(?:\((?:preferred|optional|recommended|advanced)\)"
    r"|(?:as a|for a|one|a|another|the (?:only|best|recommended)) (?:workaround|work around|solution"
    r"|fix|resolution|possible \w+|temporary \w+)"
    r"(?: (?:for|to) (?:this|the) (?:issue|problem|behavior))?(?:,| is to| would be to| could be to"
    r"| may be to)"
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
    r"|an? active user in the organization|each (?:user|admin|client)"
    r"|customers?|organizations?|it|they|we|tenant admins)\s+"
    r"(?:can also|can either|can|must also|must|should also|should|have to|has to|need to|needs to"
    r"|may have to|might have to|may need to|might need to|will have to"
    r"|will need to|may want to|might want to|may|might|could|want to|are advised to|are required to"
    r"|would need to)\s+",
    _FLAGS,
)
_RECOMMEND = re.compile(
    r"^(?:(?:we|i|microsoft) (?:strongly |highly )?(?:recommend|suggest|advise)s?(?: that)? (?:you"
    r"|customers|users|admins|administrators)\s+(?:should |must )?"
    r"|it(?:'s| is) (?:strongly |highly )?(?:recommended|best|advised|required|necessary|suggested"
    r"|important) (?:that you|to|for you to)\s+"
    r"|try (?:to )?|the (?:workaround|solution|fix|resolution) is to\s+)",
    _FLAGS,
)
_BY = re.compile(
    r"^.{0,130}?\b(?:(?:resolved|fixed|solved|avoided|corrected|prevented|worked around|addressed"
    r"|mitigated|done|recovered|bypassed|resolve|fix|solve|avoid|work around|do|correct|prevent|mitigate) "
    r"(?:(?:this|the|it|these)(?: \w+){0,3} )?)(?:\w+ )?by (?:either |manually |first |simply "
    r"|also )?(?P<gerund>[a-z-]+ing)\b(?P<rest>.*)$",
    _FLAGS | re.DOTALL,
)
_PASSIVE = re.compile(
    r"^(?:for this \w+ to be \w+, )?(?P<subject>(?!although|though|while|when|if|because|since"
    r"|this|it\b|that\b|these\b|they\b|the (?:issue|problem"
    r"|error))[^,.;:]{3,70}?) (?:must|should|can|needs? to|has to|have to) (?:also "
    r"|first )?be (?P<participle>[a-z-]+)\b(?P<rest>[^.]*)",
    _FLAGS,
)
_GENERIC_ORDER = re.compile(
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
_SPECIFIC_OBJECT = re.compile(
    r"\b(?:following|below) (?:(?!to\b)\w+[ -]){0,4}?(?:commands?|cmdlets?|scripts?|quer(?:y|ies)|values?"
    r"|settings?|registry|keys?|subkeys?|permissions?|update|hotfix|policy)\b",
    _FLAGS,
)
_PLACE = re.compile(
    r"^(?:in|on|at|from|under|within|for|using|with|after|before|when|once|while|by|as|near|next to"
    r"|through)\b[^,]{1,140}, (?P<rest>.+)$",
    _FLAGS | re.DOTALL,
)
_CONSEQUENCE = re.compile(
    r"^(?:when|whenever|after|once|by|with) [^,]{4,140}, (?:you|users?|they) can\b", _FLAGS
)
"""What becomes possible then, not what to do."""
_FIXED_IN = re.compile(
    r"^(?:this|the|these) (?:issues?|problems?|bugs?|errors?|behaviors?) "
    r"(?:is|was|are|were|has been|have been) "
    r"(?:fixed|resolved|corrected|addressed)"
    r"(?: (?:in|by|with|starting (?:in|with)|beginning with))+ "
    r"(?P<what>(?:installing )?"
    r"(?=.*\b(?:updates?|builds?|versions?|service pack|hotfix|release|CU ?\d|KB\d)\b).{4,})$",
    _FLAGS | re.DOTALL,
)
_IF = re.compile(
    r"^(?P<word>if|when|where)\s+(?P<condition>.{4,170}?),\s+(?:then\s+)?(?P<rest>.+)$", _FLAGS | re.DOTALL
)
_STILL = re.compile(
    r"^(?:if (?:(?:the|this|that|these|your|you|it|none|doing|after)\b.{0,80}?)?(?:persists?|continues?"
    r"|still|remains?|doesn'?t (?:work|help|fix|resolve|solve)"
    r"|does not (?:work|help|fix|resolve|solve)|do(?:n't| not) (?:work|help|fix|resolve|solve)"
    r"|didn'?t (?:work|help|fix|resolve|solve)|did not (?:work|help|resolve)"
    r"|(?:is|are) ?n[o']?t (?:resolved|fixed|solved)|fails|can'?t resolve|unsuccessful)\b"
    r"|if none of (?:the|these) .{3,60} (?:works?|helps?|resolves?|solves?|fix(?:es)?)\b"
    r"|if the (?:previous|above|preceding) (?:steps?|methods?|options?) (?:do|does|did)(?:n't| not)\b"
    r"|alternatively\b|another (?:option|way|workaround|method|solution|approach)\b|as an alternative\b"
    r"|or,? (?:you|use|run|try)\b|you can also\b|or$)",
    _FLAGS,
)
_NEXT_CUE = re.compile(
    r"^(?:then|next|after (?:you|that|this|the)|finally|once (?:you|the|this|that)|lastly|afterwards?"
    r"|when (?:you'?re done|finished|the))\b",
    _FLAGS,
)
_SUPPORT = re.compile(
    r"\b(?:contact|call|open a (?:support )?(?:ticket|case|request|service request)(?: with)?|reach out to"
    r"|submit a (?:support|service) (?:request|ticket))\b"
    r".{0,70}\b(?:support|microsoft|vendor|manufacturer|provider|administrator|admin|technical|help ?desk"
    r"|ticket|case|partner|isp)\b"
    r"|\bopen a (?:support|service) (?:ticket|case|request)\b|^(?:please )?contact (?:your|the|us)\b",
    _FLAGS,
)
TITLE_LIMIT = 120


@dataclass(frozen=True)
class Order:
    text: str
    """Imperative clause beginning with its verb, plain words, without the final stop."""
    generic: bool
    """It only points at what follows ("follow these steps"); then `text` is the purpose, or empty."""
    purpose: str = ""
    """What it is done for, imperative: "remove the theme" of "To remove the theme, go to Personalize"."""


@lru_cache(maxsize=4096)
def order_of(sentence: str) -> Order | None:
    """What the sentence tells somebody to do, or None for a statement."""
    text = plain_words(sentence)
    purpose = ""
    for _ in range(5):
        shorter, found = _unwrapped(text)
        purpose = found or purpose
        if shorter == text:
            break
        text = shorter
    text = re.sub(r"^(?:left-)?click to (?=clear|select)", "", text, flags=_FLAGS)
    if not _begins_with_verb(text):
        return (
            _from_fixed_in(text)
            or _from_past(text)
            or _from_gerund(text)
            or _from_passive(text)
            or _from_bare_purpose(text)
        )
    if re.match(r"(?:see|refer to|visit)\b", text, _FLAGS):
        return None
    if _GENERIC_ORDER.match(text) and not (_SPECIFIC_OBJECT.search(text) and not purpose):
        return Order(_finished(purpose or _goal_of_pointer(text)), generic=True)
    told = _finished(purpose) if _begins_with_verb(purpose) else ""
    return Order(_finished(text), generic=False, purpose=told)


_POINTER_GOAL = re.compile(
    r"\b(?:guidance|information|instructions|(?:step|method|procedure|way|option|solution)s?)"
    rf" to (?!{_PURPOSE_VERBS} {_THIS})(?P<goal>[a-z]+ .{{6,}})$", _FLAGS
)  # fmt: skip


def _goal_of_pointer(text: str) -> str:
    """ "Use the following guidance to enable TLS 1.2" points, and says what for."""
    match = _POINTER_GOAL.search(re.split(r"[.:](?: |$)", text, maxsplit=1)[0])
    return match["goal"] if match else ""


def _unwrapped(text: str) -> tuple[str, str]:
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
    match = _PURPOSE.match(text)
    if match and (_begins_with_verb(match["purpose"]) or _GENERIC_ORDER.match(match["rest"])):
        return match["rest"], match["purpose"]
    first = text.split(" ", 1)[0].lower().rstrip(",")
    if first in ADVERBS and " " in text and first not in ("only", "manually", "temporarily", "permanently"):
        return text.split(" ", 1)[1], ""
    match = _IF.match(text)
    if match and _begins_with_verb(_after_wrappings(match["rest"])):
        return match["rest"], ""
    match = _PLACE.match(text)
    if match and not _CONSEQUENCE.match(text) and _begins_with_verb(_after_wrappings(match["rest"])):
        return match["rest"], ""
    return text, ""


def _after_wrappings(text: str) -> str:
    for pattern in (_LEAD, _SUBJECT, _RECOMMEND):
        match = pattern.match(text)
        if match:
            return text[match.end() :]
    return text


_NEVER_SECOND = re.compile(r"^(?:denied|is|are|was|were|has|have|may|might|will|can|cannot|of|for)$", _FLAGS)
_STATES = re.compile(r"^\S+ \w+s (?:is|are|was|were|has|have|may|might|will|can|cannot)\b", _FLAGS)
_GOES_ON = re.compile(r"^continue to (?:experience|see|receive|have|get|encounter|occur)\b", _FLAGS)
_WITH_PREPOSITION = frozenset(("look", "search", "wait", "check", "ask"))


def _begins_with_verb(text: str) -> bool:
    words = text.split(" ", 2)
    first, second = words[0].lower().rstrip(",:"), words[1].rstrip(",") if len(words) > 1 else ""
    if first == "don't" and second:
        return True
    if second and (first in ADVERBS or (first.endswith("ly") and not is_verb(first))):
        return is_verb(second)
    if not is_verb(first) or _STATES.match(text) or _GOES_ON.match(text):
        return False
    return first in _WITH_PREPOSITION or not _NEVER_SECOND.match(second)


def _from_fixed_in(text: str) -> Order | None:
    """ "This issue was fixed in build 7" orders "Install build 7"."""
    match = _FIXED_IN.match(text)
    if match is None:
        return None
    what = re.sub(r"^installing ", "", match["what"])
    return Order(_finished(f"install {what}"), generic=False)


def _from_gerund(text: str) -> Order | None:
    match = _BY.match(text)
    if match is None:
        return None
    base = base_of_gerund(match["gerund"])
    if base and _GENERIC_ORDER.match(base + match["rest"]):
        return Order("", generic=True)
    return Order(_finished(base + match["rest"]), generic=False) if base else None


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


def _from_past(text: str) -> Order | None:
    """ "Restarted the print spooler" reports what "Restart the print spooler" orders."""
    match = _REPORTED.match(text)
    base = base_of_past(match["past"]) if match else None
    if match is None or base is None:
        return None
    if not match["who"] and (not _OBJECT.match(match["rest"]) or _FINITE.match(match["rest"])):
        return None
    return Order(_finished(f"{base} {_in_present(match['rest'])}"), generic=False)


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
    return _finished(f"{base} {_in_present(match['rest'])}")


def _in_present(rest: str) -> str:
    return re.sub(r"((?:\b(?:and|then|and then)|,) )([a-z-]+)\b", _present, rest)


def _present(match: re.Match[str]) -> str:
    return match[1] + (base_of_past(match[2]) or match[2])


def _from_passive(text: str) -> Order | None:
    """ "The mailbox must be linked to an account" orders "Link the mailbox to an account"."""
    condition = _IF.match(text)
    match = _PASSIVE.match(condition["rest"] if condition else text)
    base = base_of_participle(match["participle"]) if match else None
    if match is None or base is None:
        return None
    subject = match["subject"]
    if re.search(r"\b(?:must|can|should|may|might|will|have|has|is|are)\b", subject):
        return None
    particle = re.match(r"^ (?:up|off|on|out|down|back)\b", match["rest"])
    rest = match["rest"][particle.end() :] if particle else match["rest"]
    base += particle.group(0) if particle else ""
    subject = (
        subject[:1].lower() + subject[1:]
        if re.match(r"(?:The|A|An|Your|This|These|All|Each) ", subject)
        else subject
    )
    return Order(_finished(f"{base} {subject}{rest}"), generic=False)


def _from_bare_purpose(text: str) -> Order | None:
    match = _BARE_PURPOSE.match(text)
    if match is None or not text.endswith(":") or not _begins_with_verb(match["purpose"]):
        return None
    generic = re.match(rf"^{_PURPOSE_VERBS} {_THIS}", match["purpose"], _FLAGS)
    return Order("" if generic else _finished(match["purpose"]), generic=True)


def _finished(text: str) -> str:
    return text.strip().rstrip(".:;,! ").strip()


def is_fallback(sentence: str) -> bool:
    """Whether it begins what to try when the former did not help."""
    return bool(_STILL.match(plain_words(sentence)))


def is_next(sentence: str) -> bool:
    """Whether it continues after the former."""
    return bool(_NEXT_CUE.match(plain_words(sentence)))


def is_support(sentence: str) -> bool:
    """Whether it hands the case to somebody else."""
    return bool(_SUPPORT.search(plain_words(sentence)))


def condition_of(sentence: str) -> tuple[str, str] | None:
    """("it is shared", "add it as an account") for "If it is shared, add it as an account"."""
    match = _IF.match(plain_words(sentence))
    if match is None or match["word"].lower() != "if" or is_fallback(sentence):
        return None
    return match["condition"].strip(), match["rest"].strip()


_THE_FOLLOWING = re.compile(r"\bthe following\b", _FLAGS)
_TAILS = re.compile(
    r"(?:,? (?:as follows|by (?:following|using|performing) (?:these|the following|the) steps?.*"
    r"|using the (?:following )?steps?.*|by doing the following.*|like this|for example.*"
    r"|as appropriate.*|, if (?:it|they) .*|such as the following.*|that (?:is|are) described in.*"
    r"|(?:as )?described in.*|in the order.*)|[:.;,])+$",
    _FLAGS,
)


def title_of(order: str) -> str:
    """An order as the title of an action, at most 120 characters: "Change the document template"."""
    text = plain_words(order)
    text = re.split(r"(?<=[a-z0-9\"”)])\. (?=[A-Z])", text)[0]
    text = re.sub(r"\s*\((?:for example|such as|e\.g\.)[^)]*\)", "", text)
    text = _TAILS.sub("", text)
    text = _THE_FOLLOWING.sub("the", text)
    text = _TAILS.sub("", text).strip(' "“”' if text.count('"') % 2 else " ")
    text = first_words(text, TITLE_LIMIT).strip()
    return text[:1].upper() + text[1:]
