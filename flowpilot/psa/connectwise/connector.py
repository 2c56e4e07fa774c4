"""ConnectWise PSA (Manage), API 3.0."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from itertools import count
from typing import Any, ClassVar, Final
from urllib.parse import parse_qs, urlsplit

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from flowpilot.psa.client import Answer
from flowpilot.psa.connectwise.keys import signing_key_at
from flowpilot.psa.connectwise.server import Server
from flowpilot.psa.connectwise.shapes import LIST_FIELDS, by_contact, conditions, note, time_note, told
from flowpilot.psa.connectwise.webhook import verify_webhook
from flowpilot.psa.mapping import Mapping as Settings
from flowpilot.psa.models import PsaConnection
from flowpilot.psa.ports import (
    Capabilities,
    Choice,
    ConnectionInfo,
    Forbidden,
    LoginField,
    Named,
    NewNote,
    Refused,
    Ticket,
    TicketNote,
    TicketNotFound,
    TicketQuery,
    Uncertain,
    WebhookEvent,
)
from flowpilot.psa.values import at, line_at, rows_at, text_at

MOST: Final = 1_000
"""What a page of choices holds at most."""
NOTES: Final = 200
"""The newest of a conversation."""
BOARDS: Final = 25
"""Whose statuses are asked for at once."""
_NUMBER: Final = re.compile(r"(?:#|ticket\s+#?|service ticket\s+#?)?(\d{1,9})", re.IGNORECASE)
_NEEDED: Final = (
    ("service/tickets", gettext_lazy("Read tickets (Service Desk: Service Tickets, inquire all)")),
    ("service/boards", gettext_lazy("Read boards and statuses (System: Table Setup, inquire all)")),
    ("system/members", gettext_lazy("Read members (System: Member Maintenance, inquire all)")),
    ("time/entries", gettext_lazy("Read time (Time & Expense: Time Entry, inquire all)")),
    ("time/workTypes", gettext_lazy("Read work types (System: Table Setup, inquire all)")),
)


_UNTRIED: Final = (
    gettext_lazy("Write notes and statuses (Service Desk: Service Tickets, edit all)"),
    gettext_lazy("Write time (Time & Expense: Time Entry, add all)"),
)


class ConnectWiseConnector:
    """A note with minutes is a time entry, one without is a note: one write in both cases. Ids there begin
    with `time-` or `note-`."""

    provider: ClassVar[str] = "connectwise"
    capabilities: ClassVar[Capabilities] = Capabilities(signed_webhooks=True, webhook_secret=False)
    login: ClassVar[tuple[LoginField, ...]] = (
        LoginField("company", gettext_lazy("Company ID"), secret=False, names_system=True),
        LoginField("public_key", gettext_lazy("Public key")),
        LoginField("private_key", gettext_lazy("Private key")),
        LoginField(
            "client_id",
            gettext_lazy("Client ID"),
            help=gettext_lazy("The GUID that ConnectWise's developer pages give to your integration."),
        ),
    )
    address: ClassVar[str | Promise] = gettext_lazy(
        "Where you sign in, such as https://na.myconnectwise.net, or your own server"
    )

    webhook_steps: ClassVar[tuple[str | Promise, ...]] = (
        gettext_lazy(
            "ConnectWise is told by its API, once: send a POST to /system/callbacks of your server."
        ),
        gettext_lazy(
            "Its body: url, the address below; type, “ticket”; level, “owner”; objectId, 1; description,"
            " “FlowPilot”."
        ),
        gettext_lazy("It signs its calls with a key of its own, so there is no secret to copy."),
    )

    def __init__(self, connection: PsaConnection) -> None:
        self._server = Server(connection)
        self._settings = Settings.of(connection.mapping)

    def check(self) -> ConnectionInfo:
        info = self._server.company_info()
        missing = [str(words) for path, words in _NEEDED if not self._may_read(path)]
        version = line_at(info, "VersionCode")
        company = line_at(info, "CompanyName")
        details = (company,) if company else ()
        return ConnectionInfo("ConnectWise PSA", version, details, tuple(missing), tuple(map(str, _UNTRIED)))

    def choices(self, what: Choice, parent: str = "") -> list[Named]:
        if what == "statuses":
            boards = [Named(parent, "")] if parent else self.choices("boards")[:BOARDS]
            return [status for board in boards for status in self._statuses(board)]
        if what == "note_types":
            return [Named("resolution", _("In the resolution, too"))]
        path, conditions = _LISTS.get(what, ("", ""))
        if not path:
            return []
        rows = rows_at(self._server.get(path, conditions=conditions, pageSize=MOST))
        return [_choice(what, row) for row in rows]

    def reference(self, text: str) -> str | None:
        given = text.strip()
        if found := _NUMBER.fullmatch(given):
            return str(int(found[1]))
        if "://" not in given or not self._server.has(given):
            return None
        asked = parse_qs(urlsplit(given).query)
        number = (asked.get("service_recid") or asked.get("recid") or [""])[0]
        return number if number.isascii() and number.isdecimal() and len(number) < 10 else None

    def search(self, query: TicketQuery) -> list[Ticket]:
        rows = self._server.get(
            "service/tickets",
            conditions=conditions(query),
            orderBy="id desc",
            pageSize=query.limit,
            fields=LIST_FIELDS,
        )
        return [self._told(row) for row in rows_at(rows)][: query.limit]

    def ticket(self, ticket_id: str) -> Ticket:
        row = self._row(ticket_id)
        first = self._rows(
            f"service/tickets/{ticket_id}/notes",
            conditions="detailDescriptionFlag=true",
            orderBy="id asc",
            pageSize=1,
        )
        assets = self._rows(f"service/tickets/{ticket_id}/configurations", pageSize=50)
        names = (line_at(asset, "deviceIdentifier") or line_at(asset, "name") for asset in assets)
        return self._told(row, body=text_at(first, 0, "text"), assets=tuple(filter(None, names)))

    def notes(self, ticket_id: str) -> list[TicketNote]:
        number = _number(ticket_id)
        newest: dict[str, str | int] = {"orderBy": "id desc", "pageSize": NOTES}
        written = rows_at(self._server.get(f"service/tickets/{number}/notes", **newest))
        worked = self._rows("time/entries", conditions=_worked_on(number), **newest)
        found = [*map(note, written), *map(time_note, worked)]
        told = [one for one in found if one.text]
        return sorted(told, key=lambda one: one.at.timestamp() if one.at else 0.0)

    def add_note(self, ticket_id: str, note: NewNote) -> str:
        number = _number(ticket_id)
        if note.minutes:
            answer = self._server.ask("POST", "time/entries", body=self._time(number, note), writing=True)
            return f"time-{_id_in(answer)}"
        body = {"text": note.text, "processNotifications": False, **_places(note, self._settings, "")}
        answer = self._server.ask("POST", f"service/tickets/{number}/notes", body=body, writing=True)
        return f"note-{_id_in(answer)}"

    def set_status(self, ticket_id: str, status_id: str, *, ours: str = "") -> None:
        row = self._row(ticket_id)
        now = line_at(row, "status", "id")
        if now == status_id:
            return
        if row.get("closedFlag") is True and now != ours:
            raise Refused(_("The ticket has been closed there meanwhile; its status stays."))
        if not status_id.isdecimal():
            raise Refused(_("“%(id)s” is no status of ConnectWise.") % {"id": status_id})
        change = [{"op": "replace", "path": "status", "value": {"id": int(status_id)}}]
        self._server.ask("PATCH", f"service/tickets/{_number(ticket_id)}", body=change, writing=True)

    def find_marker(self, ticket_id: str, marker: str) -> Iterator[str]:
        number = _number(ticket_id)
        for found in self._marked(f"service/tickets/{number}/notes", "text", marker, ""):
            yield f"note-{found}"
        for found in self._marked("time/entries", "notes", marker, _worked_on(number)):
            yield f"time-{found}"

    def verify_webhook(self, headers: Mapping[str, str], raw: bytes) -> tuple[WebhookEvent, ...]:
        return verify_webhook(
            headers,
            raw,
            company=self._server.company,
            origins=(self._server.origin,),
            signing_key=signing_key_at,
        )

    def _told(self, row: dict[str, Any], *, body: str = "", assets: tuple[str, ...] = ()) -> Ticket:
        return told(row, self._server.page_of(line_at(row, "id")), body=body, assets=assets)

    def _row(self, ticket_id: str) -> dict[str, Any]:
        row = self._server.get(f"service/tickets/{_number(ticket_id)}")
        if not isinstance(row, dict) or not row.get("id"):
            raise TicketNotFound(_("ConnectWise has no ticket %(id)s.") % {"id": ticket_id})
        return row

    def _rows(self, path: str, **params: str | int) -> list[dict[str, Any]]:
        """A part of a ticket that may be missing: what these credentials may not see is left out."""
        try:
            return rows_at(self._server.get(path, **params))
        except (Refused, TicketNotFound):
            return []

    def _may_read(self, path: str) -> bool:
        try:
            self._server.get(path, pageSize=1, fields="id")
        except Forbidden:
            return False
        return True

    def _statuses(self, board: Named) -> list[Named]:
        rows = rows_at(self._server.get(f"service/boards/{_number(board.id)}/statuses", pageSize=MOST))
        before = f"{board.name} › " if board.name else ""
        live = [row for row in rows if row.get("inactive") is not True]
        return [Named(line_at(row, "id"), before + line_at(row, "name"), board.id) for row in live]

    def _time(self, ticket_number: int, note: NewNote) -> dict[str, Any]:
        minutes = note.minutes or 0
        end = timezone.now().replace(microsecond=0)
        body: dict[str, Any] = {
            "chargeToId": ticket_number,
            "chargeToType": "ServiceTicket",
            "timeStart": _moment(end - timedelta(minutes=minutes)),
            "timeEnd": _moment(end),
            "actualHours": round(minutes / 60, 2),
            "notes": note.text,
            **_places(note, self._settings, "addTo"),
            "emailContactFlag": False,
            "emailResourceFlag": False,
            "emailCcFlag": False,
        }
        if self._settings.member:
            body["member"] = {"identifier": self._settings.member}
        if self._settings.work_type.isdecimal():
            body["workType"] = {"id": int(self._settings.work_type)}
        return body

    def _marked(self, path: str, field: str, marker: str, within: str) -> Iterator[str]:
        wanted = " and ".join(filter(None, (within, f'{field} contains "{marker}"')))
        rows: Iterable[dict[str, Any]]
        try:
            rows = rows_at(self._server.get(path, conditions=wanted, pageSize=10))
        except Refused:  # a server that does not search in texts shows them
            rows = self._every(path, {"conditions": within} if within else {})
        yield from (
            line_at(row, "id") for row in rows if marker in str(at(row, field)) and not by_contact(row)
        )

    def _every(self, path: str, more: dict[str, str]) -> Iterator[dict[str, Any]]:
        """All rows, the newest first: what was not looked at cannot be said not to be there."""
        for page in count(1):
            told = self._server.get(path, orderBy="id desc", pageSize=NOTES, page=page, **more)
            rows = rows_at(told)
            yield from rows
            if len(rows) < NOTES:
                return


_LISTS: Final = {
    "boards": ("service/boards", "inactiveFlag=false and projectFlag=false"),
    "members": ("system/members", "inactiveFlag=false"),
    "work_types": ("time/workTypes", "inactiveFlag=false"),
}


def _choice(what: Choice, row: dict[str, Any]) -> Named:
    if what != "members":
        return Named(line_at(row, "id"), line_at(row, "name"))
    name = f"{line_at(row, 'firstName')} {line_at(row, 'lastName')}".strip()
    return Named(line_at(row, "identifier"), name or line_at(row, "identifier"))


def _places(note: NewNote, settings: Settings, before: str) -> dict[str, bool]:
    """Where a text is shown: ConnectWise refuses one that is shown nowhere."""
    flags = {
        "detailDescriptionFlag": not note.internal,
        "internalAnalysisFlag": note.internal,
        "resolutionFlag": not note.internal and settings.note_type == "resolution",
    }
    return {before + (name[0].upper() + name[1:] if before else name): value for name, value in flags.items()}


def _worked_on(number: int) -> str:
    return f'chargeToId={number} and chargeToType="ServiceTicket"'


def _moment(moment: Any) -> str:
    return str(moment.strftime("%Y-%m-%dT%H:%M:%SZ"))


def _number(ticket_id: str) -> int:
    if not (ticket_id.isascii() and ticket_id.isdecimal() and len(ticket_id) < 10):
        raise TicketNotFound(_("ConnectWise has no ticket %(id)s.") % {"id": ticket_id})
    return int(ticket_id)


def _id_in(answer: Answer) -> str:
    """Of what was written. Without it, nobody knows whether it was."""
    if found := line_at(answer.data, "id"):
        return found
    raise Uncertain(_("ConnectWise answered without the id of what it wrote."))
