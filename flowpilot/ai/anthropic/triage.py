"""Triage by the model."""

from typing import Any

from flowpilot.ai.anthropic.case import LOG, TEXT, cut, ticket
from flowpilot.ai.anthropic.jobs import Task
from flowpilot.ai.anthropic.pictures import Pictures
from flowpilot.ai.anthropic.prompting import Prompt
from flowpilot.ai.anthropic.texts import line, lines, parsed, probability, prose
from flowpilot.ai.anthropic.wire import TriageWire
from flowpilot.ai.contracts import Entities, TriageRequest, TriageResult


def triage_task(pictures: Pictures) -> Task[TriageRequest, TriageResult]:
    """`pictures`: those of the request that are sent, and what is to be told of the others."""

    def prompt(request: TriageRequest) -> Prompt:
        domains = ", ".join(request.domains)
        return Prompt(
            job="triage",
            wire=TriageWire,
            case={
                "text": cut(request.text, TEXT),
                "log": cut(request.log, LOG),
                "ticket": ticket(request.ticket) if request.ticket else None,
                "customer": cut(request.client, 200),
            },
            ask=f"Triage this case. The domains: {domains}.",
            pictures=pictures.sent,
        )

    def read(request: TriageRequest, text: str, origin: dict[str, Any]) -> TriageResult:
        said = parsed(TriageWire, text)
        domain = _domain(said.domain, request.domains)
        return TriageResult(
            summary=line("summary", said.summary, limit=200, needed=True),
            details=prose("details", said.details, limit=2_000),
            domain=domain,
            entities=Entities(
                products=lines("products", said.products),
                codes=lines("codes", said.codes),
                hosts=lines("hosts", said.hosts),
                scope=line("scope", said.scope, limit=200),
                onset=line("onset", said.onset, limit=200),
                tried=lines("tried", said.tried),
            ),
            confidence=probability("confidence", said.confidence) if domain else 0.0,
            missing_question=line("missing_question", said.missing_question, limit=300) or None,
            notes=pictures.notes,
            suspected_injection=said.suspected_injection,
            **origin,
        )

    return Task(prompt, read)


def _domain(said: str, known: tuple[str, ...]) -> str | None:
    """One of those that were supplied; anything else counts as not clear."""
    by_name = {name.lower(): name for name in known}
    return by_name.get(said.strip().lower())
