"""Rows of sessions and flows → the typed facts that engines take."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from flowpilot.ai.contracts import CandidateFlow, FlowRef, SessionFacts, StepFacts
from flowpilot.flows.models import FlowVersion
from sessions.models import AISession, AISessionStep

TEXT_LIMIT = 100_000
"""Characters of a problem text that an engine is given at most: what is longer is a log."""


def sessions_for_analysis(account_id: UUID, ids: Iterable[UUID]) -> QuerySet[AISession]:
    """The ended sessions among these with all that `facts_of` reads: two queries, in a stable order."""
    rows = AISession.objects.for_account(account_id).filter(pk__in=list(ids), status__in=AISession.ENDED)
    return _with_all(rows)


def sessions_for_comparison(account_id: UUID, ids: Iterable[UUID]) -> QuerySet[AISession]:
    """The same for sessions whatever has become of them: only what they are about is asked for."""
    return _with_all(AISession.objects.for_account(account_id).filter(pk__in=list(ids)))


def facts_of(session: AISession) -> SessionFacts:
    """One session, loaded by one of the two above, as an engine sees it. One that was reopened is
    told as the resolution that it was evidence of."""
    duration = session.duration
    steps: Sequence[AISessionStep] = session.current_steps  # type: ignore[attr-defined]
    return SessionFacts(
        id=session.pk,
        title=session.title,
        text=problem_text(session),
        domain=session.problem_domain,
        steps=tuple(_step_facts(step) for step in steps),
        resolution=session.resolution_summary or "",
        resolution_action=session.resolution_action or "",
        outcome=session.status if session.status in AISession.ENDED else "resolved",
        minutes=duration.total_seconds() / 60 if duration else None,
        flow=_flow_ref(session.flow_version),
        ended_at=session.ended_at,
    )


def problem_text(session: AISession) -> str:
    """Everything that the intake holds about the problem, without repeating a part."""
    intake, ticket = session.intake_content, session.ticket_data or {}
    parts: list[str] = []
    for part in (intake.get("text"), ticket.get("body"), intake.get("log_content")):
        if isinstance(part, str) and part.strip() and part not in parts:
            parts.append(part)
    return "\n\n".join(parts)[:TEXT_LIMIT]


def candidate(version: FlowVersion) -> CandidateFlow:
    """A flow version (with its flow loaded) as an engine sees it."""
    return CandidateFlow(
        flow_id=version.flow_id,
        version_id=version.pk,
        number=version.number,
        title=version.flow.title,
        summary=version.flow.summary,
        domain=version.flow.domain,
        tree=version.tree_structure,
    )


def _flow_ref(version: FlowVersion | None) -> FlowRef | None:
    if version is None:
        return None
    return FlowRef(flow_id=version.flow_id, version_id=version.pk, number=version.number)


def _step_facts(step: AISessionStep) -> StepFacts:
    return StepFacts(
        id=step.pk,
        order=step.step_order,
        kind=step.kind,
        source=step.source,
        node_id=step.node_id or None,
        title=step.title,
        body=step.body,
        options=tuple(option["label"] for option in step.options),
        chosen=step.chosen_label,
        chosen_option_id=step.chosen_option or None,
        response=step.response,
        outcome=step.outcome or None,
    )


_SESSION = (
    "id",
    "created_at",
    "team_id",
    "intake_content",
    "problem_summary",
    "problem_domain",
    "ticket_data",
    "status",
    "flow_version_id",
    "resolution_summary",
    "resolution_action",
    "resolution_no",
    "ended_at",
)
_VERSION = ("id", "flow_id", "number")
_STEP = (
    "id",
    "session_id",
    "step_order",
    "kind",
    "source",
    "node_id",
    "title",
    "body",
    "options",
    "chosen_option",
    "response",
    "outcome",
)


def _with_all(sessions: QuerySet[AISession]) -> QuerySet[AISession]:
    steps = AISessionStep.objects.filter(superseded_at__isnull=True).order_by("step_order").only(*_STEP)
    return (
        sessions.select_related("flow_version")
        .only(*_SESSION, *(f"flow_version__{name}" for name in _VERSION))
        .prefetch_related(Prefetch("steps", queryset=steps, to_attr="current_steps"))
        .order_by("pk")
    )
