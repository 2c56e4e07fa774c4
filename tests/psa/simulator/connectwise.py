"""What ConnectWise PSA answers: absent keys instead of null, dates in `_info`, its refusals in its words."""

import re
from base64 import b64encode
from itertools import count
from typing import Any

from tests.psa.simulator.bodies import faults_of
from tests.psa.simulator.connectwise_bodies import CHANGES, Note, Time
from tests.psa.simulator.server import Call, Reply

LOGIN = {"company": "acme", "public_key": "pub", "private_key": "priv", "client_id": "guid-1"}
API = "/v2026_1/apis/3.0"
BOARDS = [{"id": 1, "name": "Help desk"}, {"id": 2, "name": "Network"}]
STATUSES = {
    1: [
        {"id": 5, "name": "New", "closedStatus": False},
        {"id": 6, "name": ">Closed", "closedStatus": True},
        {"id": 7, "name": "Old", "inactive": True},
    ],
    2: [{"id": 8, "name": "New"}],
}
MEMBERS = [{"id": 3, "identifier": "jsmith", "firstName": "Jo", "lastName": "Smith"}]


def ticket(number: int, summary: str = "Printer <b>offline</b>", **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "summary": summary,
        "recordType": "ServiceTicket",
        "board": {"id": 1, "name": "Help desk"},
        "status": {"id": 5, "name": "New"},
        "company": {"id": 9, "identifier": "Contoso", "name": "Contoso Ltd"},
        "contactName": "Ada",
        "resources": "jsmith,bob",
        "priority": {"id": 4, "name": "Priority 3"},
        "closedFlag": False,
        "_info": {"dateEntered": "2026-11-22T10:00:00Z", "lastUpdated": "2026-11-22T11:00:00Z"},
        **more,
    }


