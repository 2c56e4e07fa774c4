"""The form of a rule. `tokens` and `phrases` hold the tables of rules."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Accept = Callable[[str, str], bool]
"""Takes the value found and the text that follows it (at most 24 characters)."""

TRAILING = ".,:)]}"
"""Punctuation of the sentence, not of the secret, when a value stands without quotes."""


REACH_BACK, REACH_ON = 64, 512
"""Around a hint, in characters: where a match begins at most before it, and how far on."""


@dataclass(frozen=True)
class Rule:
    name: str
    hints: tuple[str, ...]
    """Literals of which one is within the first `REACH_BACK` characters of every match."""
    pattern: re.Pattern[str]
    groups: tuple[str, ...] = ("secret",)
    accept: Accept | None = None
    exact: bool = False
    """The hints are looked for as they are written; else in lower case."""

    def may_match(self, text: str, lowered: str) -> bool:
        """Whether there is a hint at all. A plain loop: this runs for every rule and text."""
        haystack = text if self.exact else lowered
        for hint in self.hints:  # noqa: SIM110
            if hint in haystack:
                return True
        return False

    def matches(self, text: str, lowered: str) -> Iterator[re.Match[str]]:
        """The pattern's matches near a hint: nearly all of a text is never looked at."""
        for start, end in self._windows(text if self.exact else lowered):
            for match in self.pattern.finditer(text, start, end):
                if match.end() == end < len(text):
                    yield self.pattern.match(text, match.start()) or match
                else:
                    yield match

    def trimmed(self, text: str, start: int, end: int) -> tuple[int, int]:
        """Drop the sentence's punctuation from a value that had no quotes around it."""
        if self.groups == QUOTABLE and text[start - 1] not in "\"'`\u201c\u2018":
            while end > start and text[end - 1] in TRAILING:
                end -= 1
        return start, end

    def accepts(self, text: str, start: int, end: int) -> bool:
        return self.accept is None or self.accept(text[start:end], text[end : end + 24])

    def _windows(self, text: str) -> Iterator[tuple[int, int]]:
        start = end = 0
        for position in sorted(self._positions(text)):
            if position - REACH_BACK > end:
                if end:
                    yield start, end
                start = position - REACH_BACK
            end = min(position + REACH_ON, len(text))
        if end:
            yield max(start, 0), end

    def _positions(self, text: str) -> Iterator[int]:
        for hint in self.hints:
            position = text.find(hint)
            while position >= 0:
                yield position
                position = text.find(hint, position + len(hint))


QUOTABLE = ("double", "single", "tick", "curly", "bare")
_QUOTED = (
    r'"(?P<double>[^"\n]{1,256})"|\'(?P<single>[^\'\n]{1,256})\'|`(?P<tick>[^`\n]{1,256})`'
    "|[\u201c\u2018](?P<curly>[^\u201d\u2019\\n]{1,256})[\u201d\u2019]"
)
VALUE = rf"(?:{_QUOTED}|(?P<bare>[^\s\"'`<>;]{{1,256}}))"
_LETTER_AND_DIGIT = r"(?=[^\s<>]{0,80}\d)(?=[^\s<>]{0,80}[A-Za-z])"
_LETTER_AND_SIGN = r"(?=[^\s<>]{0,80}[A-Za-z])(?=[^\s<>]{0,80}[!@#$%^&*+=~?][^\s<>.])"
STRONG = rf"(?:{_QUOTED}|(?:{_LETTER_AND_DIGIT}|{_LETTER_AND_SIGN})(?P<bare>[^\s\"'`<>;]{{4,256}}))"


def rule(
    name: str,
    hints: str,
    pattern: str,
    accept: Accept | None = None,
    *,
    flags: int = re.I,
    exact: bool = False,
) -> Rule:
    compiled = re.compile(pattern, flags)
    groups = QUOTABLE if "bare" in compiled.groupindex else ("secret",)
    return Rule(name, tuple(hints.split("|")), compiled, groups, accept, exact)
