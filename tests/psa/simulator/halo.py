"""What HaloPSA answers: lists to every write, dates before 1901 for none, actions numbered in each ticket."""

import re
from typing import Any
from urllib.parse import parse_qs

from pydantic import TypeAdapter

from tests.psa.simulator.bodies import HALO_ACTIONS, HALO_CHANGES, faults_of
from tests.psa.simulator.server import Call, Reply

LOGIN = {"client_id": "client", "client_secret": "s3cret"}
UNSET = "1899-12-30T00:00:00"
LISTS: dict[str, list[dict[str, Any]]] = {
    "Status": [{"id": 1, "name": "New"}, {"id": 2, "name": "In Progress"}, {"id": 9, "name": "Closed"}],
    "Team": [{"id": 13, "name": "1st Line"}],
    "Agent": [{"id": 1, "name": "Unassigned"}, {"id": 3, "name": "Jo Smith"}],
    "Outcome": [{"id": 12, "outcome": "Private Note"}, {"id": 13, "outcome": "Public Note"}],
}


def ticket(number: int, summary: str = "Printer <b>offline</b>", **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "summary": summary,
        "details": "It blinks red.",
        "status_id": 1,
        "priority": {"priorityid": 3, "name": "P3 Medium"},
        "client_id": 9,
        "client_name": "Contoso Ltd",
        "user_id": 7,
        "user_name": "Ada Miller",
        "agent_id": 3,
        "team": "1st Line",
        "dateoccurred": "2026-11-22T10:00:00.64",
        "fixbydate": UNSET,
        "dateclosed": "1900-01-01T00:00:00",
        "assets": [{"id": 5, "inventory_number": "PRN-01", "key_field": ""}],
        **more,
    }


class Halo:
    """Tokens that it gave are taken until tests void them."""

    def __init__(self, *, forbidden: tuple[str, ...] = ()) -> None:
        self.forbidden, self.violations = forbidden, list[str]()
        self.tokens: list[str] = []
        self.auth_url, self.scope = "", ""
        self.most_actions = 1_000
        """That it shows at once, whatever is asked for."""
        self.tickets = {301: ticket(301), 302: ticket(302, "VPN drops")}
        said = {"id": 1, "ticket_id": 301, "who": "Ada Miller", "note": "It blinks red."}
        self.actions = [{**said, "hiddenfromuser": False, "datetime": "2026-11-22T10:05:00.857"}]

    def void(self) -> None:
        self.tokens.clear()

    def is_write(self, call: Call) -> bool:
        return call.method == "POST" and call.path == "/api/Actions"

    def refusal(self) -> Reply:
        return Reply({"ClassName": "System.Exception", "message": "The ticket is locked"}, 400)

    def answer(self, call: Call) -> Reply:
        if call.path == "/api/authinfo":
            return Reply(
                {"auth_url": self.auth_url or f"http://{call.headers['host']}/auth", "tenant_id": "acme"}
            )
        if call.path == "/auth/token":
            return self._token(call)
        if call.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return Reply(status=401)
        path = call.path.removeprefix("/api/")
        if path.split("/")[0] in self.forbidden:
            return Reply(status=403)
        if call.method == "POST":
            return self._write(path, call)
        return self._read(path, call)

    def _token(self, call: Call) -> Reply:
        form = {name: values[0] for name, values in parse_qs(call.raw.decode()).items()}
        asked = {name: form.get(name) for name in LOGIN}
        if (
            asked != LOGIN
            or form.get("grant_type") != "client_credentials"
            or call.query != {"tenant": "acme"}
        ):
            said = "The specified client credentials are invalid."
            return Reply({"error": "invalid_client", "error_description": said}, 400)
        self.tokens.append(f"token-{len(self.tokens)}")
        scope = {"scope": self.scope} if self.scope else {}
        return Reply({"access_token": self.tokens[-1], "token_type": "Bearer", "expires_in": 3600, **scope})

    def _read(self, path: str, call: Call) -> Reply:
        if path == "Agent/me":
            return Reply({"id": 2, "name": "FlowPilot"})
        if path in LISTS:
            return Reply(LISTS[path])
        if path == "Actions":
            rows = [row for row in self.actions if str(row["ticket_id"]) == call.query["ticket_id"]]
            shown = min(int(call.query["count"]), self.most_actions)
            return Reply({"record_count": len(rows), "actions": rows[:shown]})
        if path == "Tickets":
            return self._found(call)
        found = re.fullmatch(r"Tickets/(\d+)", path)
        if found and int(found[1]) in self.tickets:
            return Reply(self.tickets[int(found[1])])
        return Reply(status=404)

    def _found(self, call: Call) -> Reply:
        rows = sorted(self.tickets.values(), key=lambda row: -row["id"])
        if call.query.get("open_only") == "true":
            rows = [row for row in rows if row["status_id"] != 9]
        word = call.query.get("search", "").lower()
        rows = [row for row in rows if word in f"{row['summary']} {row['client_name']}".lower()]
        size = int(call.query.get("page_size", 50))
        return Reply({"page_no": 1, "page_size": size, "record_count": len(rows), "tickets": rows[:size]})

    def _write(self, path: str, call: Call) -> Reply:
        if wrong := self._violates(HALO_ACTIONS if path == "Actions" else HALO_CHANGES, call):
            return wrong
        body = call.body[0]
        number = body.get("ticket_id") or body["id"]
        if number not in self.tickets:
            return Reply(status=404)
        return self._act(body) if path == "Actions" else self._change(body)

    def _act(self, body: dict[str, Any]) -> Reply:
        names = [row["outcome"] for row in LISTS["Outcome"]]
        if body.get("outcome", names[0]) not in names:
            return Reply('"The outcome does not exist"', 400)
        earlier = sum(row["ticket_id"] == body["ticket_id"] for row in self.actions)
        row = {"id": earlier + 1, "who": "FlowPilot", "datetime": "2026-11-23T09:00:00.21", **body}
        self.actions.append(row)
        return Reply(row, 201)

    def _change(self, body: dict[str, Any]) -> Reply:
        if body["status_id"] not in [row["id"] for row in LISTS["Status"]]:
            return Reply({"message": "Status does not exist"}, 400)
        self.tickets[body["id"]]["status_id"] = body["status_id"]
        return Reply([self.tickets[body["id"]]], 201)

    def _violates(self, kind: TypeAdapter[Any], call: Call) -> Reply | None:
        faults = faults_of(kind, call.body)
        self.violations += faults
        return Reply({"message": " · ".join(faults)}, 400) if faults else None