class ConnectWise:
    def __init__(self, *, forbidden: tuple[str, ...] = (), searches_text: bool = True) -> None:
        self.tickets = {number: ticket(number) for number in (101, 102)}
        self.notes: list[dict[str, Any]] = [
            {"id": 1, "ticketId": 101, "text": "It blinks red.", "detailDescriptionFlag": True}
            | {"dateCreated": "2026-11-22T10:00:00Z", "contact": {"id": 2, "name": "Ada"}}
        ]
        self.times: list[dict[str, Any]] = []
        self.assets = {101: [{"id": 1, "deviceIdentifier": "PRN-01"}]}
        self.forbidden, self.searches_text = forbidden, searches_text
        self.api = API
        self.violations: list[str] = []
        """What of the requests ConnectWise's schema does not know."""
        self._ids = count(50)

    def is_write(self, call: Call) -> bool:
        return call.method == "POST" and call.path.endswith(("/notes", "/time/entries"))

    def refusal(self) -> Reply:
        return _invalid("ticket", "The ticket is locked", "id")

    def answer(self, call: Call) -> Reply:
        if call.path == "/login/companyinfo/acme":
            info = {
                "CompanyName": "Acme MSP",
                "Codebase": self.api.split("/")[1] + "/",
                "VersionCode": "v2026.1",
            }
            return Reply(info)
        if call.path.startswith("/login/"):
            return Reply("null")
        login = b64encode(b"acme+pub:priv").decode()
        if call.headers.get("authorization") != f"Basic {login}" or call.headers.get("clientid") != "guid-1":
            return Reply({"code": "Unauthorized", "message": "Wrong keys."}, 401)
        path = call.path.removeprefix(self.api + "/")
        if path == call.path:
            return Reply("<html>404</html>", 404)
        if path in self.forbidden:
            return Reply({"code": "SecurityPermissions", "message": "No permission."}, 403)
        return self._below(path, call)

    def _below(self, path: str, call: Call) -> Reply:
        lists = {
            "service/boards": BOARDS,
            "system/members": MEMBERS,
            "time/workTypes": [{"id": 1, "name": "Remote"}],
            "service/tickets": self._found(call),
        }
        if path == "time/entries":
            return self._entries(call)
        if path in lists and call.method == "GET":
            return Reply(lists[path])
        if found := re.fullmatch(r"service/boards/(\d+)/statuses", path):
            return Reply(STATUSES.get(int(found[1]), []))
        if found := re.fullmatch(r"service/tickets/(\d+)(?:/(\w+))?", path):
            return self._of_ticket(int(found[1]), found[2] or "", call)
        return Reply({"code": "NotFound", "message": "Not found"}, 404)

    def _of_ticket(self, number: int, part: str, call: Call) -> Reply:
        if number not in self.tickets:
            return Reply({"code": "NotFound", "message": f"Service Ticket {number} not found"}, 404)
        if part == "notes":
            return self._add_note(number, call) if call.method == "POST" else self._notes(number, call)
        if part == "configurations":
            return Reply(self.assets.get(number, []))
        if call.method == "PATCH":
            self.violations += faults_of(CHANGES, call.body)
            wanted = call.body[0]["value"]["id"]
            status = next((row for row in STATUSES[1] if row["id"] == wanted), None)
            if status is None:
                return _invalid("ticket", "Status is not of this board.", "status")
            self.tickets[number]["status"] = {"id": wanted, "name": status["name"]}
            self.tickets[number]["closedFlag"] = status["closedStatus"]
        return Reply(self.tickets[number])

    def _add_note(self, number: int, call: Call) -> Reply:
        self.violations += faults_of(Note, call.body)
        flags = ("detailDescriptionFlag", "internalAnalysisFlag", "resolutionFlag")
        if not any(call.body.get(flag) for flag in flags):
            return _invalid("serviceNote", "Please choose where to display the notes.", ", ".join(flags))
        row = {"id": next(self._ids), "ticketId": number, "dateCreated": "2026-11-23T09:00:00Z", **call.body}
        self.notes.append(row)
        return Reply(row, 201)

    def _notes(self, number: int, call: Call) -> Reply:
        rows = [row for row in self.notes if row["ticketId"] == number]
        if "detailDescriptionFlag=true" in call.query.get("conditions", ""):
            rows = [row for row in rows if row["detailDescriptionFlag"]]
        return self._matching(rows, "text", call)

    def _entries(self, call: Call) -> Reply:
        if call.method == "POST":
            self.violations += faults_of(Time, call.body)
            if not call.body.get("timeStart"):
                return _invalid("timeEntry", "timeStart is required.", "timeStart")
            row = {"id": next(self._ids), "member": {"id": 3, "name": "Jo Smith"}, **call.body}
            self.times.append(row)
            return Reply(row, 201)
        wanted = re.search(r"chargeToId=(\d+)", call.query.get("conditions", ""))
        number = int(wanted[1]) if wanted else 0
        return self._matching([row for row in self.times if row["chargeToId"] == number], "notes", call)

    def _matching(self, rows: list[dict[str, Any]], field: str, call: Call) -> Reply:
        wanted = re.search(field + r' contains "([^"]*)"', call.query.get("conditions", ""))
        if wanted and not self.searches_text:
            return Reply({"code": "ApiFindCondition", "message": f"{field} is not a recognized name."}, 400)
        found = [row for row in rows if wanted is None or wanted[1] in row[field]]
        if "desc" in call.query.get("orderBy", ""):
            found.reverse()
        size, page = int(call.query.get("pageSize", 25)), int(call.query.get("page", 1))
        return Reply(found[size * (page - 1) : size * page])

    def _found(self, call: Call) -> list[dict[str, Any]]:
        conditions = call.query.get("conditions", "")
        rows = sorted(self.tickets.values(), key=lambda row: -row["id"])
        if "closedFlag=false" in conditions:
            rows = [row for row in rows if not row["closedFlag"]]
        for word in re.findall(r'summary contains "([^"]*)"', conditions):
            rows = [row for row in rows if word.lower() in row["summary"].lower() or word == str(row["id"])]
        return rows[: int(call.query.get("pageSize", 25))]


def _invalid(resource: str, message: str, field: str) -> Reply:
    error = {"code": "Invalid", "message": message, "resource": resource, "field": field}
    return Reply(
        {"code": "InvalidObject", "message": f"{resource} object is invalid", "errors": [error]}, 400
    )
