"""What the generator hands to the loader: sessions as they happened, without any database."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class DemoOption:
    id: str
    label: str


@dataclass(frozen=True, slots=True)
class DemoStep:
    """One step; an open one has no `answered_at`."""

    kind: str
    source: str
    node_id: str
    title: str
    body: str
    options: tuple[DemoOption, ...]
    chosen: DemoOption | None
    response: str
    outcome: str
    confidence_after: float | None
    asked_at: datetime
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class DemoEvent:
    """A change of state as `sessions.actions` would have written it; `actor` is an e-mail address."""

    at: datetime
    verb: str
    before: str
    after: str
    reason: str
    actor: str | None


@dataclass(frozen=True, slots=True)
class DemoEnd:
    """How a session stands: its state, and what its end left behind."""

    status: str
    ended_at: datetime | None = None
    resolution_summary: str | None = None
    resolution_action: str | None = None
    root_cause: str = ""
    worked_minutes: int | None = None
    flow_helped: bool | None = None
    resolution_no: int = 0
    resolved_at: datetime | None = None
    reopened_at: datetime | None = None
    escalation_reason: str | None = None
    escalation_code: str = ""
    escalation_package: dict[str, Any] | None = None
    escalation_destination: str = ""
    escalation_requested_at: datetime | None = None
    escalated_to: str | None = None
    rating: int | None = None
    feedback: str | None = None


@dataclass(frozen=True, slots=True)
class DemoSession:
    """One session with everything that a loader writes. Times are aware, in UTC."""

    account: str
    team: str | None
    client: str
    user: str
    problem: str
    """Slug of the problem in the catalogue: the truth that nobody in the demo knows."""
    created_at: datetime
    intake_type: str
    intake_content: dict[str, Any]
    ticket_data: dict[str, Any] | None
    summary: str
    domain: str | None
    flow: str | None
    match_score: float | None
    confidence: float | None
    scored_at: datetime | None
    steps: tuple[DemoStep, ...]
    events: tuple[DemoEvent, ...]
    end: DemoEnd

    def holder_at(self, moment: datetime) -> str:
        """In whose hands it was: whoever opened it, or took it over last."""
        taken = [event for event in self.events if event.verb == "accept_escalation" and event.at <= moment]
        return taken[-1].actor or self.user if taken else self.user

    @property
    def touched_at(self) -> datetime:
        """When something last happened in it."""
        answers = (step.answered_at or step.asked_at for step in self.steps)
        return max(self.created_at, *answers, *(event.at for event in self.events))
