"""Browser tests: Debian's Chromium over a live server, failing on any console error or foreign request."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from time import monotonic, sleep
from typing import Any

# Playwright runs an event loop, in which Django's ORM refuses to work unless told otherwise.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect
from pytest_django.live_server_helper import LiveServer

from flowpilot.accounts.models import User
from tests.browser.loaded import expect_and_act_on_loaded_pages

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = os.environ.get("FLOWPILOT_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
GET_ONE = "apt-get install chromium-headless-shell, or set FLOWPILOT_CHROMIUM"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]
OURS = ("http://127.0.0.1", "http://localhost", "data:", "blob:")
EXPECTED_STATUSES = ("403", "409", "422")
"""Answers that a screen shows; the browser notes them in its console all the same."""
SERVED_SECONDS = 10.0
SHOWN_MS = 15_000
"""Three browsers on two cores may take their time; who waits for what never comes waits that long."""
PAINTED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
"""Colours are those of the last frame: what was changed just now has them in the next."""
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


expect.set_options(timeout=SHOWN_MS)
expect_and_act_on_loaded_pages()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a browser these tests are skipped; in CI that is a failure, not a gap that nobody sees."""
    if CHROMIUM:
        return
    if os.environ.get("CI"):
        raise pytest.UsageError(f"CI needs Chromium: {GET_ONE}.")
    skip = pytest.mark.skip(reason=f"no Chromium: {GET_ONE}")
    for item in items:
        if "page" in getattr(item, "fixturenames", ()):
            item.add_marker(skip)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": FLAGS}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {
        **browser_context_args,
        "viewport": {"width": 1440, "height": 960},
        "locale": "en-GB",
        "timezone_id": "UTC",
        "reduced_motion": "reduce",
    }


@pytest.fixture
def login(client: Client, context: BrowserContext, live_server: LiveServer) -> Callable[[User], User]:
    here: list[User] = []

    def sign_in(user: User) -> User:
        if here and here[-1] != user:
            # What a page of the one before still asks for would come back signed out and take the page away.
            for page in context.pages:
                page.goto("about:blank")
        here.append(user)
        client.force_login(user)
        cookie = client.cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        return user

    return sign_in


@pytest.fixture(autouse=True)
def _clean_console_and_offline(request: pytest.FixtureRequest) -> Iterator[None]:
    """Page errors, console errors (so also violations of the CSP) and requests that leave the machine."""
    if "page" not in request.fixturenames:
        yield
        return
    page: Page = request.getfixturevalue("page")
    bad: list[str] = []

    def note_console(message: ConsoleMessage) -> None:
        expected = any(f"status of {status}" in message.text for status in EXPECTED_STATUSES)
        if message.type == "error" and not expected:
            bad.append(message.text)

    def note_request(asked: Request) -> None:
        if not asked.url.startswith(OURS):
            bad.append(asked.url)

    page.on("pageerror", lambda error: bad.append(f"pageerror: {error}"))
    page.on("console", note_console)
    page.on("request", note_request)
    yield
    if not request.node.get_closest_marker("allow_console_errors"):
        assert bad == []


class Connections:
    """Those that a live server has accepted and not ended yet: what is asked over one counts before it is
    read, too."""

    def __init__(self, server: Any) -> None:
        self._address, self._open = server.server_address, set[object]()
        self._accept, self._end = server.process_request, server.shutdown_request
        server.process_request, server.shutdown_request = self.accept, self.end

    def accept(self, connection: object, address: object) -> None:
        self._open.add(connection)
        self._accept(connection, address)

    def end(self, connection: object) -> None:
        self._end(connection)
        self._open.discard(connection)

    def all_end(self) -> None:
        """Once no client is left that holds one open."""
        # They are accepted in their order: after this one, none is left that is not counted.
        last = HTTPConnection(*self._address)
        last.request("HEAD", f"{settings.STATIC_URL}js/theme.js")
        last.getresponse()
        last.close()
        deadline = monotonic() + SERVED_SECONDS
        while self._open and monotonic() < deadline:
            sleep(0.02)


@pytest.fixture(scope="session")
def connections(live_server: LiveServer) -> Connections:
    return Connections(live_server.thread.httpd)


@pytest.fixture(autouse=True)
def _nobody_is_served_any_more(request: pytest.FixtureRequest) -> Iterator[None]:
    """Pages ask for parts of themselves and for news; a request that is still served while the tables are
    emptied for the next test would lock itself and that out."""
    if "browser" not in request.fixturenames:
        yield
        return
    connections: Connections = request.getfixturevalue("connections")
    browser: Browser = request.getfixturevalue("browser")
    yield
    for context in [*browser.contexts]:
        for page in context.pages:
            page.close()  # without asking what was typed
        context.close()  # and with it what it keeps open
    connections.all_end()


@contextmanager
def redrawn(page: Page) -> Iterator[None]:
    """What is typed in the editor meanwhile is drawn, and nothing is under way any more: the next button
    would break it off, and htmx writes to the console what was broken off."""
    with page.expect_request(lambda asked: "op=redraw" in (asked.post_data or "")):
        yield
    expect(page.locator(".htmx-request")).to_have_count(0)


@pytest.fixture
def axe(page: Page) -> Callable[[], list[str]]:
    """What breaks WCAG 2.2 AA on the page as it stands, one line a rule."""

    def violations() -> list[str]:
        expect(page.locator(".is-loading, .htmx-swapping, .htmx-settling")).to_have_count(0)
        page.evaluate(PAINTED)
        found = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}})
        return [
            f"{rule['id']}: {rule['help']} {[node['target'] for node in rule['nodes'][:3]]}"
            for rule in found.response["violations"]
        ]

    return violations
