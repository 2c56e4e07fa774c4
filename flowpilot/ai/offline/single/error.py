"""The error text of a ticket: where it is quoted, and which of its lines says most."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flowpilot.ai.offline.single.plan import Span
from flowpilot.ai.offline.text.code import shell_of
from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.model import Block, Code, ListBlock, Paragraph, Quote
from flowpilot.ai.offline.text.sentences import sentences

_RECEIVE = re.compile(
    r"\b(?:receive|receives|get|gets|see|sees|encounter|encounters|experience|returns?|displays?|shows?"
    r"|generates?|logged|fails? with|ends? with|displayed|recorded|shown|generated|returned|reported"
    r"|appears?)\b"
    r".{0,90}?\b(?:errors?|messages?|warnings?|exceptions?|events?|alerts?|codes?|entries|entry|following"
    r"|notifications?|ndr|non-delivery report|prompt)\b",
    re.IGNORECASE | re.DOTALL,
)


QUOTED = re.compile(r"[\"“](?P<text>(?! )[^\"“”\n]{3,199}[^\"“”\n ])[\"”]")


_CONTROL = re.compile(
    r"[\"“][^\"“”\n]{4,200}[\"”] (?:columns?|buttons?|options?|tabs?|pages?|folders?|check ?box(?:es)?"
    r"|fields?|menus?|dialogs?|lists?|links?|commands?|settings?|types?|views?|properties|property|permissions?|group"
    r"|role|feature|policy|format|style|attribute|issues?|problems?)\b"
    r"|[\"“][^\"“”\n]{4,200}[\"”] (?:is|are|isn't|is not|aren't|are not|does not|doesn't|can't be|cannot be) "
    r"(?:available|unavailable|missing|shown|displayed|visible|gr[ae]yed|enabled|disabled|appear|listed|present"
    r"|used|selected)\b"
    r"|\b(?:options?|buttons?|commands?|links?|fields?|settings?|check ?box(?:es)?)"
    r" [\"“][^\"“”\n]{4,200}[\"”]",
    re.IGNORECASE,
)
"""The name of something on the screen."""
_LABELLED = re.compile(
    r"\b(?:the|a|an|your|in|from|on|to|for|of|using|use|select|click"
    r"|named|called) [\"“][^\"“”\n]{4,200}[\"”]",
    re.IGNORECASE,
)
_AFTER_COLON = re.compile(
    r"^(?:\w+ ){0,3}(?:errors?|warnings?)\b[^:\"]{3,160}: (?P<text>[^\"]{8,160})$", re.IGNORECASE
)


def named_in(title: str) -> str:
    """The error that a title names in quotation marks or after a colon; the name of a button is none."""
    match = QUOTED.search(title) or _AFTER_COLON.match(title)
    if match is None:
        return ""
    telling = TELLING.search(match["text"])
    if _CONTROL.search(title) and not telling:
        return ""
    told = _MESSAGE.search(title) or telling
    single = " " not in match["text"].strip()
    return "" if (single or _LABELLED.search(title)) and not told else match["text"].strip()


_CODE_IN_TEXT = re.compile(
    r"\b(?:0x[0-9A-Fa-f]{3,}|\d{3} \d\.\d\.\d+(?: (?!NDRs?\b)[A-Z]\w+(?:\.\w+)*){0,3}"
    r"|(?:Event ID:?|Event|[Ee]rror(?: code)?|HCW"
    r"|AADSTS|ADSTS|KB)[: #]{0,2}\d{3,}\w*|\d\.\d{1,2}\.\d{1,3})\b"
)


TELLING = re.compile(
    r"\b(?:errors?|fail\w*|cannot|can't|could(?:n't| not)|denied|exceptions?|unable|invalid|not (?:found"
    r"|allowed|valid)|refused|expired|timed? ?out|unexpected|stopped)\b",
    re.IGNORECASE,
)


def evened(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text).strip().casefold()


_MESSAGE = re.compile(r"\b(?:errors?|messages?|warnings?|codes?|exceptions?|notifications?)\b", re.IGNORECASE)


def _text_of(block: Block) -> str:
    return block.text if isinstance(block, Paragraph) else ""


@dataclass(frozen=True)
class Error:
    """An error as the user sees it."""

    text: str = ""
    lead: str = ""
    """The paragraph that introduces it; empty when nothing does."""
    span: Span | None = None
    several: bool = False
    """One of several that are told as alternatives."""
    second: str = ""
    """The other one, where there are two of them."""


def find_error(title: str, blocks: Sequence[Block]) -> Error:
    """The error that the title names, as the text has it, else the first that somebody is said to get."""
    told = list(_told(title, blocks))
    named = named_in(title)
    if named:
        return next((error for error in told if same_error(error.text, named)), Error(named))
    codes = codes_in(title)
    if codes:
        lead = next((error.lead for error in told if codes[0] in error.text), "")
        return Error(codes[0], lead, several=len(codes) > 1)
    said = [error for error in told if same_error(error.text, title)]
    telling = [error for error in told if TELLING.search(error.text) or _DENIES.search(error.text)]
    if told:
        return [*said, *telling, *told][0]
    for block in blocks:
        shown = _shown(block) if isinstance(block, Quote) else ""
        if len(shown) <= _LONGEST and _is_message(shown) and not _SAMPLE.search(shown):
            return Error(unlabelled(shown), "", Span(block.start, block.end, "text"))
    return Error()


def _told(title: str, blocks: Sequence[Block]) -> Iterator[Error]:
    for i, block in enumerate(blocks):
        led = isinstance(block, Quote) and i > 0 and _FOLLOWS.search(_text_of(blocks[i - 1]))
        announced = bool(led) or (i > 0 and _leads_to_error(blocks[:i]))
        if isinstance(block, ListBlock) and announced:
            lead = sentences(_text_of(blocks[i - 1]))[-1].text
            announced = bool(_MESSAGE.search(lead)) and not _SYMPTOMS.search(lead)
        found = unlabelled(_error_at(title, blocks[i:], announced=announced))
        if _is_message(found):
            said_alone = evened(_text_of(block)) == evened(found)
            lead = _lead_above(blocks[:i]) if said_alone else _text_of(block) or _lead_above(blocks[:i])
            several = bool(_SEVERAL.search(lead))
            second = _second(found, blocks, i) if several else ""
            yield Error(found, lead, Span(block.start, block.end, "text"), several, second)


_SAMPLE = re.compile(r"\d{1,2}/\d{1,2}/\d{2,4}|\d:\d\d\b|^\W*\w+ ?: ")
"""A quotation that nothing announces as a message may be an example of what is wrong."""
_FOLLOWS = re.compile(r"\bfollowing (?:\w+ )?(?:error |warning )?messages?\b", re.IGNORECASE)
_DENIES = re.compile(r"\w+n't\b|\b(?:not|incorrect\w*|missing)\b", re.IGNORECASE)
_SYMPTOMS = re.compile(r"\b(?:symptoms|issues|problems|conditions):$", re.IGNORECASE)


def _lead_above(above: Sequence[Block]) -> str:
    """The paragraph that leads to a message, labels such as "Error message 1" skipped."""
    if not above or not isinstance(above[-1], Paragraph):
        return ""
    return next((_text_of(block) for block in reversed(above) if not _is_label(block)), "")


def _second(found: str, blocks: Sequence[Block], at: int) -> str:
    """The other message of two that stand in turn, each as a quotation of its own."""
    quoted: list[str] = []
    for block in blocks[at:]:
        if isinstance(block, Quote):
            quoted.append(unlabelled(_shown(block)))
        elif not _is_label(block):
            break
    others = [text for text in quoted if text and text != found]
    return others[0] if len(others) == 1 and _is_message(others[0]) else ""


def _is_message(text: str) -> bool:
    """Whether it can be what a program says: not the name of a command, of a product or of a state."""
    if TELLING.search(text) or _CODE_IN_TEXT.search(text):
        return True
    named = _CMDLET.match(text) or _HEADERS.match(text)
    return " " in text.strip() and not named and not text[:1].islower()


_HEADERS = re.compile(r"[A-Z][\w-]+: \S+\s.*?[A-Z][\w-]+: \S", re.DOTALL)
"""Fields of a message or a log."""


_SEVERAL = re.compile(
    r"\b(?:one (?:or more )?of|any of|either|similar|or one|may also|might also)\b", re.IGNORECASE
)
_CMDLET = re.compile(
    r"[A-Z][a-z]+-[A-Z]\w+$|[A-Z][\w ]+ \([A-Z]{2,5}\)$|(?:Outlook|Office|Windows|Exchange) [\w ]*$|Subject:"
)
"""Names of a command or a product, in quotation marks."""


def same_error(text: str, named: str) -> bool:
    """Whether both are one error, one of them shortened or told with other names in it."""
    first, second = (evened(_spelled_out(told)) for told in (text, named))
    if first in second or second in first:
        return True
    words, wanted = set(first.split()), set(second.split())
    return len(words & wanted) > _SHARED * len(wanted)


def _spelled_out(text: str) -> str:
    """ "doesn't" as "does not": a title contracts what the program spells out."""
    spelled = re.sub(r"\bcan(?:['’]t|not)\b", "can not", text, flags=re.IGNORECASE)
    return re.sub(r"(?<=[a-z])n['’]t\b", " not", spelled, flags=re.IGNORECASE)


def verbatim(named: str, shown: str) -> str:
    """What the title calls the error, as the program spells it where that is hardly longer."""
    longer = evened(named) in evened(shown) and len(shown) <= len(named) + _LITTLE
    return shown if longer else named


_LITTLE = 5


_SHARED = 0.7
"""Share of the words of a title's error that make another one the same."""


