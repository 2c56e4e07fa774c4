"""Ticket systems as real servers on loopback, which fail in every way that their like are known to.

One server, one half for each vendor: what it answers is the half's, how it fails is the server's. The server
keeps the truth: which markers were written how often, and how often they were sent.
"""

import json
import re
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol, Self
from urllib.parse import parse_qs, urlsplit

from django.utils import timezone

MARKER = re.compile(r"FP-[A-Z2-7]{13}")
FAULTS = (
    "drop before",
    "drop after",
    "silent before",
    "silent after",
    "late",
    "502 before",
    "502 after",
    "429 seconds",
    "429 date",
    "garbage before",
    "garbage after",
    "validation",
)
"""What may befall a write; `login` does, too, and stops the whole connection. What ends in `after` was
written, and so was what is `late`, once the client has gone."""
PUT_OFF = ("429 seconds", "429 date", "login")
WAIT = 90
"""Seconds that a 429 asks for."""


@dataclass(frozen=True)
class Call:
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any
    raw: bytes = b""


@dataclass(frozen=True)
class Reply:
    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class Half(Protocol):
    """What one vendor answers. Calls come one at a time."""

    def answer(self, call: Call) -> Reply:
        """By the vendor's rules, its refusals included; never raises."""

    def is_write(self, call: Call) -> bool:
        """Whether it writes a note or time: such calls are what faults befall."""

    def refusal(self) -> Reply:
        """A validation error in the vendor's form, with the words `The ticket is locked`."""


class Simulator:
    """`with Simulator(half) as server:` serves at `server.url`; `faults` has one word for each write."""

    def __init__(self, half: Half, faults: Iterable[str] = ()) -> None:
        self.half, self.faults = half, iter(faults)
        self.written: Counter[str] = Counter()
        """By marker: more than once is a duplicate in the customer's view."""
        self.sent: Counter[str] = Counter()
        """Writes that came in and were not put off."""
        self.refused: set[str] = set()
        """Those that were never going to be taken."""
        self.calls: list[Call] = []
        self._one_at_a_time = threading.RLock()
        self._server = _Server(("127.0.0.1", 0), _handler(self))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def settle(self) -> None:
        """Returns when everything that was sent has been worked off: connections are taken in their order."""
        asked = HTTPConnection("127.0.0.1", self._server.server_address[1], timeout=20)
        asked.request("HEAD", "/")
        asked.getresponse().close()
        asked.close()
        self._server.idle.wait(20)

    def fault_for(self, call: Call) -> str:
        with self._one_at_a_time:
            self.calls.append(call)
            if not self.half.is_write(call):
                return ""
            fault = next(self.faults, "")
            markers = MARKER.findall(call.raw.decode())[:1]
            self.sent.update(markers if fault not in PUT_OFF else ())
            self.refused.update(markers if fault == "validation" else ())
            return fault

    def carry_out(self, call: Call) -> Reply:
        with self._one_at_a_time:
            reply = self.half.answer(call)
            if self.half.is_write(call) and reply.status < 300:
                self.written.update(MARKER.findall(call.raw.decode())[:1])
            return reply


class _Server(ThreadingHTTPServer):
    """Knows whether it is at anything."""

    daemon_threads = True
    request_queue_size = 50

    def __init__(self, *given: Any) -> None:
        self._live, self._lock, self.idle = 0, threading.Lock(), threading.Event()
        super().__init__(*given)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._count(1)
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._count(-1)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has gone is what was asked for."""

    def _count(self, change: int) -> None:
        with self._lock:
            self._live += change
            if self._live:
                self.idle.clear()
            else:
                self.idle.set()


def refused_by(fault: str, half: Half) -> Reply | None:
    """The answer of a fault that writes nothing and answers."""
    if fault == "validation":
        return half.refusal()
    if fault == "login":
        return Reply(status=401)
    if fault == "502 before":
        return Reply("<html>502 Bad Gateway</html>", 502)
    if fault == "garbage before":
        return Reply("<html>Maintenance</html>")
    if fault in ("429 seconds", "429 date"):
        until = format_datetime(timezone.now() + timedelta(seconds=WAIT), usegmt=True)
        wait = str(WAIT) if fault == "429 seconds" else until
        return Reply("<html>Slow down</html>", 429, {"Retry-After": wait})
    return None


def _handler(simulator: Simulator) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _serve(self) -> None:
            call = self._call()
            fault = simulator.fault_for(call)
            if reply := refused_by(fault, simulator.half):
                self._send(reply)
            elif fault in ("silent before", "late"):
                self._until_the_client_has_gone()
                if fault == "late":
                    simulator.carry_out(call)
            elif fault == "drop before":
                self.close_connection = True
            else:
                self._after(fault, simulator.carry_out(call))

        def do_HEAD(self) -> None:
            self._send(Reply())

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815

        def _after(self, fault: str, reply: Reply) -> None:
            if fault == "drop after":
                self.close_connection = True
            elif fault == "silent after":
                self._until_the_client_has_gone()
            elif fault == "502 after":
                self._send(Reply("<html>502 Bad Gateway</html>", 502))
            elif fault == "garbage after":
                self._send(Reply("<html>Done, but"))
            else:
                self._send(reply)

        def _call(self) -> Call:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            form = "x-www-form-urlencoded" in self.headers.get("Content-Type", "")
            body = None if form or not raw else json.loads(raw)
            headers = {name.lower(): value for name, value in self.headers.items()}
            return Call(self.command, parts.path, query, headers, body, raw)

        def _until_the_client_has_gone(self) -> None:
            self.close_connection = True
            self.connection.settimeout(20)
            try:
                self.connection.recv(1)
            except OSError:
                return

        def _send(self, reply: Reply) -> None:
            text = isinstance(reply.body, str)
            body = reply.body.encode() if text else json.dumps(reply.body).encode()
            body = b"" if reply.body is None else body
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "text/html" if text else "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing."""

    return Handler
