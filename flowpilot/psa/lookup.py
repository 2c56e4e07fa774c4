"""Tickets by what people type: a number, a reference, an address, or words."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.utils import timezone

from flowpilot.psa.mapping import Mapping
from flowpilot.psa.models import PsaConnection
from flowpilot.psa.ports import Connector, PsaError, Ticket, TicketNote, TicketNotFound, TicketQuery
from flowpilot.psa.registry import connector_for, usable
from flowpilot.psa.snapshot import snapshot

Asked = list[tuple[PsaConnection, Connector]]
log = logging.getLogger(__name__)

REFERENCE_LIMIT: Final = 200
"""Characters of what may name a ticket."""


@dataclass(frozen=True)
class FoundTicket:
    """A ticket with its conversation, and where it was found."""

    connection: PsaConnection
    ticket: Ticket
    notes: list[TicketNote]
    read_at: datetime
    """When the reading began: whatever happened before is in it."""

    @property
    def data(self) -> dict[str, Any]:
        """As a session keeps it."""
        return snapshot(self.connection, self.ticket, self.notes, self.read_at)


@dataclass(frozen=True)
class OfferedTicket:
    """One of several, and what names it alone: its number, behind the name of its system where there are more
    of them than one."""

    connection: PsaConnection
    ticket: Ticket
    reference: str


@dataclass
class Looked:
    """What asking for a ticket has brought: the one that was named, or those that the words are in."""

    connected: bool
    """Whether there is a ticket system that could be asked."""
    found: FoundTicket | None = None
    others: list[OfferedTicket] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    """What systems said that could not answer, each with its name."""


def look_up(account_id: UUID, reference: str) -> Looked:
    """Ask the account's ticket systems, in the order of their names, until one has the ticket; where none
    has, take the text for words to search by. What fails in one does not keep the others from being asked."""
    known = list(_connectors(account_id))
    looked = Looked(connected=bool(known))
    asked, reference = _meant(known, reference)
    for connection, connector in asked:
        if looked.found is None:
            _try_one(connection, connector, reference, looked)
    if looked.found is None:
        for connection, connector in asked:
            _search_one(connection, connector, reference, looked, alone=len(known) == 1)
    return looked


def read_ticket(connection: PsaConnection, ticket_id: str) -> FoundTicket:
    """A ticket by its id, with its conversation. Raises any `PsaError`."""
    return _read(connection, connector_for(connection), ticket_id)


def named_ticket(account_id: UUID, text: str) -> FoundTicket | None:
    """The ticket that a text names if it is nothing but a reference to one; asks only who knows its form."""
    if len(text) > REFERENCE_LIMIT or "\n" in text.strip():
        return None
    looked = Looked(connected=True)
    asked, reference = _meant(list(_connectors(account_id)), text)
    for connection, connector in asked:
        if looked.found is None:
            _try_one(connection, connector, reference, looked)
    return looked.found


def _connectors(account_id: UUID) -> Iterator[tuple[PsaConnection, Connector]]:
    for connection in usable(account_id):
        yield connection, connector_for(connection)


def _meant(known: Asked, text: str) -> tuple[Asked, str]:
    """Whom a text is for: "Our desk: 4711" is for the system of that name alone."""
    name, colon, rest = text.strip().partition(":")
    named = [each for each in known if each[0].name.casefold() == name.strip().casefold()]
    return (named, rest.strip()) if colon and named and rest.strip() else (known, text)


def _try_one(connection: PsaConnection, connector: Connector, reference: str, looked: Looked) -> None:
    ticket_id = connector.reference(reference)
    if ticket_id is None:
        return
    try:
        looked.found = _read(connection, connector, ticket_id)
    except TicketNotFound:
        return
    except PsaError as error:
        _note_trouble(connection, error, looked)


def _read(connection: PsaConnection, connector: Connector, ticket_id: str) -> FoundTicket:
    now = timezone.now()
    return FoundTicket(connection, connector.ticket(ticket_id), connector.notes(ticket_id), read_at=now)


def _search_one(
    connection: PsaConnection, connector: Connector, words: str, looked: Looked, *, alone: bool
) -> None:
    board = Mapping.of(connection.mapping).board
    try:
        for ticket in connector.search(TicketQuery(words=words, board=board)):
            reference = ticket.number if alone else f"{connection.name}: {ticket.number}"
            looked.others.append(OfferedTicket(connection, ticket, reference))
    except PsaError as error:
        _note_trouble(connection, error, looked)


def _note_trouble(connection: PsaConnection, error: PsaError, looked: Looked) -> None:
    log.warning("The ticket system %s did not answer", connection.pk, exc_info=error)
    looked.troubles.append(f"{connection.name}: {error}")
