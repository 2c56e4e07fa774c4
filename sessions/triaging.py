"""From an intake, as it is kept on the session, to the request for triage."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flowpilot.ai.contracts import TicketFacts, TicketNote, TriageRequest, TriageResult
from flowpilot.ai.offline.intake import triage
from flowpilot.flows.domains import DOMAINS
from sessions.snapshots import maps_in, text_in, texts_in


def triage_request(
    intake: Mapping[str, Any],
    ticket: Mapping[str, Any] | None,
    *,
    client: str = "",
    session: UUID | None = None,
) -> TriageRequest:
    """`intake` and `ticket` as on the session (`intake_content`, `ticket_data`); pictures the caller adds."""
    return TriageRequest(
        session_id=session,
        text=text_in(intake, "text"),
        log=text_in(intake, "log_content"),
        ticket=_ticket(ticket) if ticket else None,
        client=client,
        domains=tuple(domain.key for domain in DOMAINS),
    )


def triage_by_rules(intake: Mapping[str, Any], ticket: Mapping[str, Any] | None) -> TriageResult:
    """What the rules say about an intake, at once: opening a session waits for no vendor."""
    return triage(triage_request(intake, ticket))


def _ticket(data: Mapping[str, Any]) -> TicketFacts:
    notes = (
        TicketNote(by=text_in(note, "by"), text=text_in(note, "text"), internal=note.get("internal") is True)
        for note in maps_in(data, "notes")
    )
    return TicketFacts(
        title=text_in(data, "title"),
        body=text_in(data, "body"),
        status=text_in(data, "status"),
        priority=text_in(data, "priority"),
        board=text_in(data, "board"),
        notes=tuple(note for note in notes if note.text),
        assets=tuple(texts_in(data, "assets")),
    )