def codes_in(title: str) -> list[str]:
    """The codes that the title names: several where it joins them with "or"."""
    first = _CODE_IN_TEXT.search(title)
    if first is None:
        return []
    joined = re.match(
        rf"(?:[\"”]?(?:, or |, | or |/| and )[\"“]?{_CODE_IN_TEXT.pattern})+", title[first.end() :]
    )
    more = _CODE_IN_TEXT.findall(joined.group(0)) if joined else []
    return [first.group(0), *more]


_WRAPPED = re.compile(r"^[\s\"“”'‘’`]*(?P<inner>.*?)[\s\"“”'‘’`]*$", re.DOTALL)
_LABEL = re.compile(
    r"^(?:(?:(?:error )?(?:message|details?|description)|error|failuretype"
    r"|(?:detailed |additional |diagnostic )info(?:rmation)?)\s*:\s*)+",
    re.IGNORECASE,
)
DIRECTION = re.compile("[\u200e\u200f\u202a-\u202e\ufeff]")


def unlabelled(text: str) -> str:
    """The error without quotation marks around it and without "Error message:" before it."""
    text = DIRECTION.sub("", text)
    for _ in range(2):
        text = _LABEL.sub("", _WRAPPED.sub(r"\g<inner>", text) if _wrapped(text) else text)
    return text


