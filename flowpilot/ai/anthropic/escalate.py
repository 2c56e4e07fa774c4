"""The package for whoever takes over: told by the model, the facts in it drawn by code."""

from typing import Any

from flowpilot.ai.anthropic.case import cut, past_sessions, session_case, steps
from flowpilot.ai.anthropic.jobs import Task
from flowpilot.ai.anthropic.prompting import Prompt
from flowpilot.ai.anthropic.texts import ITEM, Unusable, line, lines, parsed, probability, prose
from flowpilot.ai.anthropic.wire import EscalateWire
from flowpilot.ai.contracts import EscalateRequest, EscalateResult, Hypothesis
from flowpilot.ai.handover import evidence, missing_checks, steps_tried

MOST_HYPOTHESES = 5


def _prompt(request: EscalateRequest) -> Prompt:
    return Prompt(
        job="escalate",
        wire=EscalateWire,
        case={
            **session_case(request.session),
            "past_sessions": past_sessions(request.similar),
            "reason_of_the_engineer": cut(request.reason, 1_000),
        },
        parts=steps(request.session.steps),
        ask="Write the package for whoever takes over.",
    )


def _read(request: EscalateRequest, text: str, origin: dict[str, Any]) -> EscalateResult:
    said = parsed(EscalateWire, text)
    if len(said.hypotheses) > MOST_HYPOTHESES:
        raise Unusable(f"`hypotheses` has more than {MOST_HYPOTHESES} entries.")
    return EscalateResult(
        summary=prose("summary", said.summary, limit=2_000, needed=True),
        impact=line("impact", said.impact, limit=500),
        steps_tried=steps_tried(request.session),
        ruled_out=lines("ruled_out", said.ruled_out),
        hypotheses=tuple(
            Hypothesis(
                text=line("hypotheses.text", one.text, limit=ITEM, needed=True),
                confidence=probability("hypotheses.confidence", one.confidence),
            )
            for one in said.hypotheses
        ),
        suggestions=lines("suggestions", said.suggestions),
        missing_checks=missing_checks(request),
        evidence=evidence(request),
        suspected_injection=said.suspected_injection,
        **origin,
    )


ESCALATE: Task[EscalateRequest, EscalateResult] = Task(_prompt, _read)
