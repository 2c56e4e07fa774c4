"""The console's home in a browser: everything at once by keyboard and clipboard, and a sign-in that ends."""

from collections.abc import Callable

import pytest
from django.contrib.sessions.models import Session as SignIn
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from flowpilot.accounts.models import User
from sessions.models import AISession, IntakeDraft
from tests.factories import Cast, make_practice_ticket, picture

pytestmark = pytest.mark.django_db(transaction=True)

PASTE = """text => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  const paste = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
  document.querySelector("[name=problem]").dispatchEvent(paste);
}"""
LOG = "\n".join(["09:00:00 INFO heartbeat"] * 19 + ["09:21:00 ERROR spooler 0x0000011b"])
DARK = "document.documentElement.dataset.bsTheme = 'dark'"
WIDTH = "document.documentElement.scrollWidth"


def at_home(page: Page, live_server: LiveServer) -> None:
    page.goto(live_server.url + reverse("console:home"))
    expect(page.locator("[name=problem]")).to_be_focused()


def test_everything_at_once_from_the_keyboard(
    cast: Cast,
    page: Page,
    live_server: LiveServer,
    login: Callable[[User], User],
    axe: Callable[[], list[str]],
) -> None:
    make_practice_ticket(cast, number=4711, title="Printer is silent", client="Northwind")
    login(cast.engineer)
    at_home(page, live_server)

    page.keyboard.type("Nobody can print. The password is Hunter2!x9")
    page.evaluate(PASTE, LOG)
    expect(page.locator("[name=log]")).to_have_value(LOG)
    expect(page.locator("[data-line-numbers]")).to_contain_text("20")
    page.focus("[name=ticket]")
    page.keyboard.type("silent")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="#4711")).to_be_visible()
    # Kept with the ticket, and what is masked is drawn anew then: axe comes after it.
    with page.expect_response(
        lambda answer: answer.url.endswith("/draft/") and "4711" in (answer.request.post_data or "")
    ):
        page.get_by_role("button", name="#4711").press("Enter")
    expect(page.locator("[name=ticket]")).to_have_value("4711")
    expect(page.locator("[name=client] option:checked")).to_have_text("Northwind")
    shot = {"name": "error.png", "mimeType": "image/png", "buffer": picture(400, 300)}
    page.set_input_files("[name=uploads]", shot)
    page.get_by_role("button", name="Black out parts of error.png").press("Enter")
    page.get_by_role("button", name="Add a rectangle").press("Enter")
    page.keyboard.press("Shift+ArrowRight")
    page.locator("#blackout").get_by_role("button", name="Black out").press("Enter")
    expect(page.locator("#blackout")).not_to_be_visible()
    expect(page.get_by_text("Masked before anything is stored or sent: 1 password.")).to_be_visible()
    expect(page.get_by_text("Lines worth reading")).to_be_visible()
    found = axe()
    page.evaluate(DARK)
    assert found + axe() == []
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate(WIDTH) <= 320

    page.focus("[name=problem]")
    page.keyboard.press("Control+Enter")

    page.wait_for_url("**/sessions/*/")
    session = AISession.objects.get()
    assert session.intake_type == "combined"
    assert session.intake_content["text"] == "Nobody can print. The password is <SECRET_1>"
    assert session.intake_content["log_content"] == LOG
    assert (session.psa_ticket_id, session.client, session.attachments.count()) == ("4711", cast.client, 1)

    at_home(page, live_server)
    page.keyboard.type("Sent before it was kept")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/sessions/*/")
    at_home(page, live_server)
    expect(page.locator("[name=problem]")).to_have_value("")


def test_a_sign_in_that_ends_while_typing_loses_nothing(
    cast: Cast,
    page: Page,
    live_server: LiveServer,
    client: Client,
    login: Callable[[User], User],
) -> None:
    login(cast.engineer)
    at_home(page, live_server)
    SignIn.objects.all().delete()

    page.keyboard.type("Nobody can print")
    expect(page.get_by_role("alert").get_by_text("Your sign-in has ended.")).to_be_visible()
    page.keyboard.type(" since today")
    with page.expect_response(
        lambda answer: answer.url.endswith(reverse("console:home")) and answer.request.method == "POST"
    ):
        page.keyboard.press("Control+Enter")
    expect(page.locator(".htmx-request")).to_have_count(0)
    expect(page.locator("[name=problem]")).to_have_value("Nobody can print since today")
    client.logout()
    login(cast.engineer)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    expect(page.locator("[data-signed-out]")).to_be_hidden()
    page.focus("[name=problem]")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/sessions/*/")
    assert AISession.objects.get().intake_content["text"] == "Nobody can print since today"
    assert IntakeDraft.objects.get().text == ""
