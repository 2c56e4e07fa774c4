"""What Autotask answers: numbers for everything, 500 for what it refuses, 200 for what is not there."""

import re
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

from tests.psa.simulator.bodies import (
    AutotaskChange,
    AutotaskNote,
    AutotaskQuery,
    AutotaskTime,
    Body,
    faults_of,
)
from tests.psa.simulator.server import Call, Reply

LOGIN = {"user": "api@acme.test", "secret": "s3cret", "integration_code": "CODE1"}
MAPPING = {"member": "10", "role": "8"}
ENTRANCE = "/ATServicesRest"
ZONES = ("/zone5/ATServicesRest/V1.0/", "/zone6/ATServicesRest/V1.0/")
HAS: dict[str, Callable[[Any, Any], bool]] = {
    "contains": lambda has, value: str(value).lower() in str(has or "").lower(),
    "eq": lambda has, value: str(has) == str(value),
    "noteq": lambda has, value: has != value,
    "gte": lambda has, value: str(has) >= str(value),
    "in": lambda has, value: has in value,
}
PICKLISTS = {
    "Tickets": {
        "status": {"1": "New", "5": "Complete", "8": "In Progress"},
        "priority": {"1": "High", "3": "Low"},
        "queueID": {"5": "Client Portal", "8": "Help desk"},
    },
    "TicketNotes": {"noteType": {"1": "Task Summary", "13": "Workflow Rule Note"}},
}


def ticket(number: int, title: str = "Printer <b>offline</b>", **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "ticketNumber": f"T20261122.{number:04}",
        "title": title,
        "description": "It blinks red.",
        "status": 1,
        "priority": 1,
        "queueID": 8,
        "companyID": 0,
        "contactID": 30,
        "assignedResourceID": 10,
        "configurationItemID": 70,
        "createDate": "2026-11-22T10:00:00.147Z",
        "completedDate": None,
        "userDefinedFields": [],
        **more,
    }


