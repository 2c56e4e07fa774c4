"""What the double answers, in the shapes of the vendor's API reference."""

import json
from collections.abc import Iterable, Iterator
from threading import Event
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

Json = dict[str, Any]

TRIAGE: Json = {
    "summary": "Outlook asks for the password again and again (0x800CCC0E)",
    "details": "Since the change of MFA. **One user**.",
    "domain": "email",
    "confidence": 0.82,
    "products": ["Outlook"],
    "codes": ["0x800CCC0E"],
    "hosts": [],
    "scope": "one user",
    "onset": "since the change of MFA",
    "tried": ["restart"],
    "missing_question": "",
    "suspected_injection": False,
}
GUIDE: Json = {
    "say": "The tunnel ends before phase 2. That points to a blocked port.",
    "kind": "check",
    "title": "Check whether UDP 500 and 4500 are open",
    "body": "```powershell\nTest-NetConnection vpn -Port 443\n```",
    "options": ["Open", "Blocked"],
    "confidence": 0.7,
    "confidence_reason": "The log stops at phase 1.",
    "propose_resolution": False,
    "propose_escalation": False,
    "escalation_reason": "",
    "suspected_injection": False,
}
SCRIPT: Json = {
    "title": "Show the state of the spooler",
    "body": "Get-Service -Name Spooler",
    "parameters": [],
    "risk": "READ",
    "explanation": "Shows whether the service runs.",
    "dry_run": "",
    "undo": "",
    "refused": "",
    "suspected_injection": False,
}
ESCALATE: Json = {
    "summary": "The tunnel does not come up.",
    "impact": "One site.",
    "ruled_out": ["The user's password: others fail, too."],
    "hypotheses": [{"text": "The provider blocks UDP 4500.", "confidence": 0.6}],
    "suggestions": ["Ask the provider."],
    "suspected_injection": False,
}


def message(text: str, *, stop: str | None = "end_turn", **more: Any) -> Json:
    """A message of the API. `usage` replaces fields of its usage."""
    usage = {
        "input_tokens": 200,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 1000,
        "output_tokens": 50,
        **more.pop("usage", {}),
    }
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-5-5",
        "content": [{"type": "text", "text": text}] if text else [],
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": usage,
        **more,
    }


def events(whole: Json, *, piece: int = 12) -> list[str]:
    """The server-sent events of a message, its text in pieces."""
    start = {**whole, "content": [], "stop_reason": None, "stop_details": None}
    start["usage"] = {**whole["usage"], "output_tokens": 1}
    sent = [event("message_start", message=start)]
    for index, block in enumerate(whole["content"]):
        sent.append(event("content_block_start", index=index, content_block={"type": "text", "text": ""}))
        text = block["text"]
        for at in range(0, len(text), piece):
            delta = {"type": "text_delta", "text": text[at : at + piece]}
            sent.append(event("content_block_delta", index=index, delta=delta))
        sent.append(event("content_block_stop", index=index))
    delta = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
    if whole.get("stop_details"):
        delta["stop_details"] = whole["stop_details"]
    sent.append(event("message_delta", delta=delta, usage={"output_tokens": whole["usage"]["output_tokens"]}))
    return [*sent, event("message_stop")]


def event(kind: str, **data: Any) -> str:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **data})}\n\n"


class Vendor:
    """Answers one request after the other as it was told, and keeps what it was asked."""

    def __init__(self, server: HTTPServer) -> None:
        self._answers: list[Response] = []
        self.asked: list[Json] = []
        self.headers: list[Json] = []
        server.expect_request("/v1/messages", method="POST").respond_with_handler(self._answer)

    def says(self, answer: Json | str, **more: Any) -> "Vendor":
        """Stream a whole answer."""
        text = answer if isinstance(answer, str) else json.dumps(answer)
        return self.streams(events(message(text, **more)))

    def streams(
        self, parts: Iterable[str], *, request_id: str = "req_1", content_encoding: str = "identity"
    ) -> "Vendor":
        headers = {"request-id": request_id, "content-encoding": content_encoding}
        self._answers.append(Response("".join(parts), content_type="text/event-stream", headers=headers))
        return self

    def stalls(self, parts: Iterable[str], until: Event) -> "Vendor":
        """Send these and then nothing, until the event is set."""

        def sent() -> Iterator[str]:
            yield from parts
            until.wait(timeout=30)

        self._answers.append(Response(sent(), content_type="text/event-stream"))
        return self

    def fails(self, status: int, kind: str, *, message: str = "No.", **headers: str) -> "Vendor":
        body = {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_failed"}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        response = Response(
            json.dumps(body),
            status,
            content_type="application/json",
            headers={"request-id": "req_failed", **named},
        )
        self._answers.append(response)
        return self

    def answers(self, response: Response) -> "Vendor":
        """Anything else, such as what stands between answers in its place."""
        self._answers.append(response)
        return self

    def _answer(self, request: Request) -> Response:
        self.asked.append(json.loads(request.get_data()))
        self.headers.append(dict(request.headers))
        return self._answers.pop(0)
