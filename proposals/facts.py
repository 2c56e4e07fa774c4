"""Rows of sessions → the typed facts that the analysis takes."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from flowpilot.ai.contracts import FlowRef, SessionFacts, StepFacts
from flowpilot.flows.models import FlowVersion
from sessions.models import AISession
from sessions.telling import steps_of

Loaded = tuple[AISession, SessionFacts]

TEXT_LIMIT = 100_000
"""Characters of a problem text that an engine is given at most: what is longer is a log."""


def ended(account_id: UUID, ids: Iterable[UUID]) -> list[Loaded]:
    """Rows and facts of the ended sessions among these: two queries, in a stable order."""
    return _read(account_id, ids, status__in=AISession.ENDED)


def of_any_state(account_id: UUID, ids: Iterable[UUID]) -> list[Loaded]:
    """The same for sessions whatever has become of them: only what they are about is asked for. One that
    was reopened is told as the resolution that it was evidence of."""
    return _read(account_id, ids)


def _read(account_id: UUID, ids: Iterable[UUID], **only: object) -> list[Loaded]:
    rows = list(
        AISession.objects.for_account(account_id)
        .filter(pk__in=list(ids), **only)
        .select_related("flow_version")
        .only(*_SESSION, *(f"flow_version__{name}" for name in _VERSION))
        .order_by("pk")
    )
    steps = steps_of(account_id, [row.pk for row in rows])
    return [(row, _facts(row, steps.get(row.pk, ()))) for row in rows]


def _facts(session: AISession, steps: Sequence[StepFacts]) -> SessionFacts:
    duration = session.duration
    return SessionFacts(
        id=session.pk,
        title=session.title,
        text=problem_text(session),
        domain=session.problem_domain,
        steps=tuple(steps),
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


def _flow_ref(version: FlowVersion | None) -> FlowRef | None:
    if version is None:
        return None
    return FlowRef(flow_id=version.flow_id, version_id=version.pk, number=version.number)


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
