"""Which lines are headings, and what they say: "Cause", "Method 2: …", "Resolution for scenario 1"."""

import re
from dataclasses import replace

from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.model import Heading, SectionKind

_FLAGS = re.IGNORECASE

BARE_KINDS: tuple[tuple[str, SectionKind], ...] = (
    (
        r"(?:root |probable |possible |likely )?causes?|reasons?(?: for (?:this|the) (?:issue|problem"
        r"|error))?|why (?:this|the) (?:error|issue|problem) (?:occurs|happens)|cause analysis", "cause"),
    (
        r"resolutions?|solutions?|fix(?:es)?|remed(?:y|ies)|resolution steps|recommended (?:action|method"
        r"|resolution|solution)s?|general solution|user action|how to (?:fix|resolve|solve|correct"
        r"|repair)\b.*|(?:re)?solution and workaround|(?:re)?solution ?/ ?workarounds?|corrective actions?"
        r"|steps (?:taken|to (?:fix|resolve|solve)\b.*)|actions? taken|work performed|let me fix it myself"
        r"|additional methods", "resolution"),
    (r"work ?-?arounds?|temporary (?:fix|solution)|how to work around\b.*", "workaround"),
    (r"status", "status"),
    (
        r"(?:more|additional|further|related|background|other) (?:information|info|details|resources"
        r"|notes)(?: (?:for|about|on|to) .*)?|references?|see also|next steps|related articles?|learn more"
        r"|known issues with this resolution|remarks|why it happened", "more_information"),
    (r"symptoms?|problem|issues?|problem description|issue description|error message", "symptoms"),
    (r"prerequisites?|requirements|before you (?:begin|start)|warnings? and cautions?", "prerequisites"),
    (r"(?:steps|how) to reproduce\b.*|repro(?:duction)? steps|steps?[- ]by[- ]steps? example", "reproduce"),
    (r"applies to|applicable (?:products|versions)|properties|keywords|article information", "applies_to"),
    (
        r"did this (?:fix|solve|resolve) the problem\??|still need help\??|feedback"
        r"|references to other sites|(?:third-party )?(?:\w+ ){0,2}disclaimer|contact us",
        "debris",
    ),
)  # fmt: skip

MARKDOWN_KINDS: tuple[tuple[str, SectionKind], ...] = (
    (r"troubleshooting(?: steps)?", "resolution"),
    (r"background|(?:.* )?examples?|overview|summary|details|notes?", "more_information"),
    (r"step(?:s)?[- ]by[- ]step example|(?:expected |actual )?results?", "reproduce"),
)
"""Words too common to be a heading on a bare line."""

NUMBERED_KINDS: tuple[tuple[str, SectionKind], ...] = (
    (r"method|option|approach|alternative|procedure|way|choice|command option", "method"),
    (r"resolution|solution|fix|remedy|resolution steps", "resolution"),
    (r"work ?-?around", "workaround"),
    (r"scenario|case|situation|condition|configuration", "scenario"),
    (r"cause|reason", "cause"),
    (r"step|phase|stage|part|task", "step"),
    (r"symptom|issue|problem|error", "symptoms"),
)

_BARE = tuple((re.compile(rf"^(?:{words})$", _FLAGS), kind) for words, kind in BARE_KINDS)
_MARKED = tuple((re.compile(rf"^(?:{words})$", _FLAGS), kind) for words, kind in MARKDOWN_KINDS)
_WORDS = "|".join(words for words, _ in NUMBERED_KINDS)
_NUMBER = r"(?:\#|no\. ?)?(?P<number>\d{1,2}|[A-H]|one|two|three|four|five|six)"
_NUMBERED = re.compile(
    rf"^(?:(?:resolution|solution|workaround"
    rf"|fix)s?\s*[-–—:(/]*\s*)?(?P<word>{_WORDS})\s*[-#]?\s*{_NUMBER}\b\)?"
    r"(?:\s*\((?P<remark>[^)]{1,40})\))?\s*(?:(?:[:.)]|[-–—]+)\s*(?P<title>\S.*)|(?P<bare>))$",
    _FLAGS,
)
_FOR = re.compile(
    r"^(?:resolution|solution|fix|workaround|resolution steps|steps|cause)s?(?:\s+\d+)?\s+(?:for|to"
    r"|of)\s+(?:the\s+)?"
    r"(?P<word>cause|reason|scenario|case|symptom|issue|problem|error|situation)\s*(?P<number>\d{1,2})"
    r"(?P<further>(?:(?:,| and| or| &)\s*(?:\w+ )?\d{1,2})*)\s*(?:(?:[:.)]|[-–—]+)\s*(?P<title>\S.*))?$",
    _FLAGS,
)
_KIND_COLON_TITLE = re.compile(
    r"^(?P<word>resolution|solution|workaround|fix|cause|method)\s*(?P<mark>[-–—:]+)\s*(?P<title>\S.{2,90})$",
    _FLAGS,
)
_FOR_VERSION = re.compile(
    r"^(?P<word>resolution|solution|workaround|fix|method|steps) for "
    r"(?P<title>(?-i:[A-Z0-9])[\w.+-]{0,30}(?: [A-Z0-9][\w.+-]{0,30}){0,5}? [\w.]{0,12}\d[\w.]{0,12}"
    r"(?: and (?:earlier|later|newer|older)(?: versions)?)?)$",
    _FLAGS,
)
""" "Resolution for Outlook 2010 and later versions"."""
_LABEL = re.compile(
    r"^\**(?P<word>root cause|cause|reason|resolution|solution|fix|workaround|action taken|status"
    r"|symptoms?|problem|issue|steps taken)"
    r"\**\s*:\**\s+(?P<rest>\S.*)$",
    _FLAGS,
)
_COUNTED = re.compile(
    r"^\**(?P<word>method|option|work ?-?around|solution|resolution)\s*(?P<number>\d)\**\s*(?::|[-–—]+)\**\s+"
    r"(?P<rest>[A-Z].*)$",
    _FLAGS,
)
"""A way that is counted and told on one line, too long for a heading."""
_MARKDOWN = re.compile(r"^\s{0,3}(#{1,6})\s+(?P<text>.+?)\s*#*\s*$")
_TAGGED = re.compile(r"^\s{0,3}<h(?P<rank>[1-6])\b[^<>]*>(?P<text>[^<>]{2,120})</h(?P=rank)>\s*$", _FLAGS)
_BOLD = re.compile(r"^\s{0,3}(\*\*|__)(?P<text>[^*_]{2,100})\1\s*:?\s*$")
_SENTENCE_END = re.compile(r"[.!?;,]\**$")
_NUMBER_WORDS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}

