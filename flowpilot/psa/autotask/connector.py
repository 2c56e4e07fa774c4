"""Autotask PSA, REST API 1.0."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Any, ClassVar, Final
from urllib.parse import parse_qsl, urlsplit

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from flowpilot.psa.autotask import shapes
from flowpilot.psa.autotask.server import Filter, Server
from flowpilot.psa.autotask.webhook import verified
from flowpilot.psa.client import Answer
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
from flowpilot.psa.values import at, line_at
from flowpilot.psa.webhooks.signatures import secret_of

WORDS: Final = 6
LOOK_BACK: Final = (7, 90, 20_000)
"""Days. Queries answer from the lowest id on, so the newest are looked for in a small window first."""
_NUMBER: Final = re.compile(r"(?:#|ticket\s+#?)?(T\d{8}\.\d{4}(?:\.\d{1,4})?)", re.IGNORECASE)
_TICKET_PARAMETERS: Final = ("ticketid", "ids[0]")
_LISTS: Final[Mapping[str, tuple[str, Filter | None, tuple[str, ...]]]] = {
    "members": ("Resources", {"op": "eq", "field": "isActive", "value": True}, shapes.PERSON),
    "roles": ("Roles", {"op": "eq", "field": "isActive", "value": True}, ("name",)),
    "work_types": ("BillingCodes", {"op": "eq", "field": "useType", "value": 1}, ("name",)),
}
_PICKLISTS: Final = {
    "boards": ("Tickets", "queueID"),
    "statuses": ("Tickets", "status"),
    "note_types": ("TicketNotes", "noteType"),
}
_NEEDED: Final = (
    ("Tickets", "Query", gettext_lazy("Read tickets")),
    ("Tickets", "Update", gettext_lazy("Change tickets, for their status")),
    ("TicketNotes", "Query", gettext_lazy("Read notes of tickets")),
    ("TicketNotes", "Create", gettext_lazy("Write notes of tickets")),
    ("TimeEntries", "Query", gettext_lazy("Read time entries")),
    ("TimeEntries", "Create", gettext_lazy("Write time entries")),
    ("Companies", "Query", gettext_lazy("Read companies")),
    ("Contacts", "Query", gettext_lazy("Read contacts")),
    ("Resources", "Query", gettext_lazy("Read resources")),
)


class AutotaskConnector:
    """A note with minutes is a time entry where the mapping says whose, one without is a note: one write in
    both cases. Ids there begin with `time-` or `note-`; neither can be deleted by programs."""

    provider: ClassVar[str] = "autotask"
    capabilities: ClassVar[Capabilities] = Capabilities(time_needs=("member", "role"), signed_webhooks=True)
    login: ClassVar[tuple[LoginField, ...]] = (
        LoginField("user", gettext_lazy("User name of the API user"), secret=False),
        LoginField("secret", gettext_lazy("Password of the API user")),
        LoginField(
            "integration_code",
            gettext_lazy("Tracking identifier"),
            help=gettext_lazy("From the API user's page in Autotask, under API Tracking Identifier."),
        ),
    )
    address: ClassVar[str | Promise] = ""
    webhook_steps: ClassVar[tuple[str | Promise, ...]] = (
        gettext_lazy("Make a secret below and copy it."),
        gettext_lazy(
            "Autotask is told by its API, once: send a POST to /V1.0/TicketWebhooks with name; webhookUrl and"
            " deactivationUrl, the address below; secretKey, the secret; isActive,"
            " isSubscribedToCreateEvents, isSubscribedToUpdateEvents and isSubscribedToDeleteEvents, true;"
            " sendThresholdExceededNotification, false."
        ),
        gettext_lazy(
            "Then name what counts as a change: for status, priority and queueID a POST each to"
            " /V1.0/TicketWebhooks/{id}/Fields with fieldID and isSubscribedField, true."
        ),
    )

    def __init__(self, connection: PsaConnection) -> None:
        self._connection = connection
        self._server = Server(connection)
        self._settings = Settings.of(connection.mapping)

    def check(self) -> ConnectionInfo:
        zone = self._server.look_up()
        used = self._server.get("ThresholdInformation")
        access = {entity: self._access(entity) for entity in dict.fromkeys(row[0] for row in _NEEDED)}
        missing = [str(words) for entity, right, words in _NEEDED if not access[entity].get(right)]
        said = _("%(used)s of %(all)s calls of the last hour are used, by all programs together.") % {
            "used": line_at(used, "currentTimeframeRequestCount"),
            "all": line_at(used, "externalRequestThreshold"),
        }
        return ConnectionInfo("Autotask", "1.0", (zone["name"], said), tuple(missing))

    def choices(self, what: Choice, parent: str = "") -> list[Named]:
        if what in _PICKLISTS:
            rows = self._server.picklist(*_PICKLISTS[what])
            return [
                Named(line_at(row, "value"), line_at(row, "label"))
                for row in rows
                if row.get("isActive") is not False
            ]
        entity, only, fields = _LISTS[what]
        filters = [only] if only else []
        if what == "roles" and parent:
            filters.append({"op": "in", "field": "id", "value": self._roles_of(parent)})
        found = self._server.query(entity, *filters, fields=("id", *fields))
        named = [
            Named(line_at(row, "id"), " ".join(filter(None, (line_at(row, f) for f in fields))))
            for row in found
        ]
        return sorted(named, key=lambda one: one.name.casefold())

    def reference(self, text: str) -> str | None:
        given = text.strip()
        if found := _NUMBER.fullmatch(given):
            return found[1].upper()
        if not self._server.is_ours(given):
            return None
        asked = {name.lower(): value for name, value in parse_qsl(urlsplit(given).query)}
        number = next((asked[name] for name in _TICKET_PARAMETERS if name in asked), "")
        return number if number.isascii() and number.isdecimal() and len(number) < 12 else None

    def search(self, query: TicketQuery) -> list[Ticket]:
        filters = self._filters(query)
        for days in LOOK_BACK:
            since = timezone.now() - timedelta(days=days)
            recent = {"op": "gte", "field": "createDate", "value": f"{since:%Y-%m-%dT%H:%M:%SZ}"}
            rows = self._server.query("Tickets", recent, *filters, fields=shapes.TICKET_FIELDS)
            if len(rows) >= query.limit:
                break
        newest = sorted(rows, key=lambda row: (line_at(row, "createDate"), row["id"]), reverse=True)
        return shapes.told(newest[: query.limit], self._server)

    def ticket(self, ticket_id: str) -> Ticket:
        return shapes.told([self._row(ticket_id)], self._server, assets=True)[0]

    def notes(self, ticket_id: str) -> list[TicketNote]:
        number = self._id(ticket_id)
        of_ticket = {"op": "eq", "field": "ticketID", "value": number}
        rules = self._workflow_types()
        notes = [
            row for row in self._server.query("TicketNotes", of_ticket) if row.get("noteType") not in rules
        ]
        return shapes.conversation(notes, self._entries(of_ticket), self._server)

    def add_note(self, ticket_id: str, note: NewNote) -> str:
        number = self._id(ticket_id)
        worker = shapes.Worker.of(self._settings) if note.minutes else None
        if worker:
            body = shapes.time_body(number, note, worker, self._settings, timezone.now())
            answer = self._server.ask("POST", "TimeEntries", body=body, writing=True)
            return f"time-{_written(answer)}"
        answer = self._server.ask(
            "POST",
            f"Tickets/{number}/Notes",
            body=shapes.note_body(note, self._settings),
            headers=self._in_the_name_of(),
            writing=True,
        )
        return f"note-{_written(answer)}"

    def set_status(self, ticket_id: str, status_id: str, *, ours: str = "") -> None:
        row = self._row(ticket_id)
        now = line_at(row, "status")
        if now == status_id:
            return
        if row.get("status") == shapes.COMPLETE and now != ours:
            raise Refused(_("The ticket has been closed there meanwhile; its status stays."))
        if not (status_id.isascii() and status_id.isdecimal()):
            raise Refused(_("“%(id)s” is no status of Autotask.") % {"id": status_id})
        body = {"id": row["id"], "status": int(status_id)}
        _written(self._server.ask("PATCH", "Tickets", body=body, writing=True))

    def find_marker(self, ticket_id: str, marker: str) -> Iterator[str]:
        of_ticket = {"op": "eq", "field": "ticketID", "value": self._id(ticket_id)}
        in_note = {"op": "contains", "field": "description", "value": marker}
        for row in self._server.query("TicketNotes", of_ticket, in_note, fields=("id",)):
            yield f"note-{line_at(row, 'id')}"
        fields = ("summaryNotes", "internalNotes")
        in_time = {"op": "or", "items": [{"op": "contains", "field": f, "value": marker} for f in fields]}
        for row in self._entries(of_ticket, in_time, must=shapes.Worker.of(self._settings) is not None):
            yield f"time-{line_at(row, 'id')}"

    def verify_webhook(self, headers: Mapping[str, str], raw: bytes) -> tuple[WebhookEvent, ...]:
        return verified(headers, raw, secret=secret_of(self._connection))

    def _filters(self, query: TicketQuery) -> list[Filter]:
        filters: list[Filter] = []
        if not query.closed:
            filters.append({"op": "noteq", "field": "status", "value": shapes.COMPLETE})
        for field, value in (("queueID", query.board), ("assignedResourceID", query.assignee)):
            if value:
                filters.append({"op": "eq", "field": field, "value": value})
        words = query.words.split()[:WORDS]
        companies = self._companies(words) if words else {}
        return filters + [shapes.words_in(word, companies.get(word, [])) for word in words]

    def _companies(self, words: list[str]) -> dict[str, list[int]]:
        """By word, the clients whose name has it; one query for all words."""
        named: list[Filter] = [{"op": "contains", "field": "companyName", "value": word} for word in words]
        fields = ("id", "companyName")
        rows = self._server.query("Companies", {"op": "or", "items": named}, fields=fields, most=500)
        names = [(row["id"], line_at(row, "companyName").casefold()) for row in rows]
        return {word: [number for number, name in names if word.casefold() in name] for word in words}

    def _row(self, ticket_id: str) -> dict[str, Any]:
        if found := _NUMBER.fullmatch(ticket_id):
            named = {"op": "eq", "field": "ticketNumber", "value": found[1].upper()}
            row = at(self._server.query("Tickets", named, most=1), 0)
        else:
            row = at(self._server.get(f"Tickets/{_numeric(ticket_id)}"), "item")
        if not isinstance(row, dict) or not isinstance(row.get("id"), int):
            raise _missing(ticket_id)
        return row

    def _id(self, ticket_id: str) -> int:
        """What people call a ticket by is not what Autotask knows it by."""
        return int(self._row(ticket_id)["id"]) if _NUMBER.fullmatch(ticket_id) else _numeric(ticket_id)

    def _entries(self, *filters: Filter, must: bool = False) -> list[dict[str, Any]]:
        """Worked time; none where the login may not read it, unless it must."""
        try:
            return self._server.query("TimeEntries", *filters)
        except (LoginRefused, Refused):
            if must:
                raise
            return []

    def _workflow_types(self) -> set[int]:
        """Types of notes that rules write, not people; known by name, for numbers differ."""
        values = self._server.picklist("TicketNotes", "noteType")
        return {int(line_at(v, "value")) for v in values if "workflow" in line_at(v, "label").lower()}

    def _roles_of(self, member: str) -> list[Any]:
        """The roles in which somebody may work: time in any other is refused."""
        of_member = {"op": "eq", "field": "resourceID", "value": member}
        active = {"op": "eq", "field": "isActive", "value": True}
        rows = self._server.query("ResourceServiceDeskRoles", of_member, active, fields=("roleID",))
        return sorted({row["roleID"] for row in rows if isinstance(row.get("roleID"), int)}) or [0]

    def _access(self, entity: str) -> dict[str, bool]:
        """What this login may do with rows of an entity."""
        try:
            info = at(self._server.get(f"{entity}/entityInformation"), "info")
        except (LoginRefused, Refused, TicketNotFound) as refusal:
            if refusal.status == HTTPStatus.UNAUTHORIZED:
                raise
            return {}
        rights = ("Query", "Create", "Update")
        return {
            right: line_at(info, f"userAccessFor{right}") not in ("", "None")
            and at(info, f"can{right}") is not False
            for right in rights
        }

    def _in_the_name_of(self) -> dict[str, str]:
        """Makes the note an engineer's own; the login needs Autotask's leave for that."""
        return {"ImpersonationResourceId": self._settings.member} if self._settings.member else {}


def _written(answer: Answer) -> str:
    number = line_at(answer.data, "itemId")
    if not number:
        raise Uncertain(_("Autotask did not say what it wrote."))
    return number


def _numeric(ticket_id: str) -> int:
    if not (ticket_id.isascii() and ticket_id.isdecimal() and len(ticket_id) < 12):
        raise _missing(ticket_id)
    return int(ticket_id)


def _missing(ticket_id: str) -> TicketNotFound:
    return TicketNotFound(_("Autotask has no ticket %(id)s.") % {"id": ticket_id})
