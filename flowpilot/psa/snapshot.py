"""A ticket as it is kept on a session: plain JSON, as it was when it was read."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from flowpilot.psa.models import PsaConnection
from flowpilot.psa.ports import Ticket, TicketNote


def in_order(moment: datetime) -> str:
    """When a reading began, as text of one length, by which snapshots are put in order."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def snapshot(
    connection: PsaConnection, ticket: Ticket, notes: Sequence[TicketNote], read_at: datetime
) -> dict[str, Any]:
    """`ticket_data` of a session; moments as ISO 8601 with their zone."""
    return {
        "read_at": in_order(read_at),
        "provider": connection.provider,
        "id": ticket.id,
        "number": ticket.number,
        "url": ticket.url,
        "title": ticket.title,
        "body": ticket.body,
        "status": ticket.status,
        "priority": ticket.priority,
        "board": ticket.board,
        "client": ticket.client,
        "contact": ticket.contact,
        "assignee": ticket.assignee,
        "opened_at": ticket.opened_at.isoformat() if ticket.opened_at else "",
        "notes": [
            {
                "at": note.at.isoformat() if note.at else "",
                "by": note.by,
                "text": note.text,
                "internal": note.internal,
            }
            for note in notes
        ],
        "assets": list(ticket.assets),
    }
