"""What FlowPilot asks of a ticket system, whichever it is, and what that answers.

A connector is a translator without memory: it retries nothing and decides nothing. Whoever calls it knows
from the error what to do. Ids are text, unique within one connection. Texts are untrusted and plain: a
connector takes markup off before it hands them over.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Final, Literal, Protocol

from django.utils.functional import Promise

from flowpilot.psa.mapping import Mapping as Settings
from flowpilot.psa.models import PsaConnection

LONGEST_ENTRY: Final = 24 * 60
"""Minutes that ticket systems take in one entry of time."""
NOTE_LENGTH: Final = 8_000
"""Characters of a note; less than the shortest limit of the ticket systems, the marker's line included."""
Choice = Literal["boards", "statuses", "members", "work_types", "note_types", "roles"]
"""What an administrator picks from; a system that has no such thing answers with an empty list."""


class PsaError(Exception):
    """The ticket system did not do what it was asked; the message may be shown to people."""

    status: int | None = None
    """Of the HTTP answer that said so, where there was one."""


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


class Forbidden(Refused):
    """It knows the login, which lacks the right, or may not touch this one ticket. Others may go through,
    and an administrator there can change it."""


class Unreachable(PsaError):
    """It could not be asked; nothing has happened there."""


class Uncertain(Unreachable):
    """It was asked to write and did not answer: look for the marker before asking again."""


class BadSignature(PsaError):
    """A webhook that does not come from the system: nothing in it is believed."""


@dataclass(frozen=True)
class LoginField:
    """One of the `credentials` of a connection, by its key there."""

    name: str
    label: str | Promise
    secret: bool = True
    required: bool = True
    names_system: bool = False
    """Whose system it is stands in it, beside the address."""
    help: str | Promise = ""
    is_address: bool = False
    """The secrets are sent there: they are typed anew for another one."""


@dataclass(frozen=True)
class Capabilities:
    """What not every system can do."""

    find_marker: bool = True
    """False: what became of an uncertain write only a person can tell."""
    time_with_note: bool = True
    time_needs: tuple[str, ...] = ()
    """What the mapping has to name, or minutes are not written."""
    signed_webhooks: bool = False
    """True: it can tell of changes, and its connector is a `ListeningConnector`."""
    webhook_secret: bool = True
    """False: it signs its calls with a key of its own."""

    def takes_time(self, settings: Settings) -> bool:
        """Whether minutes that go with a note are written there."""
        return all(getattr(settings, name) for name in self.time_needs)


@dataclass(frozen=True)
class Named:
    """Something that is chosen from: a board, a status, a member."""

    id: str
    name: str
    parent: str = ""
    """The id of what it belongs to, as a status to its board."""


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
    missing: tuple[str, ...] = ()
    """What these credentials may not do, though FlowPilot needs it; in words."""
    untried: tuple[str, ...] = ()
    """What FlowPilot needs, too, and only writing shows; in words."""


@dataclass(frozen=True)
class WebhookEvent:
    """That something happened to a ticket. What it is now is asked, never taken from here."""

    delivery_id: str
    """The vendor's own, the same for every repetition of one delivery; "" where it gives none."""
    ticket_id: str


class Connector(Protocol):
    """One ticket system behind one connection. Every method may raise any `PsaError`."""

    provider: ClassVar[str]
    capabilities: ClassVar[Capabilities]
    login: ClassVar[tuple[LoginField, ...]]
    """What the system asks of programs."""
    address: ClassVar[str | Promise]
    """What `base_url` of a connection has to be, for people; "" where nobody has to tell."""

    def check(self) -> ConnectionInfo:
        """Whether the system answers and accepts the credentials."""

    def choices(self, what: Choice, parent: str = "") -> list[Named]:
        """What can be chosen there; with a parent, what belongs to it, as the statuses of one board."""

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

    def set_status(self, ticket_id: str, status_id: str, *, ours: str = "") -> None:
        """Move a ticket; one that is there already stays. One that is closed is `Refused`, unless `ours`, the
        status that FlowPilot was the last to give it, is what closed it."""

    def find_marker(self, ticket_id: str, marker: str) -> Iterator[str]:
        """The ids of the notes with this marker, each looked for when it is asked for: the first tells that
        it arrived, all of them how often."""


class ListeningConnector(Connector, Protocol):
    """One whose system tells of changes."""

    webhook_steps: ClassVar[tuple[str | Promise, ...]]
    """How its admins have it call."""

    def verify_webhook(self, headers: Mapping[str, str], raw: bytes) -> tuple[WebhookEvent, ...]:
        """What a delivery tells of, in no case without proof that the system sent this very body.

        `headers` are looked up in any case, `raw` is the body as it came. Raises `BadSignature`.
        """


Factory = Callable[[PsaConnection], Connector]
"""Makes the connector of a connection; asks nobody."""
