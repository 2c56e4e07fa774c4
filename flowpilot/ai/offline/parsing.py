"""The door to reading ticket text, for importers: a resolution as the steps of a session."""

from dataclasses import dataclass
from typing import Literal

from flowpilot.ai.offline.single.draft import body_of
from flowpilot.ai.offline.single.plan import Span, actions_of
from flowpilot.ai.offline.single.render import inline
from flowpilot.ai.offline.single.sections import read_document
from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.model import Document
from flowpilot.ai.offline.text.parse import parse_document
from flowpilot.ai.offline.text.sentences import first_words, sentences

_TITLE_LIMIT = 120

__all__ = ["Document", "ParsedStep", "parse_document", "steps_of"]


@dataclass(frozen=True)
class ParsedStep:
    """A step to write: an action with its sub-steps, or a note (cause, background)."""

    kind: Literal["action", "note"]
    title: str
    """At most 120 characters, plain text."""
    body: str
    """Markdown; commands in fences."""
    start: int
    end: int
    """Characters [start, end) of the resolution text that the step comes from."""


def steps_of(resolution: str) -> list[ParsedStep]:
    """The resolution as steps: why it happened, then one action for each thing done, then what else it says.

    A text in which nothing is ordered or reported as done becomes one note; an empty text no step.
    """
    reading = read_document(parse_document(resolution))
    steps = [_note("Cause", text, span) for text, span in reading.causes]
    for action in actions_of(reading.plan):
        body = body_of(action)
        if action.command is not None:
            body += f"\n\n```{action.command.shell}\n{action.command.body}\n```"
        steps.append(ParsedStep("action", action.title, body.strip(), action.span.start, action.span.end))
    steps += [_note("Background", text, span) for text, span in reading.background]
    if not steps and resolution.strip():
        start = len(resolution) - len(resolution.lstrip())
        steps.append(
            ParsedStep(
                "note",
                _first_sentence(resolution),
                inline(resolution.strip()),
                start,
                len(resolution.rstrip()),
            )
        )
    return steps


def _note(label: str, text: str, span: Span) -> ParsedStep:
    return ParsedStep("note", f"{label}: {_first_sentence(text)}"[:_TITLE_LIMIT], text, span.start, span.end)


def _first_sentence(text: str) -> str:
    found = sentences(plain_words(text))
    return first_words(found[0].text.rstrip("."), _TITLE_LIMIT - 20) if found else "Note"
