"""What the pages of the sessions room show."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from flowpilot.accounts.models import User
from flowpilot.core.web import find
from sessions.models import AISession, AISessionStep, SessionEvent


@dataclass(frozen=True)
class Detail:
    """A session with its steps in order (superseded ones are marked, not hidden) and its history."""

    session: AISession
    steps: list[AISessionStep]
    events: list[SessionEvent]
    is_holder: bool

    @property
    def problem_text(self) -> str:
        """The intake as it was typed, pasted or taken from the ticket."""
        intake, ticket = self.session.intake_content, self.session.ticket_data or {}
        return str(intake.get("text") or ticket.get("body") or "")

    @property
    def log_text(self) -> str:
        return str(self.session.intake_content.get("log_content") or "")


def detail(user: User, pk: UUID) -> Detail:
    """404 when the session is not the user's to see."""
    rows: QuerySet[AISession] = AISession.objects.select_related(
        "account",
        "user",
        "team",
        "client",
        "matched_flow",
        "flow_version",
        "escalated_to",
        "psa_connection",
    ).defer("conversation_messages", "system_prompt_snapshot")
    session = find(rows, user, pk)
    return Detail(
        session=session,
        steps=list(session.steps.order_by("step_order")),
        events=list(session.events.select_related("actor").order_by("created_at", "id")),
        is_holder=session.holder_id == user.pk,
    )
