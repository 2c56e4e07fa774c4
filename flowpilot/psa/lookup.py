"""Tickets by what people type: a number, a reference, an address, or words."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from flowpilot.psa.models import PsaConnection
from flowpilot.psa.ports import Connector, PsaError, Ticket, TicketNote, TicketNotFound, TicketQuery
from flowpilot.psa.registry import connector_for, usable
from flowpilot.psa.snapshot import snapshot

log = logging.getLogger(__name__)

REFERENCE_LIMIT: Final = 200
"""Characters of what may name a ticket."""


@dataclass(frozen=True)
class FoundTicket:
    """A ticket with its conversation, and where it was found."""

    connection: PsaConnection
    ticket: Ticket
    notes: list[TicketNote]

    @property
    def data(self) -> dict[str, Any]:
        """As a session keeps it."""
        return snapshot(self.connection, self.ticket, self.notes)


@dataclass
class Looked:
    """What asking for a ticket has brought: the one that was named, or those that the words are in."""

    connected: bool
    """Whether there is a ticket system that could be asked."""
    found: FoundTicket | None = None
    others: list[Ticket] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    """What systems said that could not answer, each with its name."""


def look_up(account_id: UUID, reference: str) -> Looked:
    """Ask the account's ticket systems, in the order of their names, until one has the ticket; where none
    has, take the text for words to search by. What fails in one does not keep the others from being asked."""
    asked = list(_connectors(account_id))
    looked = Looked(connected=bool(asked))
    for connection, connector in asked:
        if looked.found is None:
            _try_one(connection, connector, reference, looked)
    if looked.found is None:
        for connection, connector in asked:
            _search_one(connection, connector, reference, looked)
    return looked


def named_ticket(account_id: UUID, text: str) -> FoundTicket | None:
    """The ticket that a text names if it is nothing but a reference to one; asks only who knows its form."""
    if len(text) > REFERENCE_LIMIT or "\n" in text.strip():
        return None
    looked = Looked(connected=True)
    for connection, connector in _connectors(account_id):
        if looked.found is None:
            _try_one(connection, connector, text, looked)
    return looked.found


def _connectors(account_id: UUID) -> Iterator[tuple[PsaConnection, Connector]]:
    for connection in usable(account_id):
        yield connection, connector_for(connection)


def _try_one(connection: PsaConnection, connector: Connector, reference: str, looked: Looked) -> None:
    ticket_id = connector.reference(reference)
    if ticket_id is None:
        return
    try:
        ticket = connector.ticket(ticket_id)
        looked.found = FoundTicket(connection, ticket, connector.notes(ticket_id))
    except TicketNotFound:
        return
    except PsaError as error:
        _note_trouble(connection, error, looked)


def _search_one(connection: PsaConnection, connector: Connector, words: str, looked: Looked) -> None:
    try:
        looked.others += connector.search(TicketQuery(words=words))
    except PsaError as error:
        _note_trouble(connection, error, looked)


def _note_trouble(connection: PsaConnection, error: PsaError, looked: Looked) -> None:
    log.warning("The ticket system %s did not answer", connection.pk, exc_info=error)
    looked.troubles.append(f"{connection.name}: {error}")
