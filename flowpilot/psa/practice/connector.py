"""The practice PSA behind the same protocol as the vendors'."""

import re
from collections.abc import Iterator, Mapping
from typing import ClassVar, Final

from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from flowpilot.psa.models import PracticeNote, PracticeTicket, PsaConnection
from flowpilot.psa.ports import (
    BadSignature,
    Capabilities,
    Choice,
    ConnectionInfo,
    LoginField,
    Named,
    NewNote,
    Refused,
    Ticket,
    TicketNote,
    TicketNotFound,
    TicketQuery,
    WebhookEvent,
)
from flowpilot.psa.webhooks.signatures import body_of, refuse_unless_signed, secret_of

_NUMBER: Final = re.compile(r"(?:#|ticket\s+|practice[- ])?#?(\d{1,9})", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"(?:https?://[^/\s]+)?/psa/practice/(\d{1,9})/?")
_WORDS: Final = 6
SIGNATURE: Final = "X-FlowPilot-Signature"
"""The header of its webhooks: HMAC-SHA256 of the body, in hex."""


class PracticeConnector:
    """The id of a practice ticket is its number."""

    provider: ClassVar[str] = "practice"
    capabilities: ClassVar[Capabilities] = Capabilities(signed_webhooks=True)
    login: ClassVar[tuple[LoginField, ...]] = ()
    address: ClassVar[str | Promise] = ""

    webhook_steps: ClassVar[tuple[str | Promise, ...]] = (
        gettext_lazy("There is nothing to do: the practice PSA calls by itself."),
    )

    def __init__(self, connection: PsaConnection) -> None:
        self._connection = connection

    def check(self) -> ConnectionInfo:
        number = self._tickets().count()
        told = ngettext("%(n)d ticket", "%(n)d tickets", number) % {"n": number}
        return ConnectionInfo(system=_("Practice PSA"), details=(told,))

    def choices(self, what: Choice, parent: str = "") -> list[Named]:
        if what == "statuses":
            return [Named(value, str(label)) for value, label in PracticeTicket.Status.choices]
        if what not in ("boards", "members"):
            return []
        column = "board" if what == "boards" else "assignee"
        names = self._tickets().exclude(**{column: ""}).order_by(column).values_list(column, flat=True)
        return [Named(name, name) for name in names.distinct()]

    def reference(self, text: str) -> str | None:
        found = _ADDRESS.fullmatch(text.strip()) or _NUMBER.fullmatch(text.strip())
        return str(int(found[1])) if found else None

    def search(self, query: TicketQuery) -> list[Ticket]:
        rows = self._tickets()
        if not query.closed:
            rows = rows.exclude(status=PracticeTicket.Status.CLOSED)
        if query.board:
            rows = rows.filter(board=query.board)
        if query.assignee:
            rows = rows.filter(assignee=query.assignee)
        for word in query.words.split()[:_WORDS]:
            rows = rows.filter(_has(word))
        return [_told(row) for row in rows.order_by("-created_at", "-id")[: query.limit]]

    def ticket(self, ticket_id: str) -> Ticket:
        return _told(self._row(ticket_id))

    def notes(self, ticket_id: str) -> list[TicketNote]:
        rows = self._row(ticket_id).notes.all()
        return [TicketNote(row.written_at, row.written_by, row.text, row.internal) for row in rows]

    def add_note(self, ticket_id: str, note: NewNote) -> str:
        row = self._row(ticket_id)
        if not note.text.strip():
            raise Refused(_("A note needs a text."))
        if row.refuses_notes:
            raise Refused(_("Ticket %(number)s takes no notes.") % {"number": row.number})
        written = PracticeNote.objects.create(
            account_id=row.account_id,
            ticket=row,
            written_by=note.by or "FlowPilot",
            text=note.text,
            internal=note.internal,
            minutes=note.minutes,
            marker=note.marker,
        )
        return str(written.pk)

    @transaction.atomic
    def set_status(self, ticket_id: str, status_id: str, *, ours: str = "") -> None:
        if status_id not in PracticeTicket.Status.values:
            raise Refused(_("There is no status “%(name)s”.") % {"name": status_id})
        row = self._row(ticket_id)
        row.status = status_id
        row.save(update_fields=["status"])

    def find_marker(self, ticket_id: str, marker: str) -> Iterator[str]:
        for note in self._row(ticket_id).notes.filter(marker=marker) if marker else ():
            yield str(note.pk)

    def verify_webhook(self, headers: Mapping[str, str], raw: bytes) -> tuple[WebhookEvent, ...]:
        key = secret_of(self._connection).encode()
        refuse_unless_signed(headers.get(SIGNATURE, ""), raw, key=key, algorithm="sha256")
        told = body_of(raw)
        delivery, ticket = (told.get(key) for key in ("delivery", "ticket"))
        if not isinstance(delivery, str) or not isinstance(ticket, str):
            raise BadSignature(_("The body names no ticket."))
        return (WebhookEvent(delivery_id=delivery, ticket_id=ticket),)

    def _tickets(self) -> QuerySet[PracticeTicket]:
        rows: QuerySet[PracticeTicket] = PracticeTicket.objects.for_account(self._connection.account_id)
        return rows.filter(connection=self._connection)

    def _row(self, ticket_id: str) -> PracticeTicket:
        number = int(ticket_id) if ticket_id.isdecimal() and len(ticket_id) < 10 else -1
        row = self._tickets().filter(number=number).first()
        if row is None:
            raise TicketNotFound(_("There is no practice ticket %(number)s.") % {"number": ticket_id})
        return row


def _has(word: str) -> Q:
    number = Q(number__startswith=word) if word.isdecimal() else Q()
    return number | Q(title__icontains=word) | Q(client__icontains=word) | Q(contact__icontains=word)


def _told(row: PracticeTicket) -> Ticket:
    return Ticket(
        id=str(row.number),
        number=str(row.number),
        title=row.title,
        url=reverse("psa:practice-ticket", args=[row.number]),
        body=row.body,
        status=row.get_status_display(),
        is_closed=row.status == PracticeTicket.Status.CLOSED,
        priority=row.get_priority_display(),
        board=row.board,
        client=row.client,
        contact=row.contact,
        assignee=row.assignee,
        opened_at=row.created_at,
        assets=tuple(name for name in row.assets if isinstance(name, str)),
    )
