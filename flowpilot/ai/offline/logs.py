"""The lines of a log that are worth reading: alike ones as one, the gravest and rarest first.

Lines are alike when they differ only in what varies: times, addresses, ids, numbers, and single words at the
same place (after Drain: He, Zhu, Zheng and Lyu, ICWS 2017, with one level of buckets instead of a tree).
Error codes do not vary: another code is another line. The time is linear in the length of the text.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from math import log
from operator import eq
from typing import Final, Literal

Severity = Literal["fatal", "error", "warning", "info", "debug"]

LOG_READ: Final = 1_000_000
"""Characters of a log that are read where somebody waits, from its end: what fails now stands there."""
SHOWN: Final = 20
"""Lines that a digest has, unless another number is asked for."""
_READ: Final = 1_000
"""Characters of a line that are looked at; a line may be a whole file."""
_KEPT: Final = 500
"""Characters of a line that are shown."""
_ALIKE: Final = 0.7
"""Share of equal words from which on two lines of the same number of words are one."""
_COMPARED: Final = 15
"""Templates of a bucket that a new line is compared with: keeps the time linear."""
_MOST_COMPARED: Final = 20_000
"""Kinds from which on only equal templates are one: a log of so many has no pattern."""
_WEIGHTS: Final[dict[Severity, float]] = {"fatal": 8, "error": 4, "warning": 2, "info": 0.3, "debug": 0.1}
_CODED: Final = 1.5
"""Factor for a line that names an error code."""

_TIME: Final = re.compile(
    r"^[\[(<\s]*(?:(?:\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}"
    r"|(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} {1,2}\d{1,2})[T,\s]*)?"
    r"(?:\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d+)?(?:\s?[AP]M)?(?:Z|[+-]\d{2}:?\d{2})?)?[\])>\s,;|-]*"
)
_CODE: Final = re.compile(
    r"\b0x[0-9a-f]{3,8}\b|\b(?:AADSTS|ORA-|KB|HCW)\d{4,}\b|[45]\.[0-7]\.\d{1,3}(?![\d.])"
    r"|\b(?:error|event(?:\s?id)?|code|status|stop|exit(?:ed)?|hresult"
    r"|result)\b[\s:=#('\"]{0,4}-?\d{2,10}\b",
    re.IGNORECASE,
)
_VARIES: Final = re.compile(
    r"(?P<code>" + _CODE.pattern + r")"
    r"|\{?\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b\}?"
    r"|\b(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}\b|\b0x[0-9a-f]+\b|\b[0-9a-f]{12,}\b|\d+",
    re.IGNORECASE,
)
_LEVEL: Final = re.compile(
    r"(?:^|[\s\[(<|=:\"])(?P<level>FATAL|CRIT(?:ICAL)?|PANIC|EMERG(?:ENCY)?|ALERT|SEVERE|ERR(?:OR)?"
    r"|WARN(?:ING)?"
    r"|NOTICE|INFO(?:RMATION)?|DEBUG|TRACE|VERBOSE)(?=$|[\s\])>|:\",;])"
)
_NAMED_LEVEL: Final = re.compile(
    r"(?:level|severity|type|entrytype)\W{1,4}(?P<level>critical|error|warning|information|verbose|info"
    r"|debug)\b"
    r"|^[\[(]?(?P<first>fatal|critical|error|warning|warn|info|debug|trace)[\])]?[\s:]",
    re.IGNORECASE,
)
_LEVELS: Final[tuple[tuple[str, Severity], ...]] = (
    ("fatal crit panic emerg alert severe", "fatal"),
    ("err", "error"),
    ("warn", "warning"),
    ("notice info", "info"),
    ("debug trace verbose", "debug"),
)
_GRAVE: Final = re.compile(
    r"\b(?:fatal|panic|out of memory|bug ?check|crash(?:ed|ing)?|corrupt(?:ed|ion)?|segmentation fault)\b",
    re.IGNORECASE,
)
_FAULT: Final = re.compile(
    r"\b(?:errors?|fail(?:s|ed|ure|ures)?|exceptions?|denied|refused|rejected|unable|cannot"
    r"|could ?n[o']t|timed? ?out|unreachable|invalid|unauthori[sz]ed|forbidden|not found"
    r"|no such|aborted|terminated unexpectedly|expired)\b",
    re.IGNORECASE,
)
_DOUBT: Final = re.compile(
    r"\b(?:warn(?:ing)?|retry(?:ing)?|retries|deprecated|slow|degraded|missing)\b", re.IGNORECASE
)
_NO_FAULT: Final = re.compile(
    r"\b(?:0|no|without|zero) (?:errors?|failures?|exceptions?|warnings?)\b|\berrors?\s?[:=]\s?0\b"
    r"|\b(?:errors?|failures?)\.(?:log|txt)\b",
    re.IGNORECASE,
)
_FRAME: Final = re.compile(r"\s+(?:at |\.\.\. \d+ more|File \")|\s*[-=*_#.]{4,}\s*$")


@dataclass(frozen=True)
class LogLine:
    """The first of the lines that are alike."""

    number: int
    """Of the line in the text, from 1."""
    text: str
    """As it stands there, at most 500 characters."""
    severity: Severity
    times: int
    """How many lines are like this one, itself included."""
    last: int
    """Number of the last of them."""


@dataclass(frozen=True)
class LogDigest:
    lines: tuple[LogLine, ...]
    """The gravest and rarest first."""
    total: int
    """Lines of the text that are not blank."""
    kinds: int
    """How many of them are unlike each other."""


@dataclass(slots=True)
class _Kind:
    words: list[str]
    number: int
    text: str
    severity: Severity
    coded: bool
    last: int
    times: int = 0


def digest(text: str, *, limit: int = SHOWN) -> LogDigest:
    """The lines worth reading, at most `limit`. Lines end with a line feed, as editors count them."""
    known = _Kinds()
    total = 0
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw[:_READ].rstrip()
        if line:
            total += 1
            known.take(number, line)
    ranked = sorted(known.kinds, key=lambda kind: (-_worth(kind, total), kind.number))
    lines = (LogLine(kind.number, kind.text, kind.severity, kind.times, kind.last) for kind in ranked[:limit])
    return LogDigest(tuple(lines), total, len(known.kinds))


def excerpt(text: str, *, limit: int = SHOWN) -> str:
    """The lines worth reading in the order of the text, each with its number and how often it comes."""
    chosen = sorted(digest(text, limit=limit).lines, key=lambda line: line.number)
    return "\n".join(map(_told, chosen))


def message_of(line: str) -> str:
    """A log line without the time at its beginning and without its level."""
    rest = _TIME.sub("", line[:_READ]).strip()
    level = _LEVEL.search(rest[:60]) or _NAMED_LEVEL.match(rest)
    if level is not None:
        rest = rest[level.end() :]
    return rest.strip(" \t|:;-,])>") or line.strip()


def codes_in(line: str) -> list[str]:
    """Error codes of a line as it spells them."""
    return [match.group() for match in _CODE.finditer(line)]


class _Kinds:
    """What has been met so far, by the number of words and the first of them."""

    def __init__(self) -> None:
        self.kinds: list[_Kind] = []
        self._exact: dict[str, _Kind] = {}
        self._buckets: dict[tuple[int, str], list[_Kind]] = {}

    def take(self, number: int, line: str) -> None:
        template, coded = _template(line)
        kind = self._exact.get(template)
        if kind is None:
            kind = self._alike(template.split()) or self._new(number, line, template, coded=coded)
            self._exact[template] = kind
        kind.times += 1
        kind.last = number

    def _alike(self, words: list[str]) -> _Kind | None:
        if len(self.kinds) >= _MOST_COMPARED:
            return None
        for kind in self._buckets.get(_bucket(words), ())[:_COMPARED]:
            same = sum(map(eq, words, kind.words))
            if same >= _ALIKE * len(words) and _codes(words) == _codes(kind.words):
                return kind
        return None

    def _new(self, number: int, line: str, template: str, *, coded: bool) -> _Kind:
        kind = _Kind(template.split(), number, line[:_KEPT], severity_of(line), coded, number)
        self.kinds.append(kind)
        self._buckets.setdefault(_bucket(kind.words), []).append(kind)
        return kind


def _bucket(words: list[str]) -> tuple[int, str]:
    return len(words), words[0] if words else ""


def _codes(words: Iterable[str]) -> list[str]:
    return [word for word in words if "§" in word]


def _template(line: str) -> tuple[str, bool]:
    """What does not vary in a line, and whether it names a code; a code is marked with a paragraph sign."""
    found = False

    def mask(match: re.Match[str]) -> str:
        nonlocal found
        if match["code"] is None:
            return "#"
        found = True
        return "§" + re.sub(r"\s+", "_", match["code"].lower())

    return _VARIES.sub(mask, _TIME.sub("", line)), found


def severity_of(line: str) -> Severity:
    """The level that a line names; where it names none or a harmless one, what its words tell."""
    named = _level(line)
    if named in ("fatal", "error", "warning"):
        return named
    if _FRAME.match(line):
        return "debug"
    told = _told_severity(_NO_FAULT.sub(" ", line))
    if named is None:
        return told or "info"
    return "warning" if told in ("fatal", "error") else named


def _level(line: str) -> Severity | None:
    head = line[:200]
    match = _LEVEL.search(head) or _NAMED_LEVEL.search(head)
    if match is None:
        return None
    word = next(group for group in match.groups() if group).lower()
    return next(level for words, level in _LEVELS if any(word.startswith(each) for each in words.split()))


def _told_severity(line: str) -> Severity | None:
    if _GRAVE.search(line):
        return "fatal"
    if _FAULT.search(line) or _CODE.search(line):
        return "error"
    return "warning" if _DOUBT.search(line) else None


def _worth(kind: _Kind, total: int) -> float:
    rarity = 1 + log(total / kind.times)
    return _WEIGHTS[kind.severity] * rarity * (_CODED if kind.coded else 1.0)


def _told(line: LogLine) -> str:
    again = f" (×{line.times}, last in line {line.last})" if line.times > 1 else ""
    return f"{line.number}: {line.text}{again}"
