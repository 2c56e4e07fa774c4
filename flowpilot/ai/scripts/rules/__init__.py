"""What calls do, as data: the patterns and their reasons are in the TOML files beside this."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from flowpilot.ai.contracts import Risk, Shell
from flowpilot.ai.scripts.reading import Call


@dataclass(frozen=True)
class Rule:
    """One kind of harm, and how a call looks that does it."""

    id: str
    match: re.Pattern[str]
    unless: re.Pattern[str] | None
    on: Literal["call", "pipe"]
    risk: Risk
    refuse: bool
    """Whether no script that does this is handed out at all."""
    reason: str
    """What the script does, to stand behind "It"."""

    def meets(self, call: Call) -> bool:
        text = call.pipe if self.on == "pipe" else call.text
        return bool(self.match.search(text)) and not (self.unless and self.unless.search(text))


@dataclass(frozen=True)
class RuleBook:
    """The rules of one shell, and the patterns of calls that only read."""

    rules: tuple[Rule, ...]
    reads: tuple[re.Pattern[str], ...]

    def only_reads(self, text: str) -> bool:
        return any(pattern.search(text) for pattern in self.reads)


@cache
def rule_book(shell: Shell) -> RuleBook:
    """Of all files that are about the shell; those of its own come first."""
    documents = [document for document in _documents() if shell in document["shells"]]
    documents.sort(key=lambda document: len(document["shells"]))
    return RuleBook(
        rules=tuple(_rule(entry) for document in documents for entry in document["rule"]),
        reads=tuple(re.compile(pattern) for document in documents for pattern in document["reads"]),
    )


def _documents() -> Iterator[dict[str, Any]]:
    for file in sorted(files(__name__).iterdir(), key=lambda each: each.name):
        if file.name.endswith(".toml"):
            yield tomllib.loads(file.read_text(encoding="utf-8"))


def _rule(entry: dict[str, Any]) -> Rule:
    return Rule(
        id=entry["id"],
        match=re.compile(entry["match"]),
        unless=re.compile(entry["unless"]) if "unless" in entry else None,
        on=entry.get("on", "call"),
        risk=entry.get("risk", "destructive"),
        refuse=entry.get("refuse", False),
        reason=entry["reason"],
    )
