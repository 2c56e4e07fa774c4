"""Autotask's rows as ours, and ours as Autotask's. All there are numbers of the customer's own lists."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from flowpilot.psa.autotask.server import Filter, Server
from flowpilot.psa.mapping import Mapping
from flowpilot.psa.ports import NewNote, Ticket, TicketNote
from flowpilot.psa.values import at, fitted, line_at, moment_at, text_at

COMPLETE: Final = 5
"""The one status that every customer has under the same number."""
EVERYBODY, INTERNAL = 1, 2
"""Values of `publish`: all users of Autotask with the client portal's, or colleagues only."""
PLAIN_NOTE: Final = 1
TITLE: Final = "FlowPilot"
LONGEST_NOTE: Final = 32_000
LONGEST_SUMMARY: Final = 8_000
"""Characters of a note, and of what stands with worked time."""
TICKET_FIELDS: Final = (
    "id",
    "ticketNumber",
    "title",
    "description",
    "status",
    "priority",
    "queueID",
    "companyID",
    "contactID",
    "assignedResourceID",
    "configurationItemID",
    "createDate",
)
PERSON: Final = ("firstName", "lastName")


def told(rows: Sequence[dict[str, Any]], server: Server, *, assets: bool = False) -> list[Ticket]:
    """Tickets with the names of what they refer to, each kind of name asked for once."""
    companies = server.names("Companies", _ids(rows, "companyID"), ("companyName",))
    contacts = server.names("Contacts", _ids(rows, "contactID"), PERSON)
    resources = server.names("Resources", _ids(rows, "assignedResourceID"), PERSON)
    items = _ids(rows, "configurationItemID") if assets else set()
    devices = server.names("ConfigurationItems", items, ("referenceTitle",))
    return [
        Ticket(
            id=line_at(row, "id"),
            number=line_at(row, "ticketNumber"),
            title=line_at(row, "title"),
            url=server.page_of(row["id"]),
            body=text_at(row, "description"),
            status=server.label("Tickets", "status", row.get("status")),
            is_closed=row.get("status") == COMPLETE,
            priority=server.label("Tickets", "priority", row.get("priority")),
            board=server.label("Tickets", "queueID", row.get("queueID")),
            client=companies.get(row.get("companyID", -1), ""),
            contact=contacts.get(row.get("contactID") or -1, ""),
            assignee=resources.get(row.get("assignedResourceID") or -1, ""),
            opened_at=moment_at(row, "createDate"),
            assets=tuple(
                filter(None, [devices.get(row.get("configurationItemID") or -1, "")] if assets else [])
            ),
        )
        for row in rows
        if isinstance(row.get("id"), int)
    ]


def conversation(
    notes: Sequence[dict[str, Any]], entries: Sequence[dict[str, Any]], server: Server
) -> list[TicketNote]:
    """What people wrote as notes and with their time, oldest first."""
    staff = server.names("Resources", _ids(notes, "creatorResourceID") | _ids(entries, "resourceID"), PERSON)
    contacts = server.names("Contacts", _ids(notes, "createdByContactID"), PERSON)
    found = [
        TicketNote(
            at=moment_at(row, "createDateTime"),
            by=contacts.get(row.get("createdByContactID") or -1, "")
            or staff.get(row.get("creatorResourceID") or -1, ""),
            text=text_at(row, "description") or line_at(row, "title"),
            internal=row.get("publish") != EVERYBODY,
        )
        for row in notes
    ]
    for row in entries:
        when = moment_at(row, "startDateTime") or moment_at(row, "dateWorked")
        who = staff.get(row.get("resourceID") or -1, "")
        found.append(TicketNote(at=when, by=who, text=text_at(row, "summaryNotes"), internal=False))
        found.append(TicketNote(at=when, by=who, text=text_at(row, "internalNotes"), internal=True))
    return sorted((note for note in found if note.text), key=lambda n: n.at.timestamp() if n.at else 0.0)


def note_body(note: NewNote, settings: Mapping) -> dict[str, Any]:
    return {
        "title": TITLE,
        "description": fitted(note.text, LONGEST_NOTE),
        "noteType": _number(settings.note_type) or PLAIN_NOTE,
        "publish": INTERNAL if note.internal else EVERYBODY,
    }


@dataclass(frozen=True)
class Worker:
    """Whose time it is, in which role: Autotask takes no time without both."""

    resource: int
    role: int

    @classmethod
    def of(cls, settings: Mapping) -> "Worker | None":
        resource, role = _number(settings.member), _number(settings.role)
        return cls(resource, role) if resource and role else None


def time_body(number: int, note: NewNote, worker: Worker, settings: Mapping, now: datetime) -> dict[str, Any]:
    """Worked time that carries the note: one write for both. Customers read the summary."""
    began = now - timedelta(minutes=note.minutes or 0)
    body: dict[str, Any] = {
        "ticketID": number,
        "resourceID": worker.resource,
        "roleID": worker.role,
        "dateWorked": f"{began:%Y-%m-%d}T00:00:00Z",
        "startDateTime": f"{began:%Y-%m-%dT%H:%M:%SZ}",
        "endDateTime": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "hoursWorked": round((note.minutes or 0) / 60, 4),
        "internalNotes" if note.internal else "summaryNotes": fitted(note.text, LONGEST_SUMMARY),
    }
    if code := _number(settings.work_type):
        body["billingCodeID"] = code
    return body


def words_in(word: str, companies: Sequence[int]) -> Filter:
    """A word in number or title of a ticket, or in the name of its client."""
    places: list[Filter] = [
        {"op": "contains", "field": "ticketNumber", "value": word},
        {"op": "contains", "field": "title", "value": word},
    ]
    if companies:
        places.append({"op": "in", "field": "companyID", "value": list(companies)})
    return {"op": "or", "items": places}


def _ids(rows: Sequence[dict[str, Any]], field: str) -> set[int]:
    """0 is a company, the customer's own; people and things begin with 1."""
    least = 0 if field == "companyID" else 1
    return {value for row in rows if isinstance(value := at(row, field), int) and value >= least}


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else 0
