"""From an intake, as it is kept on the session, to the request for triage."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from flowpilot.accounts.models import User
from flowpilot.ai.contracts import (
    Neighbour,
    Screenshot,
    TicketFacts,
    TicketNote,
    TriageRequest,
    TriageResult,
)
from flowpilot.ai.offline.intake import triage
from flowpilot.core.redaction import MASK
from flowpilot.flows.domains import DOMAINS
from sessions.similar import similar
from sessions.snapshots import maps_in, text_in, texts_in

NEIGHBOURS: Final = 7


def triage_request(
    intake: Mapping[str, Any],
    ticket: Mapping[str, Any] | None,
    *,
    client: str = "",
    session: UUID | None = None,
    screenshots: tuple[Screenshot, ...] = (),
    neighbours: tuple[Neighbour, ...] = (),
) -> TriageRequest:
    """`intake` and `ticket` as on the session (`intake_content`, `ticket_data`)."""
    return TriageRequest(
        session_id=session,
        text=text_in(intake, "text"),
        log=text_in(intake, "log_content"),
        ticket=_ticket(ticket) if ticket else None,
        client=client,
        screenshots=screenshots,
        neighbours=neighbours,
        domains=tuple(domain.key for domain in DOMAINS),
    )


def triage_by_rules(
    intake: Mapping[str, Any], ticket: Mapping[str, Any] | None, *, by: User | None = None
) -> TriageResult:
    """What the rules say about an intake, at once: opening a session waits for no vendor. What was masked
    says nothing about the problem, so it is no code in its summary.

    Where its words do not tell the domain, the past sessions that `by` may see do.
    """
    request = triage_request(_bare(intake), _bare(ticket) if ticket else None)
    told = triage(request)
    if told.domain is not None or by is None:
        return told
    text = f"{told.summary}\n{request.text}\n{request.ticket.body if request.ticket else ''}"
    return triage(request.model_copy(update={"neighbours": _neighbours(text, by)}))


def _neighbours(text: str, user: User) -> tuple[Neighbour, ...]:
    return tuple(
        Neighbour(
            id=each.session.pk,
            domain=each.session.problem_domain,
            similarity=min(1.0, max(0.0, each.score)),
        )
        for each in similar(text, user, limit=NEIGHBOURS)
        if each.session.problem_domain
    )


def _bare(value: Any) -> Any:
    """The same JSON without the masks of secrets."""
    if isinstance(value, str):
        return MASK.sub("…", value)
    if isinstance(value, Mapping):
        return {key: _bare(item) for key, item in value.items()}
    return [_bare(item) for item in value] if isinstance(value, list) else value


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
