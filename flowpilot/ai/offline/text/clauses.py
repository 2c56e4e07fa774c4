"""Statements to yes/no questions: "the mailbox is shared" -> "Is the mailbox shared?"."""

import re
from dataclasses import dataclass

from flowpilot.ai.offline.text.debris import plain_words

_AUX = {
    "is": "Is", "are": "Are", "was": "Was", "were": "Were", "can": "Can", "could": "Could",
    "will": "Will", "does": "Does", "do": "Do", "did": "Did", "should": "Should", "must": "Must",
}  # fmt: skip
_NEGATED = {
    "isn't": "Is", "aren't": "Are", "wasn't": "Was", "weren't": "Were", "can't": "Can", "cannot": "Can",
    "couldn't": "Could", "doesn't": "Does", "don't": "Do", "didn't": "Did", "hasn't": "Has",
    "haven't": "Have", "won't": "Will",
}  # fmt: skip
_CONTRACTED = (
    (r"\b(you|they|we)'re\b", r"\1 are"), (r"\b(you|they|we)'ve\b", r"\1 have"),
    (r"\b(it|that|there|he|she)'s\b", r"\1 is"), (r"\b(\w+) not\b(?= )", r"\1 not"),
)  # fmt: skip
_STATIVE = {
    "contains": "contain", "uses": "use", "exceeds": "exceed", "includes": "include", "exists": "exist",
    "appears": "appear", "runs": "run", "belongs": "belong", "points": "point", "requires": "require",
    "matches": "match", "needs": "need", "tries": "try", "receives": "receive", "opens": "open",
    "fails": "fail", "stops": "stop", "blocks": "block", "lacks": "lack", "prevents": "prevent",
    "shows": "show", "keeps": "keep", "owns": "own", "works": "work", "occurs": "occur",
    "returns": "return", "remains": "remain", "spans": "span", "sends": "send", "crashes": "crash",
    "displays": "display", "hangs": "hang", "freezes": "freeze", "takes": "take", "starts": "start",
    "references": "reference", "conflicts": "conflict", "differs": "differ", "loses": "lose",
    "refers": "refer", "resides": "reside", "disappears": "disappear", "times": "time",
    "connects": "connect",
}  # fmt: skip
_MODAL = frozenset((*_AUX, *_NEGATED, "may", "might", "has", "have"))
_PLURAL_STATIVE_WORDS = """
use run have contain exceed belong need exist try open fail receive include require match connect
sign create send work see get want share move install update access enable select click store host
appear point own manage route publish deploy synchronize sync migrate forward print upgrade
"""
_PLURAL_STATIVE = frozenset(_PLURAL_STATIVE_WORDS.split())
_PARTICIPLE = re.compile(
    r"^(?:been|set|made|run|had|done|lost|sent|built|put|left|become|gone|grown|taken|given|chosen|\w+ed"
    r"|n't|not|already|never|just|(?!only$|daily$|weekly$|monthly$|early$)\w+ly)$"
)
_RELATIVE = re.compile(
    r"\b(?:that|which|who|whose|where|when|if|because|after|before|and|or|but|so)\b", re.IGNORECASE
)
_WORD = re.compile(r"[A-Za-z][\w'’-]*")
_LONGEST = 150
_COMPOUND = re.compile(
    r"\b(?:and|or|but) (?:doesn't|don't|isn't|aren't|hasn't|can't|does not|do not|is not|cannot)\b|"
    r",? (?:and|or|but) (?:there|it|you|they|then|when|if|because|the [\w ]{2,40}|a [\w ]{2,30}"
    r"|your [\w ]{2,30}) (?:is|are|isn't|aren't|was|were|has|have|can|can't|cannot|doesn't|don't|receives?"
    r"|contains?|uses?)\b",
    re.IGNORECASE,
)
_TOO_VAGUE = re.compile(
    r"\b(?:this issue|this problem|this error|the issue|the problem|the error|the following|by design"
    r"|expected behavior|(?:above|following) symptoms|the scenario|this behavior|these|those)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class YesNo:
    title: str
    yes_means_so: bool
    """False when the question was turned round: "the service isn't running" -> "Is the service running?"."""


def yes_no(clause: str) -> YesNo | None:
    """The clause as a question that can be answered with yes or no; None when its grammar is not clear."""
    text = _prepared(clause)
    if _COMPOUND.search(text):
        return None
    if not 8 <= len(text) <= _LONGEST or _TOO_VAGUE.search(text) or "\n" in text:
        return None
    words = list(_WORD.finditer(text))
    for i, match in enumerate(words[1:13], start=1):
        word = match.group(0).lower().replace("’", "'")
        subject, rest = text[: match.start()].strip(), text[match.end() :].strip()
        if _RELATIVE.fullmatch(word) or "," in subject:
            return None
        found = _inverted(subject, word, rest, words[i - 1].group(0))
        if found is not None or word in _NEGATED:
            return found
    return None


def _prepared(clause: str) -> str:
    text = plain_words(clause).strip(" ;:,").rstrip(".")
    text = re.sub(r"^(?:that|either|both|then) ", "", text)
    for pattern, replacement in _CONTRACTED:
        text = re.sub(pattern, replacement, text, flags=re.IGNORECASE)
    return re.sub(r"\s*\((?:for example|such as|e\.g\.|or )[^)]*\)", "", text)


def _inverted(subject: str, word: str, rest: str, before: str) -> YesNo | None:
    subject = lower_first(subject)
    if not rest:
        return _question(f"Does {subject} {_STATIVE[word]}", so=True) if word in _STATIVE else None
    if word in _NEGATED:
        simple = not re.search(r"\b(?:and|or|but|any|unless|until)\b", rest)
        return _question(f"{_NEGATED[word]} {subject} {rest}", so=False) if simple else None
    if word in ("has", "have", "had"):
        return _having(subject, word, rest)
    if word in _AUX:
        if re.match(r"(?:not|no longer|never)\b", rest):
            positive = re.sub(r"^(?:not|no longer|never)\s+", "", rest)
            simple = word not in ("do", "does", "did", "can") or not re.search(
                r"\b(?:and|or|any)\b", positive
            )
            return _question(f"{_AUX[word]} {subject} {positive}", so=False) if simple else None
        return _question(f"{_AUX[word]} {subject} {rest}", so=True)
    if word in _STATIVE and not subject.lower().endswith(" s") and rest.split(" ", 1)[0] not in _MODAL:
        return _question(f"Does {subject} {_STATIVE[word]} {rest}", so=True)
    if word in _PLURAL_STATIVE and before.lower() in ("you", "users", "they", "we", "i"):
        return _question(f"Do {subject} {word} {rest}", so=True)
    return None


def _having(subject: str, word: str, rest: str) -> YesNo | None:
    first = rest.split(" ", 1)[0]
    if re.match(r"(?:not|never)\b", rest):
        return (
            _question(f"{word.capitalize()} {subject} {rest.split(' ', 1)[1]}", so=False)
            if " " in rest
            else None
        )
    if _PARTICIPLE.match(first):
        return _question(f"{word.capitalize()} {subject} {rest}", so=True)
    helper = {"has": "Does", "have": "Do", "had": "Did"}[word]
    if re.match(r"no\b", rest):
        return _question(f"{helper} {subject} have {re.sub('^no', 'any', rest)}", so=False)
    return _question(f"{helper} {subject} have {rest}", so=True)


def _question(text: str, *, so: bool) -> YesNo:
    return YesNo(re.sub(r"\s+", " ", text).strip(" .") + "?", so)


_NAMES_WORDS = """
microsoft office exchange outlook sharepoint onedrive onenote teams skype lync excel word powerpoint
access visio project publisher intune entra azure windows macos iphone ipad android chrome edge
firefox internet citrix veeam fortigate sonicwall meraki unifi cisco quickbooks sage adobe acrobat
zoom duo okta viva yammer synology datto bitlocker active directory autodiscover hybrid google apple
dell lenovo hp samsung logitech norton mcafee sophos kerberos bluetooth powerpivot purview defender
cortana copilot power planner stream forms bookings delve sway mac linux ubuntu salesforce dropbox
facebook netscape
slack monday tuesday wednesday thursday friday saturday sunday january february march april june
july august september october november december english german french spanish japanese i web
"""
_NAMES = frozenset(_NAMES_WORDS.split())


def is_name(word: str) -> bool:
    """Whether the word names a product, a maker or a language."""
    return word[:1].isupper() and word.lower() in _NAMES


_OPENING_WORDS = """
a an the some any one your this these those all each no both several multiple many most certain users when if
after before because while other another there it they we you in on at for from by with as to of
"""
_OPENING = frozenset(_OPENING_WORDS.split())


def lower_first(text: str) -> str:
    """Begin in lower case, unless the first word is a name, an acronym or a code."""
    match = re.match(r"[A-Z][a-z'’-]*(?![\w])", text)
    word = match.group(0) if match else ""
    if not word or word.lower() in _NAMES or re.match(r"[A-Z]-[A-Z]", text):
        return text
    named = re.match(r" [A-Z][\w+]*", text[len(word) :]) and word.lower() not in _OPENING
    return text if named else text[:1].lower() + text[1:]
