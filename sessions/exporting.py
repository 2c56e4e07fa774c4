"""Sessions as a table to take away."""

from typing import Any, Final

from django.db.models import QuerySet

from flowpilot.core import export
from sessions.models import AISession
from sessions.models.session import opening_in

COLUMNS: Final = (
    "id",
    "started",
    "ended",
    "status",
    "problem",
    "domain",
    "client",
    "team",
    "engineer",
    "intake",
    "ticket",
    "tier",
    "confidence",
    "flow",
    "flow_version",
    "flow_helped",
    "steps",
    "minutes",
    "worked_minutes",
    "root_cause",
    "root_cause_note",
    "what_fixed_it",
    "step_that_did",
    "escalation_code",
    "escalation",
    "escalated_to",
    "rating",
    "feedback",
)
_READ: Final = (
    "created_at", "ended_at", "status", "problem_summary", "problem_domain", "intake_type", "psa_ticket_id",
    "confidence_tier", "confidence_score", "scored_at", "flow_helped", "step_count", "worked_minutes",
    "root_cause", "root_cause_note", "resolution_summary", "resolution_action", "escalation_reason",
    "escalation_code", "escalation_destination", "session_rating", "session_feedback", "account",
    "client__name", "team__name", "user__name", "user__email", "escalated_to__name", "escalated_to__email",
    "matched_flow__title", "flow_version__number",
)  # fmt: skip


def table(rows: QuerySet[AISession]) -> list[tuple[object, ...]]:
    """Rows of an export under `COLUMNS`, newest first. Raises `export.TooManyRows`."""
    people = ("client", "team", "user", "escalated_to", "matched_flow", "flow_version")
    read: Any = rows.defer(None).select_related(*people).only(*_READ).annotate(opening=opening_in())
    found = list(read.order_by("-created_at", "-id")[: export.LARGEST + 1])
    if len(found) > export.LARGEST:
        raise export.TooManyRows
    return [_row(session) for session in found]


def _row(session: AISession) -> tuple[object, ...]:
    scored = session.scored_at is not None
    return (
        session.pk,
        session.created_at.isoformat(),
        session.ended_at.isoformat() if session.ended_at else "",
        session.status,
        session.title,
        session.problem_domain,
        session.client,
        session.team,
        session.escalated_to or session.user,
        session.intake_type,
        session.psa_ticket_id,
        session.confidence_tier if scored else "",
        round(session.confidence_score, 3) if scored else "",
        session.matched_flow.title if session.matched_flow else "",
        session.flow_version.number if session.flow_version else "",
        "" if session.flow_helped is None else session.flow_helped,
        session.step_count,
        "" if session.minutes is None else round(session.minutes),
        session.worked_minutes,
        session.root_cause,
        session.root_cause_note,
        session.resolution_summary,
        session.resolution_action,
        session.escalation_code,
        session.escalation_reason,
        session.escalation_destination,
        session.session_rating,
        session.session_feedback,
    )
