"""What the console's home shows: the intake in work, and what else waits for the engineer."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet

from flowpilot.accounts.models import Client, Team, User
from flowpilot.ai.offline.logs import LOG_READ, LogLine, digest
from flowpilot.core.ids import uuid7
from flowpilot.core.redaction import SecretMasker
from flowpilot.core.redaction.classes import told
from flowpilot.core.web import find, visible
from flowpilot.flows import favourites
from flowpilot.flows.models import Flow
from flowpilot.psa.lookup import FoundTicket, Looked, look_up, named_ticket
from flowpilot.psa.registry import usable
from sessions.actions.intakes import Typed
from sessions.endings.reading import inbox
from sessions.models import AISession, IntakeDraft, IntakeFile
from sessions.snapshots import Ticket, ticket_of

SHOWN: Final = 6
LINES_SHOWN: Final = 8


@dataclass(frozen=True)
class Look:
    """What is found in a text that somebody is typing."""

    masked: list[str]
    """Sorts of secrets that are masked before anything is stored, with their numbers."""
    lines: Sequence[LogLine]
    """Those of the log that are worth reading, in its order."""
    total: int
    kinds: int
    ticket: FoundTicket | None = None
    """The ticket that the text is nothing but a reference to."""


@dataclass(frozen=True)
class Preview:
    """What stands below the field for the ticket. `asked` is "" when nothing was asked for."""

    asked: str
    looked: Looked
    client: Client | None = None
    """The account's client that the ticket is of, where it is known."""

    @property
    def shown(self) -> Ticket | None:
        return ticket_of(self.looked.found.data) if self.looked.found else None


@dataclass(frozen=True)
class Home:
    paused: list[AISession]
    recent: list[AISession]
    waiting: list[AISession]
    """Escalations that the engineer may accept, in the order of the inbox."""
    favourites: list[Flow]
    practice: bool
    """Whether there are tickets to practise on."""


@dataclass(frozen=True)
class Kept:
    """The intake as it was left."""

    draft: IntakeDraft | None
    files: list[IntakeFile] = field(default_factory=list)

    @property
    def team(self) -> Team | None:
        return self.draft.team if self.draft else None

    @property
    def initial(self) -> dict[str, Any]:
        """For the form; a new key each time it is shown."""
        if self.draft is None:
            return {"key": uuid7()}
        return {
            "key": uuid7(),
            "after": self.draft.pen,
            "problem": self.draft.text,
            "log": self.draft.log,
            "ticket": self.draft.ticket,
            "client": self.draft.client_id,
            "team": self.draft.team_id,
        }


def kept(user: User) -> Kept:
    draft = visible(IntakeDraft, user).first()
    return Kept(draft, list(draft.files.all())) if draft else Kept(None)


def kept_file(user: User, pk: UUID) -> IntakeFile:
    """404 for a file of another one's intake."""
    return find(IntakeFile, user, pk)


def look(typed: Typed, user: User) -> Look:
    masker = SecretMasker()
    texts = [masker.mask(typed.text), masker.mask(typed.log)]
    found = digest(texts[1].text[-LOG_READ:], limit=LINES_SHOWN)
    ticket = None if typed.ticket or typed.log else ticket_named(typed.text, user)
    lines = sorted(found.lines, key=lambda line: line.number)
    return Look(told(texts), lines, found.total, found.kinds, ticket)


def ticket_named(text: str, user: User) -> FoundTicket | None:
    """The ticket that a text is nothing but a reference to."""
    if user.account_id is None or not text.strip():
        return None
    return named_ticket(user.account_id, text)


def preview(asked: str, user: User) -> Preview:
    """What the account's ticket systems know by that reference, or by these words."""
    if not asked.strip() or user.account_id is None:
        return Preview("", Looked(connected=bool(user.account_id and usable(user.account_id).exists())))
    looked = look_up(user.account_id, asked.strip())
    return Preview(asked.strip(), looked, client_of(looked.found, user) if looked.found else None)


def client_of(found: FoundTicket, user: User) -> Client | None:
    """The client that a ticket names: by the name in its system, else by the same name here."""
    name = found.ticket.client.strip()
    if not name:
        return None
    rows = Client.objects.for_account(user.account_id).current()
    referred = Q(**{f"external_refs__{found.connection.provider}": name})
    client: Client | None = rows.filter(referred).first() or rows.filter(name__iexact=name).first()
    return client


def home(user: User) -> Home:
    own = _held(user)
    return Home(
        paused=list(own.filter(status=AISession.Status.PAUSED).order_by("-updated_at", "-id")[:SHOWN]),
        recent=list(own.exclude(status=AISession.Status.PAUSED).order_by("-created_at", "-id")[:SHOWN]),
        waiting=[each.session for each in inbox(user) if not each.is_own][:SHOWN],
        favourites=favourites.of(user, limit=SHOWN),
        practice=usable(user.account_id).filter(provider="practice").exists() if user.account_id else False,
    )


def _held(user: User) -> QuerySet[AISession]:
    rows: QuerySet[AISession] = AISession.objects.visible_to(user).with_people().filter(_by(user))
    return rows


def _by(user: User) -> Q:
    return Q(escalated_to=user) | Q(escalated_to__isnull=True, user=user)
