"""What a sentence orders: "To fix this, you must restart the service." orders "Restart the service"."""

import re
from dataclasses import dataclass
from functools import lru_cache

from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.imperatives import begins_with_verb, finished
from flowpilot.ai.offline.text.pointing import GENERIC_ORDER, SPECIFIC_OBJECT, goal_of_pointer
from flowpilot.ai.offline.text.purposes import PURPOSE_VERBS, THIS
from flowpilot.ai.offline.text.reported import from_past
from flowpilot.ai.offline.text.verbs import base_of_gerund, base_of_participle
from flowpilot.ai.offline.text.wrappings import CONDITION, unwrapped

_FLAGS = re.IGNORECASE
_BARE_PURPOSE = re.compile(r"^to (?P<purpose>[^,:]{4,120}):?$", _FLAGS)
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
_FIXED_IN = re.compile(
    r"^(?:this|the|these) (?:issues?|problems?|bugs?|errors?|behaviors?) "
    r"(?:is|was|are|were|has been|have been) "
    r"(?:fixed|resolved|corrected|addressed)"
    r"(?: (?:in|by|with|starting (?:in|with)|beginning with))+ "
    r"(?P<what>(?:installing )?"
    r"(?=.*\b(?:updates?|builds?|versions?|service pack|hotfix|release|CU ?\d|KB\d)\b).{4,})$",
    _FLAGS | re.DOTALL,
)


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
        shorter, found = unwrapped(text)
        purpose = found or purpose
        if shorter == text:
            break
        text = shorter
    text = re.sub(r"^(?:left-)?click to (?=clear|select)", "", text, flags=_FLAGS)
    if not begins_with_verb(text):
        done = from_past(text)
        return (
            _from_fixed_in(text)
            or (Order(done, generic=False) if done else None)
            or _from_gerund(text)
            or _from_passive(text)
            or _from_bare_purpose(text)
        )
    if re.match(r"(?:see|refer to|visit)\b", text, _FLAGS):
        return None
    if GENERIC_ORDER.match(text) and not (SPECIFIC_OBJECT.search(text) and not purpose):
        return Order(finished(goal_of_pointer(text) or purpose), generic=True)
    told = finished(purpose) if begins_with_verb(purpose) else ""
    return Order(_with_other(finished(text), sentence), generic=False, purpose=told)


_OTHER = re.compile(r"instead of (?:using )?(?P<other>[^,]{3,30}), ", _FLAGS)


def _with_other(order: str, sentence: str) -> str:
    """ "Instead of red rolls, use blue ones instead": "use blue ones instead of red rolls"."""
    other = _OTHER.match(sentence) if order.endswith(" instead") else None
    return f"{order} of {other['other']}" if other is not None else order


_FROM_BUILD = re.compile(r"builds? (?P<number>\d[\d.]*\d) (?:and|or) (?:later|newer)\b", _FLAGS)


def _from_fixed_in(text: str) -> Order | None:
    """ "This issue was fixed in build 7" orders "Install build 7"."""
    match = _FIXED_IN.match(text)
    if match is None:
        return None
    what = re.sub(r"^installing ", "", match["what"])
    build = _FROM_BUILD.match(what)
    if build is not None:
        return Order(finished(f"update to build {build['number']} or later"), generic=False)
    return Order(finished(f"install {what}"), generic=False)


def _from_gerund(text: str) -> Order | None:
    match = _BY.match(text)
    if match is None:
        return None
    base = base_of_gerund(match["gerund"])
    if base and GENERIC_ORDER.match(base + match["rest"]):
        return Order("", generic=True)
    return Order(finished(base + match["rest"]), generic=False) if base else None


def _from_passive(text: str) -> Order | None:
    """ "The mailbox must be linked to an account" orders "Link the mailbox to an account"."""
    condition = CONDITION.match(text)
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
    return Order(finished(f"{base} {subject}{rest}"), generic=False)


def _from_bare_purpose(text: str) -> Order | None:
    match = _BARE_PURPOSE.match(text)
    if match is None or not text.endswith(":") or not begins_with_verb(match["purpose"]):
        return None
    generic = re.match(rf"^{PURPOSE_VERBS} {THIS}", match["purpose"], _FLAGS)
    return Order("" if generic else finished(match["purpose"]), generic=True)
