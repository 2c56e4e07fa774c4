"""What an answered step and a watched turn cost, in an account with many sessions.

    .venv/bin/python benchmarks/console.py [--sessions 100000] [--steps 60] [--streams 100] [--json]

Works on a throwaway database, filled by `make_load`. "Step" is the server's time for one POST of an answer in
a flow, through all middleware, with its page fragments and without an engine. "Streams" are as many turns
as `--streams`, watched at once over a real uvicorn with a pool: the time from the request to the first `html`
event, and that of a page meanwhile. "First text" is from the POST that asks the rules to the first text in
the stream, one turn at a time. Milliseconds.
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

os.environ |= {
    "FLOWPILOT_HOME": str(throwaway_home()),
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


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--sessions", type=int, default=100_000)
    asked.add_argument("--steps", type=int, default=60)
    asked.add_argument("--streams", type=int, default=100)
    asked.add_argument("--json", action="store_true")
    options = asked.parse_args()
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
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
            "bench@flowpilot.example",
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
    limits = httpx2.Limits(max_connections=count + 20)
    try:
        async with httpx2.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", cookies=cookies, limits=limits, timeout=60
        ) as web:
            await _until_up(web)
            first_text = [await _first_text(web, await asyncio.to_thread(_session, user)) for _n in range(15)]
            running = [await asyncio.to_thread(_running, user) for _n in range(count)]
            streams, pages = await asyncio.gather(
                asyncio.gather(*(_first_event(web, address) for address in running)), _pages(web)
            )
        return {
            "first_text": _told(first_text[5:]),
            "streams": {"count": count, **_told(list(streams))},
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


async def _first_text(web: httpx2.AsyncClient, session: AISession) -> float:
    """From the POST to the first text."""
    token = (
        (await web.get(f"/sessions/{session.pk}/")).text.partition('"X-CSRFToken": "')[2].partition('"')[0]
    )
    began = perf_counter()
    page = await web.post(f"/sessions/{session.pk}/next/", headers={**HTMX, "X-CSRFToken": token})
    address = page.text.partition('data-stream="')[2].partition('"')[0]
    if address:
        await _first_event(web, address)
    return perf_counter() - began


async def _first_event(web: httpx2.AsyncClient, address: str) -> float:
    began = perf_counter()
    async with web.stream("GET", address) as response:
        async for line in response.aiter_lines():
            if line.startswith("event: html"):
                return perf_counter() - began
    raise RuntimeError(f"{address} told nothing")


async def _pages(web: httpx2.AsyncClient) -> list[float]:
    took = []
    for _n in range(10):
        began = perf_counter()
        (await web.get("/sessions/")).raise_for_status()
        took.append(perf_counter() - began)
    return took


def _running(user: User) -> str:
    """A turn that has said something and is still being produced."""
    with account_scope(user.account_id):
        session = _session(user)
        turn = turns.ask(session, by=user)
        assert turn is not None
        turn.text, turn.engine = "The tunnel ends before phase 2.", "anthropic"
        turns.write(turn)
        session.turns.update(lease_until="2099-01-01T00:00:00Z")
    return f"/sessions/{session.pk}/turns/{turn.pk}/stream/"


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
