"""What Request Tracker 5 answers, as it was seen to: refusals with 200, a history without texts."""

import re
from itertools import count
from typing import Any

from tests.psa.simulator.server import Call, Reply

LOGIN = {"token": "1-14-abc"}
KNOWN = ("new", "open", "stalled", "resolved", "rejected")


class RequestTracker:
    """`counts_pages`: releases before 5.0.4 do; newer ones say whether there is another page."""

    def __init__(self, *, counts_pages: bool = True) -> None:
        self.counts_pages = counts_pages
        self.tickets: dict[int, dict[str, Any]] = {number: _ticket(number) for number in (1, 2)}
        self.transactions: list[dict[str, Any]] = []
        self._ids = count(30)
        self.write(1, "Create", "Printer", "It blinks red.", 0)

    def is_write(self, call: Call) -> bool:
        return call.method == "POST" and call.path.endswith(("/comment", "/correspond"))

    def refusal(self) -> Reply:
        return Reply({"message": "The ticket is locked"}, 422)

    def answer(self, call: Call) -> Reply:
        if call.headers.get("authorization") != "token 1-14-abc":
            return Reply({"message": "Unauthorized"}, 401)
        path = call.path.removeprefix("/REST/2.0/")
        if found := re.fullmatch(r"ticket/(\d+)(?:/(\w+))?", path):
            return self._of_ticket(int(found[1]), found[2] or "", call)
        if path == "tickets":
            return self._page(self._found(call.query["query"]), call)
        lists = {"queues/all": [{"id": "1", "Name": "General"}, {"id": "3", "Name": "Network"}]}
        if path in lists:
            return self._page(lists[path], call)
        return Reply({"Version": "5.0.3"}) if path == "rt" else Reply({"message": "Not Found"}, 404)

    def _of_ticket(self, number: int, part: str, call: Call) -> Reply:
        if part in ("comment", "correspond"):
            return self._note(number, part.capitalize(), call)
        rows = [row for row in self.transactions if row["ticket"] == number]
        if part == "history":
            kept = ("id", "Type", "Data", "Created", "Creator", "Content")
            return self._page([{name: row[name] for name in kept} for row in rows], call)
        if part == "attachments":
            return self._page([row["attachment"] for row in rows], call)
        return self._change(number, call)

    def _note(self, number: int, kind: str, call: Call) -> Reply:
        if number not in self.tickets:
            return Reply({"message": "Message could not be recorded"}, 400)
        body = call.body
        key = self.write(number, kind, body["Subject"], body["Content"], body.get("TimeTaken", 0))
        return Reply(["Comments added"], 201, {"Location": f"http://x/REST/2.0/transaction/{key}"})

    def _change(self, number: int, call: Call) -> Reply:
        status = call.body["Status"]
        if status not in KNOWN:
            return Reply([f"Ticket {number}: Status '{status}' isn't a valid status for this ticket."])
        before = self.tickets[number]["Status"]
        self.tickets[number]["Status"] = status
        return Reply([f"Ticket {number}: Status changed from '{before}' to '{status}'"])

    def write(self, number: int, kind: str, subject: str, text: str, minutes: int) -> str:
        key = str(next(self._ids))
        self.transactions.append(
            {
                "id": key,
                "ticket": number,
                "Type": kind,
                "Data": subject,
                "Content": "",
                "TimeTaken": str(minutes),
                "Created": "2026-11-22T11:05:14Z",
                "Creator": {"id": "root", "Name": "root", "RealName": "Enoch Root"},
                "attachment": {
                    "id": key,
                    "TransactionId": key,
                    "ContentType": "text/plain",
                    "Content": text,
                },
            }
        )
        return key

    def _page(self, rows: list[dict[str, Any]], call: Call) -> Reply:
        size, number = int(call.query.get("per_page", 20)), int(call.query.get("page", 1))
        shown = rows[size * (number - 1) : size * number]
        told: dict[str, Any] = {"total": len(rows), "pages": -(-len(rows) // size)}
        if not self.counts_pages:
            told = {"total": None, "pages": None}
            if size * number < len(rows):
                told["next_page"] = f"http://rt.inside{call.path}?page={number + 1}"
        return Reply({**told, "count": len(shown), "page": number, "per_page": size, "items": shown})

    def _found(self, query: str) -> list[dict[str, Any]]:
        rows = sorted(self.tickets.values(), key=lambda row: -row["id"])
        if "__Active__" in query:
            rows = [row for row in rows if row["Status"] not in ("resolved", "rejected")]
        if (number := re.search(r"^id = (\d+)", query)) is not None:
            rows = [row for row in rows if row["id"] == int(number[1])]
        for word in re.findall(r"Subject LIKE '([^']*)'", query):
            rows = [row for row in rows if word.lower() in row["Subject"].lower()]
        return rows


def _ticket(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "type": "ticket",
        "Subject": "Outlook asks for the password",
        "Status": "new",
        "Queue": {"id": "1", "type": "queue", "Name": "General"},
        "Owner": {"id": "Nobody", "type": "user", "Name": "Nobody", "RealName": "Nobody in particular"},
        "Requestor": [{"id": "jane@contoso.test", "type": "user", "Name": "jane@contoso.test"}],
        "Created": "2026-11-22T11:05:14Z",
        "Due": "1970-01-01T00:00:00Z",
        "Priority": "0",
    }
