"""What an ending has to tell the ticket that a session began with."""

from flowpilot.accounts.models import User
from flowpilot.psa import outbox
from flowpilot.psa.mapping import ENDINGS, Mapping
from sessions.models import AISession
from sessions.snapshots import text_in
from sessions.ticket_notes import note_on


def tell_ticket(session: AISession, *, by: User | None) -> None:
    """Put note and status into the outbox. Called in the transaction in which the session ended: whatever
    becomes of the ticket system, neither is lost, and a session that did not end tells nothing."""
    ticket = ticket_of(session)
    if session.psa_connection is None or not ticket:
        return
    mapping = Mapping.of(session.psa_connection.mapping)
    outbox.put_note(
        session.psa_connection,
        ticket,
        session_id=session.pk,
        text=note_on(session, by=by),
        internal=mapping.internal,
        minutes=session.worked_minutes,
        by=str(by) if by else "",
    )
    ending = next((each for each in ENDINGS if each == session.status), None)
    status = mapping.statuses.get(ending, "") if ending else ""
    if status:
        outbox.put_status(session.psa_connection, ticket, session_id=session.pk, status_id=status)


def ticket_of(session: AISession) -> str:
    """The ticket's id in its system, which may be another than the number that people say."""
    return text_in(session.ticket_data or {}, "id") or session.psa_ticket_id or ""