def _wrapped(text: str) -> bool:
    """Whether marks stand around the whole, or one of a pair is missing."""
    bare = text.strip()
    marks = "\"“”'‘’"
    return bool(bare) and ((bare[0] in marks and bare[-1] in marks) or sum(bare.count(m) for m in marks) == 1)


_LONGEST = 400


def _leads_to_error(above: Sequence[Block]) -> bool:
    """Whether the paragraph right above announces an error, labels such as "Error message 1" skipped."""
    for block in reversed(above):
        if not isinstance(block, Paragraph):
            return False
        if announces(block.text):
            return True
        if not _is_label(block):
            return False
    return False


def _is_label(block: Block) -> bool:
    """Whether it only says which of several messages follows: "Message 2", "On the tray:"."""
    text = block.text.rstrip("* ") if isinstance(block, Paragraph) else ""
    if not text or announces(text):
        return False
    if text.endswith(":"):
        return len(text) <= _NAME_LENGTH
    return len(text) <= _LABEL_LENGTH and _ANOTHER.match(text) is not None


_LABEL_LENGTH, _NAME_LENGTH = 25, 50


def _error_at(title: str, blocks: Sequence[Block], *, announced: bool) -> str:
    block = blocks[0]
    if isinstance(block, ListBlock):
        return _error_in_list(block, announced=announced)
    if isinstance(block, Quote | Code):
        chosen = _closest(title, blocks) if announced else None
        return _shown(chosen) if chosen is not None else ""
    if not isinstance(block, Paragraph):
        return ""
    inner = QUOTED.search(block.text)
    if inner and _CONTROL.search(block.text) and not TELLING.search(inner["text"]):
        return ""
    if inner and (announced or _RECEIVE.search(block.text)):
        return inner["text"].strip()
    return (
        plain_words(block.text)
        if announced and len(block.text) < 160 and not _ANOTHER.match(block.text) and not _is_label(block)
        else ""
    )


