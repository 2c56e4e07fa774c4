"""Rows of sessions → the typed facts that the analysis takes."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from flowpilot.ai.contracts import FlowRef, SessionFacts, StepFacts
from sessions.models import AISession, titled
from sessions.telling import steps_of


class Place(NamedTuple):
    """Where a session belongs."""

    pk: UUID
    team_id: UUID | None
    flow_version_id: UUID | None


Loaded = tuple[Place, SessionFacts]

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
    """Straight from the columns: model instances between take as long as all the rest."""
    found = AISession.objects.for_account(account_id).filter(pk__in=list(ids), **only)
    rows = list(found.order_by("pk").values_list(*_PLACE, *_SESSION))
    steps = steps_of(account_id, [pk for pk, *_rest in rows])
    return [
        (place := Place(*row[: len(_PLACE)]), _facts(steps.get(place.pk, ()), place, *row[len(_PLACE) :]))
        for row in rows
    ]


def _facts(
    steps: Sequence[StepFacts],
    place: Place,
    flow_id: UUID | None,
    version: int | None,
    intake: Mapping[str, Any],
    summary: str | None,
    domain: str | None,
    described_by: Mapping[str, object] | None,
    ticket: Mapping[str, Any] | None,
    status: Any,
    resolution: str | None,
    action: str | None,
    created_at: datetime,
    ended_at: datetime | None,
) -> SessionFacts:
    """The columns of `_SESSION` from the flow on."""
    lasted = ended_at - created_at if ended_at else None
    return SessionFacts(
        id=place.pk,
        title=titled(summary or intake.get("text")),
        title_from_model=bool(summary) and _is_of_a_model(described_by),
        text=_together(intake, ticket),
        domain=domain,
        steps=tuple(steps),
        resolution=resolution or "",
        resolution_action=action or "",
        outcome=status if status in AISession.ENDED else "resolved",
        minutes=lasted.total_seconds() / 60 if lasted else None,
        flow=_flow_ref(place.flow_version_id, flow_id, version),
        ended_at=ended_at,
    )


def _is_of_a_model(described_by: Mapping[str, object] | None) -> bool:
    return (described_by or {}).get("engine", "offline") != "offline"


def problem_text(session: AISession) -> str:
    """Everything that the intake holds about the problem, without repeating a part."""
    return _together(session.intake_content, session.ticket_data)


def _together(intake: Mapping[str, Any], ticket: Mapping[str, Any] | None) -> str:
    parts: list[str] = []
    for part in (intake.get("text"), (ticket or {}).get("body"), intake.get("log_content")):
        if isinstance(part, str) and part.strip() and part not in parts:
            parts.append(part)
    return "\n\n".join(parts)[:TEXT_LIMIT]


def _flow_ref(version_id: UUID | None, flow_id: UUID | None, number: int | None) -> FlowRef | None:
    if version_id is None or flow_id is None or number is None:
        return None
    return FlowRef(flow_id=flow_id, version_id=version_id, number=number)


_PLACE = ("pk", "team_id", "flow_version_id")
_SESSION = (
    "flow_version__flow_id",
    "flow_version__number",
    "intake_content",
    "problem_summary",
    "problem_domain",
    "described_by",
    "ticket_data",
    "status",
    "resolution_summary",
    "resolution_action",
    "created_at",
    "ended_at",
)
