"""What an answered step and a watched turn cost, in an account with many sessions.

    .venv/bin/python benchmarks/console.py [--sessions 100000] [--steps 60] [--streams 100] [--json]

Works on a throwaway database, filled by `make_load`. "Step" is the server's time for one POST of an answer in
a flow, through all middleware, with its page fragments and without an engine. "Streams" are as many turns
as `--streams`, each shown to a person of its own and watched at once over a real uvicorn with a pool: the
time from connecting to the first `html` event, with the proof that the page brought (`short`) and, in turn
with it, without (`long`), and that of a page meanwhile. "First text" is from the POST that asks the rules to
the first text in the stream, one turn at a time. Milliseconds.

With `--home` a data folder is kept, and used again as it is: the sessions are loaded once.
"""

import argparse
import asyncio
import json
import os
import secrets
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import django  # noqa: E402

from flowpilot.core.postgres import throwaway_home  # noqa: E402

# Settings read it, so it is looked for before there is a parser.
HOME = sys.argv[sys.argv.index("--home") + 1] if "--home" in sys.argv[:-1] else str(throwaway_home())
os.environ |= {
    "FLOWPILOT_HOME": HOME,
    "FLOWPILOT_LOG_LEVEL": "WARNING",
    "DATABASE_URL": "",
    "DJANGO_SETTINGS_MODULE": "flowpilot.settings",
    "FLOWPILOT_DB_POOL": "10",
}
django.setup()

import httpx2  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client as Browser  # noqa: E402

from flowpilot.accounts.models import Account, Client, Team, TeamMembership, User  # noqa: E402
from flowpilot.core.scope import account_scope  # noqa: E402
from flowpilot.flows import actions as flows  # noqa: E402
from flowpilot.flows.document import parse  # noqa: E402
from sessions import actions  # noqa: E402
from sessions.actions import turns  # noqa: E402
from sessions.actions.following import follow  # noqa: E402
from sessions.models import AISession  # noqa: E402

TEXT = "Outlook asks for the password again and again since the update this morning, error 0x8004010F."
HTMX = {"HX-Request": "true"}
EMAIL = "bench@flowpilot.example"
ROUNDS = 3
"""Of streams, in both ways."""


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--sessions", type=int, default=100_000)
    asked.add_argument("--steps", type=int, default=60)
    asked.add_argument("--streams", type=int, default=100)
    asked.add_argument("--home", default=HOME, help="a folder to keep")
    asked.add_argument("--json", action="store_true")
    options = asked.parse_args()
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    user = User.objects.filter(email=EMAIL).first()
    if user is None:
        user = _account()
        call_command("make_load", account="bench", sessions=options.sessions, flows=200, verbosity=0)
    with account_scope(user.account_id):
        user = User.objects.get(pk=user.pk)
        found: dict[str, Any] = {"sessions": options.sessions, "step": _steps(user, options.steps)}
        found |= asyncio.run(_served(user, options.streams))
    print(json.dumps(found, indent=None if options.json else 2))


def _account() -> User:
    account = Account.objects.create(name="Bench", slug="bench", ai_mode=Account.AiMode.OFFLINE)
    with account_scope(account.pk):
        team = Team.objects.create(account=account, name="Desk")
        user = User.objects.create_user(
            EMAIL,
            secrets.token_urlsafe(),
            name="Bench",
            account=account,
            account_admin=True,
        )
        TeamMembership.objects.create(account=account, user=user, team=team, role="team_admin")
        Client.objects.create(account=account, name="Northwind")
    return user


def _steps(user: User, count: int) -> dict[str, float]:
    """A chain of questions, answered one after the other."""
    nodes = [
        {
            "id": f"n{n}",
            "kind": "question",
            "title": f"Question {n}?",
            "body": "Look at it.",
            "script": None,
            "options": [
                {"id": "o1", "label": "Yes", "next": f"n{n + 1}"},
                {"id": "o2", "label": "No", "next": "end"},
            ],
        }
        for n in range(40)
    ]
    ends: list[dict[str, Any]] = [
        {"id": name, "kind": "resolution", "title": "Done", "body": "", "script": None, "options": []}
        for name in ("n40", "end")
    ]
    assert user.account_id is not None
    tree = parse({"schema": 1, "root": "n0", "nodes": [*nodes, *ends]})
    flow = flows.create_flow(user.account_id, title="Chain", team=_team(user))
    version = flows.publish_version(flow, tree, base=None, by=user)
    client = Browser(SERVER_NAME="127.0.0.1")
    client.force_login(user)
    took: list[float] = []
    while len(took) < count:
        session = _session(user)
        follow(session, version=version, probability=0.9, by=user)
        for order in range(1, 21):
            began = perf_counter()
            answer = client.post(
                f"/sessions/{session.pk}/say/", {"expected_step": order, "option": "o1"}, headers=HTMX
            )
            took.append(perf_counter() - began)
            assert answer.status_code == 200, answer.content
    return _told(took)