_PROGRAMS = frozenset(
    ("vb", "vba", "xml", "html", "sql", "csharp", "cs", "c#", "javascript", "js", "json", "vbscript")
)


def _is_program(block: Quote | Code) -> bool:
    """Whether it shows code, not what code says."""
    return isinstance(block, Code) and (
        block.language in _PROGRAMS or shell_of(block.text, block.language) is not None
    )


def _closest(title: str, blocks: Sequence[Block]) -> Quote | Code | None:
    """Of the quotations that follow one another, the one that shares most words with the title."""
    quoted: list[Quote | Code] = []
    for block in blocks:
        if not isinstance(block, Quote | Code):
            break
        if _shown(block) and not _is_program(block):
            quoted.append(block)
    wanted = set(evened(title).split())
    return max(quoted, key=lambda block: len(wanted & set(evened(_shown(block)).split())), default=None)


_ANOTHER = re.compile(
    r"(?:error message \d|or\b|additionally|in addition|also|when|if|note|you|in|for|then|after|message"
    r"|the following|this (?:issue|problem|error|behaviou?r|may|can|might|occurs|happens))\b",
    re.IGNORECASE,
)


_LISTING = re.compile(r"\bfollowing (?:\w+ ){0,3}(?:types|conditions|values|settings|versions|steps):$")


def announces(text: str) -> bool:
    listing = re.search(
        r"\bfollowing (?:\w+ ){0,3}(?:types|conditions|values|settings|versions|steps):$", text.rstrip()
    )
    acting = _ACTING.search(text.rstrip())
    return bool(_RECEIVE.search(text)) and text.rstrip().endswith(":") and listing is None and acting is None


_ACTING = re.compile(r"\bfollowing (?:\w+ ){0,3}(?:actions|tasks|operations|scenarios|reasons)[^.:]{0,160}:$")


_COUNTED = re.compile(r"(?:error )?(?:message )?\d\W*$", re.IGNORECASE)
"""Only says which of several messages it is."""


def _error_in_list(block: ListBlock, *, announced: bool) -> str:
    for part in block.items:
        for below in part.blocks:
            quoted = announced and (not part.text.strip() or _COUNTED.match(part.text.strip("* ")))
            if isinstance(below, Quote | Code) and (quoted or _RECEIVE.search(part.text)):
                return _shown(below)
        inner = QUOTED.search(part.text)
        if inner and _RECEIVE.search(part.text):
            return inner["text"].strip()
    first = block.items[0].text
    return (
        plain_words(first).strip('"“” ')
        if announced and not block.ordered and 8 <= len(first) <= 160 and not block.items[0].blocks
        else ""
    )


def _shown(block: Quote | Code) -> str:
    if isinstance(block, Code):
        return block.text.strip()
    listed = next((b for b in block.blocks if isinstance(b, ListBlock)), None)
    if listed is not None and isinstance(block.blocks[0], ListBlock):
        return plain_words(listed.items[0].text).strip('"“” ')
    first = next((b for b in block.blocks if isinstance(b, Paragraph | Code)), None)
    if first is None or isinstance(first, Code):
        return first.text.strip() if first else ""
    text = "\n".join(b.text for b in block.blocks if isinstance(b, Paragraph | Code))
    return "\n".join(plain_words(line).strip('"“” ') for line in text.split("\n"))
