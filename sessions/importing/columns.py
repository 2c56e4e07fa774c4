"""Which column of an export holds which field of a ticket.

`SYNONYMS` is data: for each field the names under which ConnectWise Manage, Autotask, HaloPSA, Zendesk,
Freshdesk/Freshservice and a few others export it (list views, reports and API names), the best first.
Names are compared without case, spaces and punctuation. Where several columns of one field exist, the
first one that has a value in the row counts.
"""

import re
from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from sessions.importing.errors import UnusableFile

Columns = Mapping[str, tuple[str, ...]]
"""Field → names of the columns to look into, in order."""

SYNONYMS: dict[str, tuple[str, ...]] = {
    "external_id": (
        "ticket_id", "Ticket #", "Ticket Number", "TicketNbr", "SR_Service_RecID", "Ticket No", "Fault ID",
        "Request ID", "Case Number", "Incident Number", "Issue Key", "Number", "Ticket", "ID",
        "Display ID",
    ),
    "title": (
        "title", "Ticket Title", "Summary", "Summary Description", "Ticket Summary", "Subject",
        "Ticket Subject", "Raw Subject", "Short Description", "Issue Summary",
    ),
    "description": (
        "description", "Ticket Description", "Initial Description", "Detail Description",
        "Description Text", "Details", "Symptom", "Ticket Details", "Problem Description", "Problem",
        "Body", "First Comment", "Issue", "Request Details",
    ),
    "resolution": (
        "resolution", "Resolution Description", "Resolution Notes", "Resolution Note",
        "Resolution Details", "Resolution Text", "Initial Resolution", "Closure Note", "Closure Notes",
        "Closing Note", "Clearance Note", "Close Notes", "Closure Comments", "Solution", "Fix",
        "Ticket Resolution", "Work Notes Resolution", "How was it resolved",
    ),
    "category": (
        "category", "Issue Type", "Ticket Category", "Type / Subtype / Item", "Service Type", "Category 1",
        "Type", "Ticket Type", "Sub-Issue Type", "Subtype", "Queue", "Board", "Service Board",
        "Board Name", "Group",
    ),
    "status": (
        "status", "Ticket Status", "Status Description", "Status Name", "Current Status", "Incident State",
        "State",
    ),
    "client": (
        "client", "Client Name", "Company", "Company Name", "Account", "Account Name", "Organization",
        "Organisation", "Organization Name", "Requester Organization", "Customer", "Customer Name",
        "Department",
    ),
    "assignee": (
        "assignee", "Assignee Name", "Agent", "Agent Name", "Assigned To", "Ticket Owner", "Owner",
        "Primary Resource", "Primary Resource Name", "Assigned Resource", "Resources", "Technician",
        "Responder", "Closed By", "Resolved By",
    ),
    "priority": (
        "priority", "Priority Name", "Priority Description", "Ticket Priority", "Urgency",
    ),
    "opened_at": (
        "opened_at", "Date Entered", "Entered", "Date Opened", "Opened", "Open Date", "Create Date",
        "Create Date Time", "Created", "Created At", "Created Time", "Created Date", "Creation Date",
        "Date Created", "Date Occurred", "Date Reported", "Reported", "Requested", "Ticket Created",
        "sys_created_at",
    ),
    "closed_at": (
        "closed_at", "Resolved At", "Resolved Time", "Resolved", "Date Resolved", "Resolved Date",
        "Solved At", "Solved", "Solved Date", "Date Closed", "Closed Date", "Closed", "Closed Time",
        "Date Closed UTC", "Complete Date", "Completed Date", "Completion Date", "Complete Date Time",
        "Completed", "Ticket Solved",
    ),
}  # fmt: skip

_IGNORED = re.compile(r"[^0-9a-z\u00c0-\uffff]+")


def normalised(name: str) -> str:
    """``Ticket #`` and ``ticket number`` are one name."""
    return _IGNORED.sub("", name.replace("#", " number").casefold())


_FIELD_OF = {
    normalised(name): (field, rank) for field, names in SYNONYMS.items() for rank, name in enumerate(names)
}


def recognised(names: Sequence[str]) -> int:
    """How many of the names are those of a known field."""
    return sum(normalised(name) in _FIELD_OF for name in names)


def parse_map(pairs: Sequence[str]) -> dict[str, str]:
    """Read ``field=Column`` pairs; an unknown field is named together with those that exist."""
    chosen: dict[str, str] = {}
    for pair in pairs:
        field, equals, column = pair.partition("=")
        field, column = field.strip().lower(), column.strip()
        if not equals or not column:
            raise UnusableFile(_("“%(pair)s” is not of the form field=Column.") % {"pair": pair})
        if field not in SYNONYMS:
            raise UnusableFile(
                _("There is no field “%(field)s”. Fields: %(fields)s.")
                % {"field": field, "fields": ", ".join(SYNONYMS)}
            )
        chosen[field] = column
    return chosen


def resolve(names: Sequence[str], chosen: Mapping[str, str]) -> Columns:
    """Find the columns of each field. `chosen` (field → column name) wins over what is recognised."""
    found: dict[str, list[tuple[int, str]]] = {}
    for name in names:
        field, rank = _FIELD_OF.get(normalised(name), ("", 0))
        if field:
            found.setdefault(field, []).append((rank, name))
    given = {field: (_named(column, names),) for field, column in chosen.items()}
    taken = {column for (column,) in given.values()}
    free = {
        field: tuple(name for _rank, name in sorted(ranked) if name not in taken)
        for field, ranked in found.items()
    }
    return {**free, **given}


def require(columns: Columns, names: Sequence[str]) -> None:
    """Refuse a file of which no row could become a session."""
    missing = [] if columns.get("title") or columns.get("description") else ["title | description"]
    missing += [] if columns.get("resolution") else ["resolution"]
    if missing:
        raise UnusableFile(
            _(
                "No column is recognised as %(missing)s. Columns: %(columns)s."
                " Name it with --map field=Column."
            )
            % {"missing": ", ".join(missing), "columns": ", ".join(names[:60])}
        )


def _named(column: str, names: Sequence[str]) -> str:
    for name in names:
        if name == column or normalised(name) == normalised(column):
            return name
    raise UnusableFile(
        _("There is no column “%(column)s”. Columns: %(columns)s.")
        % {"column": column, "columns": ", ".join(names[:60])}
    )
