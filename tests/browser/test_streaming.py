"""A turn as it comes, over the web server of the product: streamed, stopped, and by polling where no stream
gets through; the vendor's double speaks."""

import json
from collections.abc import Callable, Iterator
from threading import Event, Thread
from time import sleep

import pytest
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.db import connections
from django.urls import reverse
from playwright.sync_api import Page, expect
from uvicorn import Config, Server

from flowpilot.accounts.models import User
from flowpilot.asgi import django_application
from flowpilot.core.edge.bodies import BoundedBodies
from sessions.thread.middleware import StreamDoor
from tests.ai.conftest import vendor as vendor
from tests.ai.wire.vendor import GUIDE, Vendor, events, message
from tests.browser.conftest import PAINTED
from tests.factories import Cast, add_answered, make_cast, make_session

SAID = str(GUIDE["say"])
WHOLE = events(message(json.dumps(GUIDE)))
MIDDLE = len(WHOLE) * 2 // 3


def by_and_by(*gates: Event) -> Iterator[str]:
    """What is said, in two parts: each waits until it may."""
    for gate, part in zip(gates, (WHOLE[:MIDDLE], WHOLE[MIDDLE:]), strict=True):
        gate.wait(timeout=30)
        yield from part


@pytest.fixture
def web(transactional_db: None) -> Iterator[str]:
    """The address of the application as it is served, in this process: what a page says is what is stored."""
    application = StreamDoor(BoundedBodies(ASGIStaticFilesHandler(django_application)))
    server = Server(Config(application, port=0, http="h11", log_config=None, timeout_graceful_shutdown=1))
    thread = Thread(target=server.run)
    thread.start()
    while not server.started:
        sleep(0.01)
    yield f"http://localhost:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()
    connections.close_all()


@pytest.mark.allow_console_errors  # of the requests that do not get through
@pytest.mark.django_db(transaction=True)
def test_what_is_said_comes_by_the_stream_is_stopped_and_comes_by_polling(
    web: str, page: Page, login: Callable[[User], User], vendor: Vendor
) -> None:
    cast: Cast = make_cast("acme")
    session = make_session(cast)
    for number in range(12):
        add_answered(session, f"Looked at port {number}", response="It is open")
    login(cast.engineer)
    page.set_viewport_size({"width": 1000, "height": 500})
    page.goto(web + reverse("sessions:detail", args=[session.pk]))
    said, now = page.locator("#turn [data-said]"), page.locator("#now-title")
    pane = "document.querySelector('[data-thread-scroll]')"
    stopped, begins, goes_on = Event(), Event(), Event()

    vendor.stalls(WHOLE[:MIDDLE], stopped)
    page.get_by_role("button", name="Go on").click()
    expect(said).to_contain_text(SAID[:20])
    expect(said).to_have_attribute("aria-busy", "true")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#turn")).to_contain_text("It was stopped. You can go on.")
    expect(said).to_contain_text(SAID[:20])
    stopped.set()

    failing = iter([True, False])
    page.route("**/stream/**", lambda route: route.fulfill(status=429))
    page.route("**/thread/", lambda route: route.abort() if next(failing, False) else route.fallback())
    vendor.stalls(by_and_by(begins, goes_on), stopped)
    page.get_by_role("button", name="Go on").click()
    expect(said).to_have_text("Looking at what is known…")
    page.evaluate(PAINTED)  # it goes there by itself, first
    page.evaluate(f"{pane}.scrollTop = 0; document.getElementById('thread').dataset.same = ''")
    begins.set()
    expect(said).to_contain_text(SAID[:20])
    unmoved = page.evaluate(f"[{pane}.scrollTop, 'same' in document.getElementById('thread').dataset]")
    assert unmoved == [0, True]
    goes_on.set()
    expect(now).to_have_text(str(GUIDE["title"]))
    assert page.evaluate(f"{pane}.scrollTop") == 0
