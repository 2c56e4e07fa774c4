"""The web dies by SIGKILL while Claude is in the middle of a sentence, and is started again."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from time import monotonic, sleep

import httpx2
import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher, make_password
from django.urls import reverse
from pytest_httpserver import HTTPServer

from sessions.models import AISession, Turn
from tests.ai.conftest import vendor as vendor
from tests.ai.wire.vendor import GUIDE, Vendor, events, message
from tests.factories import PASSWORD, make_cast, make_session
from tests.journeys.second_process import PATIENCE_SECONDS, ROOT, on_this_database
from tests.ports import reserved_port

SAID = str(GUIDE["say"])
WHOLE = events(message(f'{{"say": "{SAID}'))
CUT = WHOLE[: len(WHOLE) * 2 // 3]
HTMX = {"HX-Request": "true"}


@contextmanager
def web(port: int, claude: str) -> Iterator[None]:
    """The product's web server, which is killed with all its processes at the end."""
    server = subprocess.Popen(
        [sys.executable, "-m", "flowpilot.core.serving", "127.0.0.1", str(port)],
        cwd=ROOT,
        env={
            **os.environ,
            **on_this_database(),
            "FLOWPILOT_EMBEDDINGS": "false",
            "FLOWPILOT_ANTHROPIC_API_KEY": "test-key",
            "FLOWPILOT_ANTHROPIC_BASE_URL": claude,
        },
        start_new_session=True,
    )
    try:
        until(lambda: httpx2.get(f"http://127.0.0.1:{port}/healthz").status_code == 200)
        yield
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def until(condition: Callable[[], bool]) -> None:
    end = monotonic() + PATIENCE_SECONDS
    while monotonic() < end:
        try:
            if condition():
                return
        except httpx2.TransportError:
            pass
        sleep(0.1)
    raise TimeoutError


@pytest.fixture
def port() -> Iterator[int]:
    with reserved_port() as number:
        yield number


def signed_in(port: int, email: str) -> httpx2.Client:
    browser = httpx2.Client(base_url=f"http://127.0.0.1:{port}", follow_redirects=True, timeout=30)
    page = browser.get(reverse("account_login"))
    token = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)[0]
    given = {"login": email, "password": PASSWORD, "csrfmiddlewaretoken": token}
    answer = browser.post(reverse("account_login"), data=given)
    assert answer.status_code == 200, answer.text
    return browser


def go_on(browser: httpx2.Client, session: AISession) -> httpx2.Response:
    page = browser.get(reverse("sessions:detail", args=[session.pk]))
    token = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)[0]
    headers = {**HTMX, "X-CSRFToken": token}
    return browser.post(reverse("sessions:next", args=[session.pk]), headers=headers)


@pytest.mark.soak
@pytest.mark.django_db(transaction=True)
def test_what_was_said_is_shown_after_the_restart_and_the_thread_goes_on(
    vendor: Vendor, httpserver: HTTPServer, port: int
) -> None:
    cast = make_cast("acme")
    # As the product hashes it: tests do so more cheaply.
    cast.engineer.password = make_password(PASSWORD, hasher=Argon2PasswordHasher())
    cast.engineer.save()
    session, silent = make_session(cast), Event()
    address = reverse("sessions:detail", args=[session.pk])
    claude = httpserver.url_for("").rstrip("/")
    vendor.stalls(CUT, silent)

    with web(port, claude):
        browser = signed_in(port, cast.engineer.email)
        assert "data-stream=" in go_on(browser, session).text
        until(lambda: Turn.objects.exclude(text="").exists())
    silent.set()
    killed = Turn.objects.get()
    assert (killed.state, SAID.startswith(killed.text)) == ("running", True)

    with web(port, claude):
        until(lambda: "It broke off: the server was stopped meanwhile." in browser.get(address).text)
        page = browser.get(address).text
        assert killed.text in page
        assert "Go on<kbd" in page
        vendor.says(GUIDE)
        assert go_on(browser, session).status_code == 200
        until(lambda: session.steps.exists())

    killed.refresh_from_db()
    assert (killed.state, killed.text in SAID, killed.step) == ("failed", True, None)
    assert session.steps.get().title == GUIDE["title"]
    assert len(vendor.asked) == 2
