"""What FlowPilot asks of a ticket system, whichever it is, and what that answers.

A connector is a translator without memory: it retries nothing and decides nothing. Whoever calls it knows
from the error what to do. Ids are text, unique within one connection. Texts are untrusted and plain: a
connector takes markup off before it hands them over.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Literal, Protocol

from flowpilot.psa.models import PsaConnection

Choice = Literal["boards", "statuses", "members"]


class PsaError(Exception):
    """The ticket system did not do what it was asked; the message may be shown to people."""


class LoginRefused(PsaError):
    """It does not accept the connection's credentials: nothing will work until somebody changes them."""


class RateLimited(PsaError):
    """It asks to be left alone for so many seconds."""

    def __init__(self, message: str, *, retry_after: int = 60) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class TicketNotFound(PsaError):
    """It has no such ticket, or does not show it to this connection."""


class Refused(PsaError):
    """It understood and said no, in its own words: asking again changes nothing."""


class Unreachable(PsaError):
    """It could not be asked; nothing has happened there."""


class Uncertain(Unreachable):
    """It was asked to write and did not answer: look for the marker before asking again."""


@dataclass(frozen=True)
class Capabilities:
    """What not every system can do."""

    find_marker: bool = True
    """False: what became of an uncertain write only a person can tell."""
    time_with_note: bool = True
    signed_webhooks: bool = False


@dataclass(frozen=True)
class Named:
    """Something that is chosen from: a board, a status, a member."""

    id: str
    name: str


@dataclass(frozen=True)
class TicketNote:
    at: datetime | None
    by: str
    text: str
    internal: bool


@dataclass(frozen=True)
class Ticket:
    """A ticket without its conversation: what a list shows. `url` is "" where it has no page."""

    id: str
    number: str
    title: str
    url: str = ""
    body: str = ""
    status: str = ""
    is_closed: bool = False
    priority: str = ""
    board: str = ""
    client: str = ""
    contact: str = ""
    assignee: str = ""
    opened_at: datetime | None = None
    assets: tuple[str, ...] = ()
    """Configuration items, by name."""


@dataclass(frozen=True)
class TicketQuery:
    """Which tickets: words in number, title and client; open ones only, unless `closed` ones count, too."""

    words: str = ""
    board: str = ""
    assignee: str = ""
    closed: bool = False
    limit: int = 10


@dataclass(frozen=True)
class NewNote:
    """A note to write. `marker` stands in its text, so that it is found again; `minutes` of work go with it
    where the system takes time with notes."""

    text: str
    marker: str
    internal: bool = True
    minutes: int | None = None
    by: str = ""


@dataclass(frozen=True)
class ConnectionInfo:
    """What a successful check found out."""

    system: str
    version: str = ""
    details: tuple[str, ...] = field(default_factory=tuple)


class Connector(Protocol):
    """One ticket system behind one connection. Every method may raise any `PsaError`."""

    provider: ClassVar[str]
    capabilities: ClassVar[Capabilities]

    def check(self) -> ConnectionInfo:
        """Whether the system answers and accepts the credentials."""

    def choices(self, what: Choice) -> list[Named]:
        """What can be chosen there: boards, statuses of tickets, members."""

    def reference(self, text: str) -> str | None:
        """The id of the ticket that a number, a reference or an address names by its form; None when the
        text has no such form. Asks nobody."""

    def search(self, query: TicketQuery) -> list[Ticket]:
        """The newest tickets that fit, at most `query.limit`."""

    def ticket(self, ticket_id: str) -> Ticket:
        """One ticket; `TicketNotFound` when there is none."""

    def notes(self, ticket_id: str) -> list[TicketNote]:
        """Its conversation, oldest first."""

    def add_note(self, ticket_id: str, note: NewNote) -> str:
        """Write a note, with its minutes; returns its id there."""

    def set_status(self, ticket_id: str, status_id: str) -> None:
        """Move a ticket; one that is there already stays."""

    def find_marker(self, ticket_id: str, marker: str) -> str | None:
        """The id of the note with this marker, if it arrived."""


Factory = Callable[[PsaConnection], Connector]
"""Makes the connector of a connection; asks nobody."""
