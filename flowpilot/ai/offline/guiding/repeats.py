"""Whether a step was done before, in whatever words: by its title, by a command, or by a line of its text."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from flowpilot.ai.contracts import OpenSession, SimilarSession, StepFacts
from flowpilot.ai.offline.many.words import SAME_MEANING, Words, read, similarity
from flowpilot.flows.document import Node

_LINE: Final = re.compile(r"^\s*(?:[-*]|\d{1,2}\.)\s+(.+)$", re.MULTILINE)
_TELLING: Final = 2
"""Things besides the act that a text has to name to be recognised in a single line of a step."""
_ARTICLE: Final = re.compile(r"\b(?:the|an?|my|his|her|their|our|your|this|that)\s+", re.IGNORECASE)
_RESTART: Final = frozenset({"restart"})
"""What a bare "rebooted" says: it is the computer that people mean."""
_COMMAND: Final = re.compile(
    r"(?<![\w/-])(?P<cmdlet>(?-i:[A-Z][a-z]+-[A-Z][A-Za-z]+))\b"
    r"|(?<![\w/\\-])(?P<tool>ipconfig|netsh|w32tm|nltest|gpresult|gpupdate|repadmin|dcdiag|dsregcmd"
    r"|cmdkey|sfc|dism|chkdsk|vssadmin"
    r"|powercfg|msconfig|mdsched|quser|logoff|icacls|whoami|pathping|winword|outlook|onedrive)(?:\.exe)?"
    r"\s+(?P<switch>(?:wlan \w+ \w+|list \w+|/[\w-]+|-[\w-]+))",
    re.IGNORECASE,
)
_EVERYDAY: Final = frozenset(
    {
        "connect-exchangeonline",
        "connect-mggraph",
        "foreach-object",
        "format-list",
        "format-table",
        "get-aduser",
        "get-childitem",
        "get-ciminstance",
        "get-date",
        "get-process",
        "get-service",
        "get-volume",
        "get-winevent",
        "measure-object",
        "out-file",
        "read-host",
        "remove-item",
        "rename-item",
        "resolve-dnsname",
        "select-object",
        "sort-object",
        "start-sleep",
        "test-connection",
        "test-netconnection",
        "where-object",
    }
)
"""Commands that many a step uses for different ends."""


@dataclass(frozen=True)
class Done:
    """What was done before: told at the intake, or taken as a step."""

    text: str
    words: Words
    commands: frozenset[str]
    step: StepFacts | None = None
    """None for what was tried before the session."""


def done_before(session: OpenSession) -> tuple[Done, ...]:
    """What counts as done: what the intake tells, and every answered step that was not skipped."""
    return (*(told(text) for text in session.entities.tried), *done_of(session.steps))


def done_of(steps: Iterable[StepFacts]) -> tuple[Done, ...]:
    """What was done as a step: those that were answered and not skipped; notes are not done."""
    answered = [step for step in steps if is_answered(step) and step.outcome != "skipped"]
    return tuple(_done(step.title, step) for step in answered if step.kind != "note")


def told(text: str) -> Done:
    """What somebody says was done, without a step of its own."""
    return _done(text, None)


def is_answered(step: StepFacts) -> bool:
    return bool(step.chosen or step.chosen_option_id or step.response.strip() or step.outcome)


def found_in(done: Sequence[Done], node: Node) -> Done | None:
    """The first thing done that is what this node asks for; None if there is none."""
    return next((each for each in done if is_same(each, node)), None)


def is_same(done: Done, node: Node) -> bool:
    """Whether a node of a tree asks for what was done. A question is only the same as a question."""
    if done.step is not None and (done.step.kind == "question") != (node.kind == "question"):
        return False
    if alike(done.words, words_of(node.title)):
        return True
    if node.kind == "question":
        return False
    return _same_commands(done, node) or _in_a_line(done, node)


def alike(one: Words, other: Words) -> bool:
    return similarity(one, other, {}) >= SAME_MEANING


def did(session: SimilarSession, words: Words) -> bool:
    """Whether a similar session took this step, or was resolved by it."""
    steps = (step for step in session.steps if step.kind != "note" and step.outcome != "skipped")
    told = (*(step.title for step in steps), session.resolution_action)
    return any(alike(words, words_of(text)) for text in told if text)


def _done(text: str, step: StepFacts | None) -> Done:
    words = words_of(text)
    if words.concepts == _RESTART:
        words = words_of(f"{text} computer")
    return Done(text, words, _commands_in(text), step)


def words_of(text: str) -> Words:
    """What a wording says; "reset the password" and "password reset" say the same."""
    return read(_ARTICLE.sub("", text))


def _same_commands(done: Done, node: Node) -> bool:
    """At least half of the telling commands of the node were run."""
    commands = _commands_of(node)
    return bool(commands) and 2 * len(done.commands & commands) >= len(commands)


def _in_a_line(done: Done, node: Node) -> bool:
    """A line of the node tells the same act on the same things, and enough of them are named."""
    words = done.words
    if (
        done.step is not None
        or done.commands
        or not words.acts
        or len(words.concepts - words.acts) < _TELLING
    ):
        return False
    return any(
        words.concepts <= line.concepts and not (words.negated or line.negated) for line in _lines(node)
    )


@lru_cache(maxsize=4096)
def _lines(node: Node) -> tuple[Words, ...]:
    return tuple(words_of(line) for line in _LINE.findall(node.body))


@lru_cache(maxsize=4096)
def _commands_of(node: Node) -> frozenset[str]:
    script = node.script.body if node.script else ""
    return _commands_in(f"{script}\n{node.title}")


def _commands_in(text: str) -> frozenset[str]:
    found = (match["cmdlet"] or f"{match['tool']} {match['switch']}" for match in _COMMAND.finditer(text))
    return frozenset(command.lower() for command in found if command.lower() not in _EVERYDAY)
