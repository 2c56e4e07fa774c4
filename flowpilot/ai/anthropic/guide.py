"""Guidance by the model, streamed out of an answer whose JSON is not finished yet."""

from collections.abc import Callable
from typing import Any

import jiter

from flowpilot.ai.anthropic.case import past_sessions, problem, standing, steps
from flowpilot.ai.anthropic.jobs import Task
from flowpilot.ai.anthropic.prompting import Prompt
from flowpilot.ai.anthropic.texts import Unusable, line, parsed, probability, prose
from flowpilot.ai.anthropic.wire import GuideWire
from flowpilot.ai.contracts import Delta, GuideRequest, GuideStep, Reset, StepOption
from flowpilot.core.redaction import mask_secrets
from flowpilot.core.text import clean_text

SAY = 1_000
MOST_OPTIONS = 6


def _prompt(request: GuideRequest) -> Prompt:
    """In the order in which things change, so that a turn begins with the bytes of the one before: the texts,
    what was resolved before the session began, its steps; last what may be different at every turn."""
    session = request.session
    before = sorted((one for one in request.similar if not one.meanwhile), key=lambda one: one.id)
    meanwhile = [one for one in request.similar if one.meanwhile]
    background = [{"past_sessions": past_sessions(before)}] if before else []
    return Prompt(
        job="guide",
        wire=GuideWire,
        case=problem(session),
        parts=[*background, *steps(session.steps)],
        background=len(background),
        now={**standing(session), "resolved_meanwhile": past_sessions(meanwhile)},
        lasts=True,
        ask="Propose the next step.",
    )


def _read(request: GuideRequest, text: str, origin: dict[str, Any]) -> GuideStep:
    said = parsed(GuideWire, text)
    return GuideStep(
        say=prose("say", said.say, limit=SAY, needed=True),
        kind=said.kind,
        title=line("title", said.title, limit=200, needed=True),
        body=prose("body", said.body, limit=4_000),
        options=_options(said),
        confidence=probability("confidence", said.confidence),
        confidence_reason=line("confidence_reason", said.confidence_reason, limit=300, needed=True),
        propose_resolution=said.propose_resolution,
        propose_escalation=said.propose_escalation,
        escalation_reason=line(
            "escalation_reason", said.escalation_reason, limit=300, needed=said.propose_escalation
        ),
        suspected_injection=said.suspected_injection,
        **origin,
    )


GUIDE: Task[GuideRequest, GuideStep] = Task(_prompt, _read)


def _options(said: GuideWire) -> tuple[StepOption, ...]:
    labels = [line("options", label, limit=120, needed=True) for label in said.options]
    if len({label.casefold() for label in labels}) < len(labels):
        raise Unusable("`options` has the same label twice.")
    if len(labels) > MOST_OPTIONS:
        raise Unusable(f"`options` has {len(labels)} entries; at most {MOST_OPTIONS} are allowed.")
    if said.kind == "question" and len(labels) < 2:
        raise Unusable("A question needs at least two `options`.")
    if said.kind == "note":
        return ()
    return tuple(StepOption(id=f"o{number}", label=label) for number, label in enumerate(labels, start=1))


class SayStream:
    """Turns the growing JSON of an answer into pieces of its `say`.

    Only whole words are passed on, cleaned and masked. Should a later word show that what was passed on holds
    a secret, everything is taken back and said again.
    """

    def __init__(self, restored: Callable[[str], str] = str) -> None:
        self._restored = restored
        self._buffer = bytearray()
        self._sent = ""

    def feed(self, piece: str) -> list[Delta | Reset]:
        self._buffer += piece.encode()
        say = _say_in(bytes(self._buffer))
        whole = self._restored(say[: max(say.rfind(" "), say.rfind("\n")) + 1])
        return self._say(mask_secrets(clean_text(whole, limit=SAY)).text)

    def end(self, say: str) -> list[Delta | Reset]:
        """What is left of the whole text, as it stands in the step."""
        return self._say(say)

    def _say(self, text: str) -> list[Delta | Reset]:
        if not text or text == self._sent:
            return []
        if text.startswith(self._sent):
            events: list[Delta | Reset] = [Delta(say=text[len(self._sent) :])]
        else:
            events = [Reset(), Delta(say=text)]
        self._sent = text
        return events


def _say_in(buffer: bytes) -> str:
    """`say` as far as it has come; the form makes it the first field."""
    try:
        document = jiter.from_json(buffer, partial_mode="trailing-strings")
    except ValueError:  # cut within an escape, or no JSON at all: the end will tell
        return ""
    say = document.get("say", "") if isinstance(document, dict) else ""
    return say if isinstance(say, str) else ""
