"""Irreversible masks for the secrets that people paste into tickets.

Scanners built for source code miss what tickets are full of ("the admin password is …"), so the rules
(tables in `tokens`, `phrases` and `prose`) cover prose, command lines, configuration files and the fixed
shapes of well-known tokens. Nothing here can promise completeness: it lowers what is stored and sent.

Cost: a rule's pattern runs only around its hints, and all repetitions are bounded, so the time is linear in
the text's length. A secret once found is masked wherever it occurs again.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from flowpilot.core.redaction.phrases import COMMANDS, DEVICES, LABELLED
from flowpilot.core.redaction.prose import PROSE
from flowpilot.core.redaction.rule import Rule
from flowpilot.core.redaction.tokens import ADDRESSES, SHAPES

RULES: tuple[Rule, ...] = (*SHAPES, *ADDRESSES, *COMMANDS, *DEVICES, *LABELLED, *PROSE)

MIN_REPEATED = 6
"""A found secret shorter than this is not looked for elsewhere: it would hit ordinary words and numbers."""

CERTAIN = frozenset(rule.name for rule in SHAPES)
"""Rules for what is nothing but a secret: known forms of tokens and keys."""

MASK = re.compile(r"<SECRET_(\d{1,9})>")


class Span(NamedTuple):
    """Where a mask stands in the masked text, which rule put it there, and where the secret stood in the text
    as it came. Never the secret itself."""

    start: int
    end: int
    rule: str
    source_start: int = 0
    source_end: int = 0


@dataclass(frozen=True)
class Masked:
    text: str
    spans: tuple[Span, ...] = ()


@dataclass
class SecretMasker:
    """Masks several texts of one document: one secret has one number, and is known in all later texts."""

    _numbers: dict[str, int] = field(default_factory=dict)
    _highest: int = 0

    def mask(self, text: str) -> Masked:
        for earlier in MASK.findall(text):
            self._highest = max(self._highest, int(earlier))
        found = _merged(_found(text))
        for start, end, *_rest in found:
            self._number(text[start:end])
        repeated = _occurrences(text, self._numbers)
        spans = _merged([*found, *repeated]) if repeated else found
        return self._replaced(text, spans) if spans else Masked(text)

    def within(self, value: Any) -> Any:
        """The same structure of JSON with every text in it masked; what is no text stays as it is."""
        if isinstance(value, str):
            return self.mask(value).text
        if isinstance(value, dict):
            return {key: self.within(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.within(item) for item in value]
        return value

    def _number(self, secret: str) -> int:
        if secret not in self._numbers:
            self._highest += 1
            self._numbers[secret] = self._highest
        return self._numbers[secret]

    def _replaced(self, text: str, found: list[Span]) -> Masked:
        parts: list[str] = []
        spans: list[Span] = []
        length = position = 0
        for start, end, rule, *_source in found:
            mask = f"<SECRET_{self._number(text[start:end])}>"
            parts += [text[position:start], mask]
            length += start - position
            spans.append(Span(length, length + len(mask), rule, start, end))
            length += len(mask)
            position = end
        parts.append(text[position:])
        return Masked("".join(parts), tuple(spans))


def mask_secrets(text: str) -> Masked:
    """Replace every secret found in `text` by `<SECRET_1>`, `<SECRET_2>` …; one has one number."""
    return SecretMasker().mask(text)


def high_confidence(text: str) -> tuple[str, ...]:
    """The rules that hardly err of which a secret is left in `text`, by name: reason not to send it."""
    return tuple(sorted({span.rule for span in _found(text)} & CERTAIN))


def _found(text: str) -> list[Span]:
    lowered = text.lower()
    if len(lowered) != len(text):  # a few letters grow when lowered, which would shift the hints
        lowered = "".join(each if len(each.lower()) > 1 else each.lower() for each in text)
    return [span for rule in RULES if rule.may_match(text, lowered) for span in _matches(rule, text, lowered)]


def _matches(rule: Rule, text: str, lowered: str) -> Iterator[Span]:
    for match in rule.matches(text, lowered):
        for name in rule.groups:
            start, end = match.span(name)
            if start < 0:
                continue
            start, end = rule.trimmed(text, start, end)
            if end > start and rule.accepts(text, start, end):
                yield Span(start, end, rule.name)


def _occurrences(text: str, secrets: Iterable[str]) -> list[Span]:
    spans: list[Span] = []
    for secret in secrets:
        if len(secret) < MIN_REPEATED or secret.isalpha():
            continue
        start = text.find(secret)
        while start >= 0:
            spans.append(Span(start, start + len(secret), "repeated"))
            start = text.find(secret, start + len(secret))
    return spans


def _merged(spans: Iterable[Span]) -> list[Span]:
    """The spans in the order of the text, overlapping ones joined under the first one's rule."""
    joined: list[Span] = []
    for span in sorted(spans, key=lambda each: each[:2]):
        if joined and span.start < joined[-1].end:
            last = joined.pop()
            span = Span(last.start, max(last.end, span.end), last.rule)
        joined.append(span)
    return joined
