"""What it costs the web to be sent too much: bodies without end, a picture like a bomb, deep and wide texts.

    .venv/bin/python benchmarks/hostile.py [--megabytes 50] [--side 30000] [--deep 100000] [--rounds 1]

Works on a throwaway database. Everything is sent to a real web, started as `manage.py up` starts it, by an
engineer who is signed in and has the token against forgery, so that nothing is refused for who asks: forms,
multipart and JSON of so many megabytes, with and without a length; a PNG of so many pixels on a side; JSON
nested so deep, as a body, as a file of flows and from a ticket system; a Markdown table of 300 kB, typed, as
a file, and as the text of a session that is shown. For each: the status (or how the connection ended), the
answer's length, seconds, and megabytes (RSS) of all web processes before and after. Then what they have
after each further round of the same, and the most that each ever had.
"""

import argparse
import json
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from struct import pack
from time import perf_counter
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.served import cookies_of, memory_of, prepared, served

import httpx2  # isort: skip
import psutil  # isort: skip
from django.urls import reverse  # isort: skip

from flowpilot.accounts.models import Team, User  # isort: skip
from flowpilot.core.scope import account_scope  # isort: skip
from sessions import actions  # isort: skip
from sessions.models import AISession  # isort: skip

PIECE = 2**16
TABLE = 300_000
"""Characters of the Markdown table."""
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--megabytes", type=int, default=50)
    asked.add_argument("--side", type=int, default=30_000)
    asked.add_argument("--deep", type=int, default=100_000)
    asked.add_argument("--rounds", type=int, default=1)
    asked.add_argument("--json", action="store_true")
    options = asked.parse_args()
    user = prepared(100)
    with account_scope(user.account_id):
        team = Team.objects.get()
        session, tabular = (
            actions.open_session(user=user, team=team, intake_content={"text": text})
            for text in ("The printer prints nothing.", _table())
        )
        bomb = _bomb(options.side)
        with served({}) as (url, first):
            found = _sent(url, first, user, (session, tabular), bomb, options)
            found["peak"] = {str(process.pid): _peak(process) for process in _processes(first)}
    print(json.dumps(found, indent=None if options.json else 2))


def _sent(
    url: str,
    first: psutil.Process,
    user: User,
    sessions: tuple[AISession, AISession],
    bomb: bytes,
    options: Any,
) -> dict[str, Any]:
    session, tabular = sessions
    size, deep = options.megabytes * 2**20, options.deep
    say = reverse("sessions:say", args=[session.pk])
    attach = reverse("sessions:attach", args=[session.pk])
    page = reverse("sessions:detail", args=[session.pk])
    own = {"team": str(session.team_id)}
    nested, table = b"[" * deep + b"]" * deep, _table()
    with httpx2.Client(base_url=url, cookies=cookies_of(user), timeout=300) as client:
        shown = client.get(page)
        token = shown.text.partition('"X-CSRFToken": "')[2].partition('"')[0]
        client.headers["X-CSRFToken"] = token
        post = client.post
        attempts: dict[str, Callable[[], httpx2.Response]] = {
            "page before": lambda: client.get(page),
            "form": lambda: post(say, content=b"response=" + b"a" * size, headers=FORM),
            "form, chunked": lambda: post(say, content=_pieces(b"response=", size), headers=FORM),
            "form of a million fields": lambda: post(say, content=b"a=&" * 1_000_000, headers=FORM),
            "multipart, one file": lambda: post(attach, files={"uploads": ("a.log", b"a" * size)}),
            "multipart, chunked": lambda: post(attach, **_multipart(size)),
            "JSON": lambda: post("/api/v1/sessions/", content=b'"' + b"a" * size + b'"', headers=JSON),
            "JSON, chunked": lambda: post("/api/v1/sessions/", content=_pieces(b'"', size), headers=JSON),
            "nobody's form": lambda: httpx2.post(
                f"{url}{reverse('account_login')}", content=b"login=" + b"a" * size, headers=FORM, timeout=300
            ),
            "PNG of many pixels": lambda: post(attach, files={"uploads": ("bomb.png", bomb, "image/png")}),
            "JSON, deep": lambda: post("/api/v1/sessions/", content=nested, headers=JSON),
            "JSON, deep, to a webhook": lambda: post("/psa/hooks/nobody/", content=nested, headers=JSON),
            "JSON, deep, as flows": lambda: post(
                reverse("flows:exchange"),
                files={"upload": ("flows.json", nested, "application/json")},
                data=own,
            ),
            "Markdown table": lambda: post(say, data={"kind": "note", "response": table}),
            "Markdown table, as flows": lambda: post(
                reverse("flows:exchange"),
                files={"upload": ("flows.md", table.encode(), "text/markdown")},
                data=own,
            ),
            "Markdown table, shown": lambda: client.get(reverse("sessions:detail", args=[tabular.pk])),
            "page after": lambda: client.get(page),
        }
        found: dict[str, Any] = {}
        for name, attempt in attempts.items():
            found[name] = _told(first, attempt)
            print(name, found[name], file=sys.stderr, flush=True)
        found["rounds"] = [_rss(first)]
        for _further in range(1, options.rounds):
            for attempt in attempts.values():
                _told(first, attempt)
            found["rounds"].append(_rss(first))
        return found


def _told(first: psutil.Process, attempt: Callable[[], httpx2.Response]) -> dict[str, Any]:
    before, began = _rss(first), perf_counter()
    told: dict[str, Any] = {}
    try:
        answer = attempt()
        told |= {"status": answer.status_code, "answered_bytes": len(answer.content)}
    except httpx2.HTTPError as error:
        told["status"] = type(error).__name__
    told["seconds"] = round(perf_counter() - began, 2)
    return {**told, "rss_before": before, "rss_after": _rss(first)}


def _rss(first: psutil.Process) -> list[float]:
    return [each["rss"] for each in memory_of(first).values()]


def _processes(first: psutil.Process) -> list[psutil.Process]:
    return [first, *first.children(recursive=True)]


def _peak(process: psutil.Process) -> float:
    told = Path(f"/proc/{process.pid}/status").read_text()
    return round(int(told.partition("VmHWM:")[2].split()[0]) / 1024, 1)


def _pieces(start: bytes, size: int) -> Iterator[bytes]:
    yield start
    for _number in range(size // PIECE):
        yield b"a" * PIECE


def _multipart(size: int) -> dict[str, Any]:
    """A file in a body whose length is not told."""
    head = b'--cut\r\nContent-Disposition: form-data; name="uploads"; filename="a.log"\r\n\r\n'

    def body() -> Iterator[bytes]:
        yield from _pieces(head, size)
        yield b"\r\n--cut--\r\n"

    return {"content": body(), "headers": {"Content-Type": "multipart/form-data; boundary=cut"}}


def _bomb(side: int) -> bytes:
    """A black picture that packs well: so many pixels on each side, a byte each."""
    packing, row = zlib.compressobj(9), bytes(side + 1)
    pixels = b"".join([*(packing.compress(row) for _row in range(side)), packing.flush()])
    header = pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    told = (
        pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(told)


def _table() -> str:
    row = "|a" * 50 + "|\n"
    return f"{row}{'|-' * 50}|\n" + row * (TABLE // len(row))


if __name__ == "__main__":
    main()
