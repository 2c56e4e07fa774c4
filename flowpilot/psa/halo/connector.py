"""HaloPSA, and HaloITSM, which is asked the same way."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final
from urllib.parse import parse_qs, urlsplit

from django.utils.functional import Promise
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from flowpilot.psa.addresses import origin_of
from flowpilot.psa.client import Answer
from flowpilot.psa.halo.server import Server
from flowpilot.psa.halo.webhook import verified
from flowpilot.psa.mapping import Mapping as Settings
from flowpilot.psa.models import PsaConnection
from flowpilot.psa.ports import (
    Capabilities,
    Choice,
    ConnectionInfo,
    LoginField,
    LoginRefused,
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
from flowpilot.psa.values import at, fitted, line_at, moment_at, plain, rows_at, text_at
from flowpilot.psa.webhooks.signatures import secret_of

CLOSED: Final = 9
"""The status that every Halo comes with."""
LONGEST_NOTE: Final = 30_000
ACTIONS: Final = 1_000
"""Of a ticket that are asked for at first."""
_PRIVATE, _PUBLIC = "Private Note", "Public Note"
"""Outcomes that a new Halo has; another one is chosen in the mapping."""
_NUMBER: Final = re.compile(r"(?:#|ticket\s+#?|(?:ID|INC|SR)[: #-]?)?0*(\d{1,9})", re.IGNORECASE)
_LISTS: Final[Mapping[str, tuple[str, dict[str, str], str]]] = {
    "boards": ("Team", {"type": "tickets"}, "name"),
    "statuses": ("Status", {"type": "ticket"}, "name"),
    "members": ("Agent", {}, "name"),
    "note_types": ("Outcome", {}, "outcome"),
}
_NEEDED: Final[tuple[tuple[str, dict[str, str | int], Promise], ...]] = (
    ("Tickets", {"count": 1}, gettext_lazy("Read tickets (read:tickets)")),
    ("Status", {"type": "ticket"}, gettext_lazy("Read statuses of tickets (all:standard)")),
    ("Team", {"type": "tickets"}, gettext_lazy("Read teams (all:standard)")),
    ("Agent", {}, gettext_lazy("Read agents (all:standard)")),
    ("Outcome", {}, gettext_lazy("Read outcomes of actions (all:standard)")),
)


_UNTRIED: Final = gettext_lazy("Write actions and statuses (edit:tickets)")
_WRITING: Final = frozenset(("all", "edit", "edit:tickets"))


class HaloConnector:
    """One action carries note and time. Actions are numbered from 1 in each ticket: an id here is
    `ticket:action`."""

    provider: ClassVar[str] = "halopsa"
    capabilities: ClassVar[Capabilities] = Capabilities(signed_webhooks=True)
    login: ClassVar[tuple[LoginField, ...]] = (
        LoginField("client_id", gettext_lazy("Client ID"), secret=False),
        LoginField("client_secret", gettext_lazy("Client secret")),
        LoginField(
            "tenant",
            gettext_lazy("Tenant"),
            secret=False,
            required=False,
            names_system=True,
            help=gettext_lazy("Only where several share an address; Halo tells it otherwise."),
        ),
        LoginField(
            "auth_url",
            gettext_lazy("Authorisation server"),
            secret=False,
            required=False,
            help=gettext_lazy("Only where it is a server of your own beside the resource server."),
            is_address=True,
        ),
    )
    address: ClassVar[str | Promise] = gettext_lazy(
        "The resource server of the API, such as https://example.halopsa.com"
    )
    webhook_steps: ClassVar[tuple[str | Promise, ...]] = (
        gettext_lazy("Make a secret below and copy it."),
        gettext_lazy(
            "In Halo: Configuration › Integrations › Webhooks › New. Payload URL, the address below; method,"
            " POST; content type, application/json."
        ),
        gettext_lazy("Authentication, Basic; user name, “flowpilot”; password, the secret."),
        gettext_lazy("Events: a ticket is logged, a ticket is updated, an action is added. Then enable it."),
    )

    def __init__(self, connection: PsaConnection) -> None:
        self._connection = connection
        self._server = Server(connection)
        self._settings = Settings.of(connection.mapping)

    def check(self) -> ConnectionInfo:
        self._server.forget()
        me = self._server.get("Agent/me")
        missing = [str(words) for path, params, words in _NEEDED if not self._may_read(path, params)]
        name = line_at(me, "name")
        scopes = self._server.scopes()
        if scopes and not scopes & _WRITING:
            missing.append(str(_UNTRIED))
        untried = () if str(_UNTRIED) in missing else (str(_UNTRIED),)
        details = (_("Signed in as %s.") % name,) if name else ()
        return ConnectionInfo("HaloPSA", "", details, tuple(missing), untried)

    def choices(self, what: Choice, parent: str = "") -> list[Named]:
        path, params, name = _LISTS.get(what, ("", {}, ""))
        if not path:
            return []
        rows = rows_at(self._server.get(path, **params))
        return [Named(line_at(row, "id"), line_at(row, name) or line_at(row, "name")) for row in rows]

    def reference(self, text: str) -> str | None:
        given = text.strip()
        if found := _NUMBER.fullmatch(given):
            return str(int(found[1]))
        try:
            here = "://" in given and origin_of(given) == origin_of(self._server.base)
        except ValueError:
            return None
        if not here:
            return None
        asked = parse_qs(urlsplit(given).query)
        number = (asked.get("id") or asked.get("ticketid") or [""])[0]
        return number if number.isascii() and number.isdecimal() and len(number) < 10 else None

    def search(self, query: TicketQuery) -> list[Ticket]:
        asked: dict[str, str | int | bool] = {
            "pageinate": True,
            "page_no": 1,
            "page_size": min(query.limit, 100),
            "order": "id",
            "orderdesc": True,
        }
        if not query.closed:
            asked["open_only"] = True
        if query.words.strip():
            asked["search"] = query.words.strip()
        if query.board:
            asked["team"] = query.board
        if query.assignee:
            asked["agent_id"] = query.assignee
        return [self._told(row) for row in rows_at(self._server.get("Tickets", **asked), "tickets")]

    def ticket(self, ticket_id: str) -> Ticket:
        return self._told(self._row(ticket_id))

    def notes(self, ticket_id: str) -> list[TicketNote]:
        rows, _there = self._counted(_number(ticket_id), ACTIONS)
        told = [
            TicketNote(
                at=moment_at(row, "datetime"),
                by=line_at(row, "who"),
                text=text_at(row, "note") or plain(text_at(row, "note_html")),
                internal=row.get("hiddenfromuser") is True,
            )
            for row in rows
        ]
        return sorted((note for note in told if note.text), key=lambda n: n.at.timestamp() if n.at else 0.0)

    def add_note(self, ticket_id: str, note: NewNote) -> str:
        number = _number(ticket_id)
        text = escape(fitted(note.text, LONGEST_NOTE)).replace("\n", "<br>")
        action: dict[str, Any] = {
            "ticket_id": number,
            "note_html": f"<p>{text}</p>",
            "hiddenfromuser": note.internal,
            "sendemail": False,
            "send_survey": False,
            **self._outcome(note),
        }
        if note.minutes:
            action["timetaken"] = round(note.minutes / 60, 4)
        if self._settings.member.isdecimal():
            action["who_agentid"] = int(self._settings.member)
        answer = self._server.ask("POST", "Actions", body=[action], writing=True)
        return f"{number}:{_written(answer)}"

    def set_status(self, ticket_id: str, status_id: str, *, ours: str = "") -> None:
        row = self._row(ticket_id)
        now = line_at(row, "status_id")
        if now == status_id:
            return
        if _is_closed(row) and now != ours:
            raise Refused(_("The ticket has been closed there meanwhile; its status stays."))
        if not (status_id.isascii() and status_id.isdecimal()):
            raise Refused(_("“%(id)s” is no status of HaloPSA.") % {"id": status_id})
        body = [{"id": row["id"], "status_id": int(status_id)}]
        _written(self._server.ask("POST", "Tickets", body=body, writing=True))

    def find_marker(self, ticket_id: str, marker: str) -> Iterator[str]:
        number = _number(ticket_id)
        rows, there = self._counted(number, ACTIONS)
        if there is not None and there > len(rows):
            rows, there = self._counted(number, there)
        for row in rows:
            if marker in text_at(row, "note") or marker in text_at(row, "note_html"):
                yield f"{number}:{line_at(row, 'id')}"
        if there is None or there > len(rows):  # and will tomorrow: a person has to look
            raise Refused(_("The ticket has more actions than HaloPSA shows at once."))

    def verify_webhook(self, headers: Mapping[str, str], raw: bytes) -> tuple[WebhookEvent, ...]:
        return verified(headers, raw, password=secret_of(self._connection))

    def _outcome(self, note: NewNote) -> dict[str, Any]:
        """The customer's own kind of action, by number where one was chosen."""
        if self._settings.note_type.isdecimal():
            return {"outcome_id": int(self._settings.note_type)}
        return {"outcome": self._settings.note_type or (_PRIVATE if note.internal else _PUBLIC)}

    def _row(self, ticket_id: str) -> dict[str, Any]:
        row = self._server.get(f"Tickets/{_number(ticket_id)}", includedetails=True)
        if not isinstance(row, dict) or not isinstance(row.get("id"), int):
            raise TicketNotFound(_("HaloPSA has no ticket %(id)s.") % {"id": ticket_id})
        return row

    def _counted(self, number: int, most: int) -> tuple[list[dict[str, Any]], int | None]:
        """Actions of a ticket, and how many there are; there are no pages of them."""
        data = self._server.get("Actions", ticket_id=number, count=most, excludesys=True)
        there = at(data, "record_count")
        return rows_at(data, "actions"), there if isinstance(there, int) else None

    def _told(self, row: dict[str, Any]) -> Ticket:
        number = line_at(row, "id")
        devices = rows_at(row, "assets")
        names = (line_at(each, "key_field") or line_at(each, "inventory_number") for each in devices)
        return Ticket(
            id=number,
            number=number,
            title=line_at(row, "summary"),
            url=self._server.page_of(number),
            body=text_at(row, "details") or plain(text_at(row, "details_html")),
            status=line_at(row, "status_name") or self._name_of("statuses", row.get("status_id")),
            is_closed=_is_closed(row),
            priority=line_at(row, "priority", "name"),
            board=line_at(row, "team"),
            client=line_at(row, "client_name"),
            contact=line_at(row, "user_name"),
            assignee=line_at(row, "agent_name") or self._name_of("members", row.get("agent_id")),
            opened_at=moment_at(row, "dateoccurred"),
            assets=tuple(filter(None, names)),
        )

    def _name_of(self, what: Choice, number: Any) -> str:
        """ "" for what the list does not have: agent 1 is nobody in every Halo."""
        path, params, name = _LISTS[what]
        if not isinstance(number, int) or (what == "members" and number == 1):
            return ""
        try:
            rows = rows_at(self._server.listed(path, **params))
        except (LoginRefused, Refused, TicketNotFound):
            return ""
        return next((line_at(row, name) for row in rows if row.get("id") == number), "")

    def _may_read(self, path: str, params: Mapping[str, str | int]) -> bool:
        try:
            self._server.get(path, **params)
        except (LoginRefused, Refused, TicketNotFound) as refusal:
            if refusal.status == 401:
                raise
            return False
        return True


def _is_closed(row: dict[str, Any]) -> bool:
    return (
        row.get("status_id") == CLOSED
        or row.get("hasbeenclosed") is True
        or moment_at(row, "dateclosed") is not None
    )


def _written(answer: Answer) -> str:
    """Halo answers with what it wrote, alone or as a list of one."""
    row = answer.data[0] if isinstance(answer.data, list) and answer.data else answer.data
    number = line_at(row, "id")
    if not number:
        raise Uncertain(_("HaloPSA did not say what it wrote."))
    return number


def _number(ticket_id: str) -> int:
    if not (ticket_id.isascii() and ticket_id.isdecimal() and len(ticket_id) < 10):
        raise TicketNotFound(_("HaloPSA has no ticket %(id)s.") % {"id": ticket_id})
    return int(ticket_id)
