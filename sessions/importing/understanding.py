"""What the rule-based engine reads out of a ticket's text: its domain, and the steps of its resolution."""

import re
from dataclasses import dataclass

from flowpilot.ai.offline.domains import classify


@dataclass(frozen=True)
class ParsedStep:
    kind: str
    title: str
    body: str
    start: int
    end: int


_ITEM = re.compile(r"(?m)^(?:\d{1,3}[.)]|[-*])[ \t]+(?P<text>\S.*)$")


def steps_of(resolution: str) -> list[ParsedStep]:
    return [
        ParsedStep("action", match["text"][:300], "", match.start(), match.end())
        for match in _ITEM.finditer(resolution)
    ]


def domain_of(text: str) -> str | None:
    return classify(text).domain
