"""A throwaway FlowPilot with an account in it, served as by `manage.py up`, and the memory of its web."""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import django  # noqa: E402

from flowpilot.core.postgres import throwaway_home  # noqa: E402

os.environ |= {
    "FLOWPILOT_HOME": str(throwaway_home()),
    "FLOWPILOT_LOG_LEVEL": "ERROR",
    "DATABASE_URL": "",
    "DJANGO_SETTINGS_MODULE": "flowpilot.settings",
}
django.setup()

import httpx2  # noqa: E402
import psutil  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client as Browser  # noqa: E402

from flowpilot.accounts.models import Account, Client, Team, TeamMembership, User  # noqa: E402
from flowpilot.core.processes import Address, web  # noqa: E402
from flowpilot.core.scope import account_scope  # noqa: E402

Memory = dict[str, dict[str, float]]
"""Process → megabytes: all that it has in memory (`rss`), and its share where pages are shared (`pss`)."""


def prepared(sessions: int) -> User:
    """An admin in an account with sessions, flows and proposals."""
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
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
    call_command("make_load", account="bench", sessions=sessions, flows=40, proposals=20, verbosity=0)
    return user


def cookies_of(user: User) -> dict[str, str]:
    browser = Browser()
    browser.force_login(user)
    return {"sessionid": browser.cookies["sessionid"].value}


@contextmanager
def served(extra: Mapping[str, str]) -> Iterator[tuple[str, psutil.Process]]:
    """The address of a web server with these variables, and its first process."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        address = Address("127.0.0.1", taken.getsockname()[1])
    program = web(address)
    command = [sys.executable, *program.arguments]
    server = subprocess.Popen(command, cwd=ROOT, env={**program.defaults, **os.environ, **extra})
    try:
        _until_up(address.url)
        yield address.url, psutil.Process(server.pid)
    finally:
        server.terminate()
        server.wait(timeout=20)


def _until_up(url: str) -> None:
    for _turn in range(300):
        try:
            httpx2.get(f"{url}/healthz", timeout=10).raise_for_status()
            return
        except httpx2.HTTPError:
            time.sleep(0.2)
    raise RuntimeError("The server did not come up")


def memory_of(first: psutil.Process) -> Memory:
    """Of the parent, which only watches, and of those that answer."""
    found = {}
    for number, process in enumerate([first, *first.children(recursive=True)]):
        told = process.memory_full_info()
        name = f"web {number}" if number else "parent"
        found[name] = {"rss": round(told.rss / 2**20, 1), "pss": round(told.pss / 2**20, 1)}
    return found