class Autotask:
    """`zone` is moved to the other one by tests; `forbidden` are entities that the login may not read."""

    def __init__(self, *, forbidden: tuple[str, ...] = ()) -> None:
        self.forbidden, self.zone, self.page, self.violations = forbidden, 0, 500, list[str]()
        self._ids = count(50)
        self.rows: dict[str, list[dict[str, Any]]] = {
            "Tickets": [ticket(201), ticket(202, "VPN drops")],
            "TicketNotes": [
                {"id": 1, "ticketID": 201, "title": "Call", "description": "It blinks red.", "publish": 1}
                | {"noteType": 1, "creatorResourceID": 10, "createDateTime": "2026-11-22T10:05:00.1Z"},
                {"id": 2, "ticketID": 201, "title": "Rule", "description": "Rule fired", "publish": 1}
                | {"noteType": 13, "creatorResourceID": 4, "createDateTime": "2026-11-22T10:06:00Z"},
            ],
            "TimeEntries": [],
            "Companies": [{"id": 0, "companyName": "Contoso Ltd"}],
            "Contacts": [{"id": 30, "firstName": "Ada", "lastName": "Miller", "isActive": 1}],
            "Resources": [{"id": 10, "firstName": "Jo", "lastName": "Smith", "isActive": True}],
            "Roles": [{"id": 8, "name": "Technician", "isActive": True}],
            "ResourceServiceDeskRoles": [{"id": 1, "resourceID": 10, "roleID": 8, "isActive": True}],
            "BillingCodes": [{"id": 3, "name": "Remote", "useType": 1}],
            "ConfigurationItems": [{"id": 70, "referenceTitle": "PRN-01"}],
        }

    def is_write(self, call: Call) -> bool:
        return call.method == "POST" and call.path.endswith(("/Notes", "/TimeEntries"))

    def refusal(self) -> Reply:
        return _errors("The ticket is locked")

    def answer(self, call: Call) -> Reply:
        if call.path == f"{ENTRANCE}/V1.0/zoneInformation":
            return self._zone_of(call)
        here = ZONES[self.zone]
        if not call.path.startswith(here) or not _logged_in(call.headers):
            return Reply(status=401)
        path = call.path.removeprefix(here)
        if path == "ThresholdInformation":
            used = {"externalRequestThreshold": 10_000, "requestThresholdTimeframe": 60}
            return Reply({**used, "currentTimeframeRequestCount": 123})
        if path.split("/")[0] in self.forbidden and not path.endswith("/entityInformation"):
            return _errors("The logged in Resource does not have the adequate permissions to do this.")
        return self._below(path, call)

    def _zone_of(self, call: Call) -> Reply:
        if call.query.get("user") != LOGIN["user"]:
            return Reply({"errors": ["Zone information could not be determined"]}, 500)
        server = f"http://{call.headers['host']}"
        url = server + ZONES[self.zone].removesuffix("V1.0/")
        return Reply({"zoneName": f"Zone {self.zone}", "url": url, "webUrl": server + "/", "ci": 1})

    def _below(self, path: str, call: Call) -> Reply:
        entity = path.split("/")[0]
        if path.endswith("/query"):
            return self._query(entity, call)
        if path.endswith("/entityInformation/fields"):
            return Reply({"fields": [_field(*each) for each in PICKLISTS.get(entity, {}).items()]})
        if path.endswith("/entityInformation"):
            level = "None" if entity in self.forbidden else "All"
            rights = {f"userAccessFor{right}": level for right in ("Query", "Create", "Update")}
            return Reply({"info": {"name": entity, "canQuery": True, **rights}})
        if found := re.fullmatch(r"Tickets/(\d+)/Notes", path):
            return self._write("TicketNotes", AutotaskNote, call, ticketID=int(found[1]))
        if path == "TimeEntries":
            return self._write("TimeEntries", AutotaskTime, call)
        if path == "Tickets" and call.method == "PATCH":
            return self._change(call)
        if found := re.fullmatch(r"Tickets/(\d+)", path):
            return Reply({"item": self._ticket(int(found[1]))})
        return Reply(status=404)

    def _query(self, entity: str, call: Call) -> Reply:
        if wrong := self._violates(AutotaskQuery, call):
            return wrong
        rows = [row for row in self.rows[entity] if all(_fits(row, term) for term in call.body["filter"])]
        first, size = int(call.query.get("from", 0)), min(call.body["MaxRecords"], self.page)
        shown = [_narrowed(row, call.body.get("IncludeFields")) for row in rows[first : first + size]]
        more = f"http://{call.headers['host']}{call.path}?from={first + size}"
        following = more if first + size < len(rows) else None
        details = {"count": len(shown), "requestCount": size, "prevPageUrl": None, "nextPageUrl": following}
        return Reply({"items": shown, "pageDetails": details})

    def _write(self, entity: str, kind: type[Body], call: Call, **more: int) -> Reply:
        if wrong := self._violates(kind, call):
            return wrong
        row = {"id": next(self._ids), **call.body, **more}
        if self._ticket(row["ticketID"]) is None:
            return _errors("No matching records found.")
        if row.get("roleID", 8) != 8:
            return _errors("The resource does not work in this role.")
        row.setdefault("creatorResourceID", int(call.headers.get("impersonationresourceid", 4)))
        row.setdefault("createDateTime", "2026-11-23T09:00:00Z")
        self.rows[entity].append(row)
        return Reply({"itemId": row["id"]})

    def _change(self, call: Call) -> Reply:
        if wrong := self._violates(AutotaskChange, call):
            return wrong
        if str(call.body["status"]) not in PICKLISTS["Tickets"]["status"]:
            return _errors("Picklist value is invalid: status.")
        row = self._ticket(call.body["id"])
        if row is None:
            return _errors("No matching records found.")
        row["status"] = call.body["status"]
        return Reply({"itemId": row["id"]})

    def _ticket(self, number: int) -> dict[str, Any] | None:
        return next((row for row in self.rows["Tickets"] if row["id"] == number), None)

    def _violates(self, kind: type[Body], call: Call) -> Reply | None:
        faults = faults_of(kind, call.body)
        self.violations += faults
        return _errors(*faults) if faults else None


def _logged_in(headers: Mapping[str, str]) -> bool:
    given = {"user": "username", "secret": "secret", "integration_code": "apiintegrationcode"}
    return all(headers.get(header) == LOGIN[name] for name, header in given.items())


def _fits(row: dict[str, Any], term: dict[str, Any]) -> bool:
    if term["op"] == "or":
        return any(_fits(row, each) for each in term["items"])
    return HAS[term["op"]](row.get(term["field"]), term["value"])


def _narrowed(row: dict[str, Any], fields: list[str] | None) -> dict[str, Any]:
    return {name: value for name, value in row.items() if fields is None or name in fields}


def _field(name: str, values: dict[str, str]) -> dict[str, Any]:
    told = [
        {"value": value, "label": label, "sortOrder": place, "isActive": True}
        for place, (value, label) in enumerate(values.items())
    ]
    return {"name": name, "dataType": "integer", "isPickList": True, "picklistValues": told}


def _errors(*words: str) -> Reply:
    return Reply({"errors": list(words)}, 500)
