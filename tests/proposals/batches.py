"""The vendor's batch interface, and what the tests of batches share."""

import json
from datetime import timedelta
from typing import Any

from django.utils import timezone
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from proposals import jobs
from proposals.models import SessionAnalysis
from sessions.models import AISession
from tests.ai.wire.vendor import message

Json = dict[str, Any]

FLOW: Json = {
    "kind": "new_flow",
    "title": "Toner is empty",
    "summary": "What to do when a printer says that its toner is empty.",
    "why": "The session shows how it was found and what helped.",
    "domain": "printing",
    "root": "n1",
    "nodes": [
        {
            "id": "n1",
            "kind": "question",
            "title": "Is there toner in the store room?",
            "body": "",
            "shell": "none",
            "script": "",
            "risk": "none",
            "undo": "",
            "options": [
                {"id": "o1", "label": "Yes", "next": "n2"},
                {"id": "o2", "label": "No", "next": "n3"},
            ],
            "sources": ["s1.text"],
        },
        {
            "id": "n2",
            "kind": "resolution",
            "title": "Replace it",
            "body": "",
            "shell": "none",
            "script": "",
            "risk": "none",
            "undo": "",
            "options": [],
            "sources": ["s1.resolution"],
        },
        {
            "id": "n3",
            "kind": "escalation",
            "title": "Order one",
            "body": "",
            "shell": "none",
            "script": "",
            "risk": "none",
            "undo": "",
            "options": [],
            "sources": [],
        },
    ],
    "questions": [],
    "confidence": 0.9,
    "suspected_injection": False,
}


class Batches:
    """The vendor's batch interface: what was sent, and what comes back."""

    def __init__(self, server: HTTPServer) -> None:
        self.sent: list[list[str]] = []
        self.ended = True
        self.made = timezone.now()
        self.refuses = 0
        """The status with which batches are refused."""
        self.takes_silently = False
        """Whether a batch is taken, but answered with a fault."""
        self.is_odd = False
        """Whether what is told of a batch is no batch."""
        self.names_results_at: str | None = None
        """The address of results that it tells, if not its own."""
        self.results: dict[str, Json] = {}
        self.counts: int | None = None
        """How many results the vendor says there are; all that were sent unless told."""
        self._server = server
        server.expect_request("/v1/messages/batches", method="POST").respond_with_handler(self._create)
        server.expect_request("/v1/messages/batches", method="GET").respond_with_handler(self._list)
        for number in (1, 2, 3):
            address = f"/v1/messages/batches/batch_{number}"
            server.expect_request(address, method="GET").respond_with_handler(self._retrieve)
            server.expect_request(f"{address}/results").respond_with_handler(self._results)

    def returns(self, result: Json) -> None:
        """For every question of the newest batch."""
        self.results |= {custom_id: result for custom_id in self.sent[-1]}

    def _create(self, request: Request) -> Response:
        if self.refuses:
            return Response("{}", self.refuses, content_type="application/json")
        asked = json.loads(request.get_data())["requests"]
        self.sent.append([one["custom_id"] for one in asked])
        if self.takes_silently:
            return Response("{}", 500, content_type="application/json")
        return self._answer(self._told(f"batch_{len(self.sent)}", "in_progress"))

    def _retrieve(self, request: Request) -> Response:
        told = self._told(request.path.split("/")[-1], self._status)
        return self._answer({**told, "request_counts": None} if self.is_odd else told)

    def _list(self, request: Request) -> Response:
        told = [self._told(f"batch_{number}", self._status) for number in range(len(self.sent), 0, -1)]
        ends = {"first_id": None, "last_id": None, "has_more": False}
        return self._answer({"data": told, **ends})

    @property
    def _status(self) -> str:
        return "ended" if self.ended else "in_progress"

    def _results(self, request: Request) -> Response:
        number = int(request.path.split("/")[-2].removeprefix("batch_"))
        ids = reversed(self.sent[number - 1])
        told = [{"custom_id": pk, "result": self.results[pk]} for pk in ids if pk in self.results]
        return Response("\n".join(map(json.dumps, told)), content_type="application/x-jsonl")

    @staticmethod
    def _answer(body: Json) -> Response:
        return Response(json.dumps(body), content_type="application/json", headers={"request-id": "req_b"})

    def _told(self, vendor_id: str, status: str) -> Json:
        now = self.made
        sent = len(self.sent[int(vendor_id.removeprefix("batch_")) - 1])
        count = sent if self.counts is None else self.counts
        at = f"/v1/messages/batches/{vendor_id}/results"
        return {
            "id": vendor_id,
            "type": "message_batch",
            "processing_status": status,
            "request_counts": {
                "processing": 0,
                "succeeded": count,
                "errored": 0,
                "canceled": 0,
                "expired": 0,
            },
            "created_at": now.isoformat(),
            "expires_at": (now + timedelta(hours=24)).isoformat(),
            "ended_at": None,
            "archived_at": None,
            "cancel_initiated_at": None,
            "results_url": self.names_results_at or self._server.url_for(at),
        }


def succeeded(answer: Json) -> Json:
    return {"type": "succeeded", "message": message(json.dumps(answer))}


def analysis_of(session: AISession) -> SessionAnalysis:
    return session.analyses.get()


def pass_over() -> None:
    jobs.analyse_pending()