BARE_LEVEL = 1
NUMBERED_LEVEL = 8
"""Bare "Method 2" lines stand under any markdown heading: nothing is known about their rank."""

_LONGEST = 120


def heading_of(line: str) -> Heading | None:
    """The heading that this line is, or None. Code, list items and notes must be ruled out before."""
    tagged = _TAGGED.match(line)
    match = _MARKDOWN.match(f"{'#' * int(tagged['rank'])} {tagged['text']}" if tagged is not None else line)
    if match:
        return _ranked(_described(plain_words(match["text"]), len(match[1]), known_only=False))
    bold = _BOLD.match(line)
    text = plain_words(bold["text"] if bold else line)
    if not text or len(text) > _LONGEST or line[:1] in " \t|>":
        return None
    heading = _described(text.rstrip(":").strip(), BARE_LEVEL, known_only=True)
    if heading is None or (_SENTENCE_END.search(text) and len(text) > 80):
        return None
    return heading


def _ranked(heading: Heading | None) -> Heading | None:
    """A main heading written with one or two marks ranks with the bare "Resolution" lines beside it."""
    if (
        heading is None
        or heading.level > _TOP_MARKS
        or heading.number is not None
        or heading.kind == "heading"
    ):
        return heading
    return replace(heading, level=BARE_LEVEL)


_TOP_MARKS = 2


def label_of(line: str) -> tuple[Heading, int] | None:
    """A label with its text on one line ("Cause: the driver is old") and where the text begins in it."""
    match = _LABEL.match(line)
    if match is None:
        counted = _COUNTED.match(line)
        return (_counted(counted), counted.start("rest")) if counted is not None else None
    kind = _bare_kind(match["word"])
    if kind is None:
        return None
    return Heading(kind, None, None, "", BARE_LEVEL), match.start("rest")


def _counted(match: re.Match[str]) -> Heading:
    kind = _numbered_kind(match["word"])
    level = BARE_LEVEL if kind in ("resolution", "workaround") else NUMBERED_LEVEL
    return Heading(kind, int(match["number"]), None, "", level)


def _described(text: str, level: int, *, known_only: bool) -> Heading | None:
    text = text.strip().rstrip(":").strip()
    kind = _bare_kind(text) or (None if known_only else _marked_kind(text))
    if kind is not None:
        return Heading(kind, None, None, text if " " in text and kind == "resolution" else "", level)
    return _targeted(text, level) or _numbered(text, level) or _titled(text, level, known_only=known_only)


def _bare_kind(text: str) -> SectionKind | None:
    return next((kind for pattern, kind in _BARE if pattern.match(text)), None)


def _marked_kind(text: str) -> SectionKind | None:
    return next((kind for pattern, kind in _MARKED if pattern.match(text)), None)


def _targeted(text: str, level: int) -> Heading | None:
    match = _FOR.match(text)
    if match is None:
        return None
    kind: SectionKind = "workaround" if text.lower().startswith("workaround") else "resolution"
    if text.lower().startswith("cause"):
        kind = "cause"
    number = int(match["number"])
    target = _numbered_kind(match["word"])
    further = tuple(map(int, re.findall(r"\d+", match["further"])))
    return Heading(kind, number, (target, number), (match["title"] or "").strip(), level, further)


def _numbered(text: str, level: int) -> Heading | None:
    match = _NUMBERED.match(text)
    if match is None:
        return None
    kind = _numbered_kind(match["word"])
    number = _number(match["number"])
    deep = level == BARE_LEVEL and kind not in ("cause", "resolution", "workaround")
    if level == BARE_LEVEL and re.match(r"^(?:resolution|workaround|solution)s?\b", text, _FLAGS):
        deep = False
    return Heading(kind, number, None, (match["title"] or "").strip(), NUMBERED_LEVEL if deep else level)


def _number(text: str) -> int:
    if text.isdigit():
        return int(text)
    return _NUMBER_WORDS.get(text.lower(), ord(text[0].upper()) - ord("A") + 1)


def _numbered_kind(word: str) -> SectionKind:
    for words, kind in NUMBERED_KINDS:
        if re.match(rf"^(?:{words})$", word, _FLAGS):
            return kind
    return "heading"


def _titled(text: str, level: int, *, known_only: bool) -> Heading | None:
    match = _KIND_COLON_TITLE.match(text)
    if match and not (known_only and (_SENTENCE_END.search(text) or match["mark"].startswith(":"))):
        kind = _bare_kind(match["word"]) or "method"
        return Heading(kind, None, None, match["title"].strip(), level)
    versioned = _FOR_VERSION.match(text)
    if versioned is not None:
        return Heading(_bare_kind(versioned["word"]) or "method", None, None, versioned["title"], level)
    return None if known_only else Heading("heading", None, None, text, level)