async def _served(user: User, count: int) -> dict[str, Any]:
    port = _free_port()
    cookies = {"sessionid": await asyncio.to_thread(_signed_in, user)}
    server = subprocess.Popen(
        [sys.executable, "-m", "flowpilot.core.serving", "127.0.0.1", str(port)], cwd=ROOT
    )
    try:
        async with httpx2.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", cookies=cookies, timeout=60
        ) as web:
            await _until_up(web)
            first_text = [await _first_text(web, await asyncio.to_thread(_session, user)) for _n in range(25)]
            people = [await asyncio.to_thread(_person, user, number) for number in range(count)]
            ways: dict[str, list[float]] = {"short": [], "long": []}
            pages = []
            for _round in range(ROUNDS):
                for way, took in ways.items():
                    shown = [await _watched(port, *person) for person in people]
                    streams, meanwhile = await asyncio.gather(
                        asyncio.gather(*(_first_event(port, *each, way=way) for each in shown)), _pages(web)
                    )
                    took += streams
                    pages += meanwhile if way == "short" else []
        return {
            "first_text": _told(first_text[5:]),
            "streams": {"count": count, **{way: _told(took) for way, took in ways.items()}},
            "pages_meanwhile": _told(pages),
        }
    finally:
        server.terminate()
        server.wait(timeout=20)


def _signed_in(user: User) -> str:
    """The key of a session in the browser's sense."""
    client = Browser()
    client.force_login(user)
    key: str = client.cookies["sessionid"].value
    return key


def _person(admin: User, number: int) -> tuple[str, str]:
    """An engineer with a turn under way that has said something: the sign-in's key and the session's."""
    email = f"watcher{number}@flowpilot.example"
    with account_scope(admin.account_id):
        user = User.objects.filter(email=email).first()
        if user is None:
            user = User.objects.create_user(
                email, secrets.token_urlsafe(), name=f"Watcher {number}", account=admin.account
            )
            TeamMembership.objects.create(account=user.account, user=user, team=_team(admin))  # type: ignore[misc]
        session = _session(user)
        turn = turns.ask(session, by=user)
        assert turn is not None
        turn.text, turn.engine = "The tunnel ends before phase 2.", "anthropic"
        turns.write(turn)
        session.turns.update(lease_until="2099-01-01T00:00:00Z")
    return _signed_in(user), str(session.pk)


async def _first_text(web: httpx2.AsyncClient, session: AISession) -> float:
    """From the POST to the first text."""
    token = (
        (await web.get(f"/sessions/{session.pk}/")).text.partition('"X-CSRFToken": "')[2].partition('"')[0]
    )
    began = perf_counter()
    page = await web.post(f"/sessions/{session.pk}/next/", headers={**HTMX, "X-CSRFToken": token})
    page.raise_for_status()
    address, proof = _stream_in(page.text)
    if address:
        await _first_event(web.base_url.port or 0, str(web.cookies["sessionid"]), address, proof, way="short")
    return perf_counter() - began


async def _watched(port: int, login: str, session: str) -> tuple[str, str, str]:
    """Sign-in, address and proof of a stream, as the page has just shown them."""
    async with httpx2.AsyncClient(cookies={"sessionid": login}, headers=HTMX, timeout=60) as web:
        page = await web.get(f"http://127.0.0.1:{port}/sessions/{session}/thread/")
    return login, *_stream_in(page.text)


def _stream_in(page: str) -> tuple[str, str]:
    """Address and proof; empty when the turn is over already."""
    address, proof = (page.partition(f'data-{name}="')[2].partition('"')[0] for name in ("stream", "proof"))
    return address, proof


async def _first_event(port: int, login: str, address: str, proof: str, *, way: str) -> float:
    """Without a library, whose work would be done at the cost of the server."""
    began = perf_counter()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    query = f"?proof={proof}" if way == "short" else ""
    asked = f"GET {address}{query} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: sessionid={login}\r\n\r\n"
    writer.write(asked.encode())
    try:
        while line := await reader.readline():
            if line.startswith(b"event: html"):
                return perf_counter() - began
    finally:
        writer.close()
    raise RuntimeError(f"{address} told nothing")


async def _pages(web: httpx2.AsyncClient) -> list[float]:
    took = []
    for _n in range(10):
        began = perf_counter()
        (await web.get("/sessions/")).raise_for_status()
        took.append(perf_counter() - began)
    return took


def _session(user: User) -> AISession:
    with account_scope(user.account_id):
        return actions.open_session(user=user, team=_team(user), intake_content={"text": TEXT})


def _team(user: User) -> Team:
    return Team.objects.get(pk__in=user.team_ids)


async def _until_up(web: httpx2.AsyncClient) -> None:
    for _n in range(200):
        try:
            (await web.get("/healthz")).raise_for_status()
            return
        except httpx2.HTTPError:
            await asyncio.sleep(0.2)
    raise RuntimeError("The server did not come up")


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port: int = taken.getsockname()[1]
    return port


def _told(seconds: list[float]) -> dict[str, float]:
    return {
        "median": round(1000 * median(seconds), 1),
        "p95": round(1000 * quantiles(seconds, n=20)[-1], 1),
    }


if __name__ == "__main__":
    main()
