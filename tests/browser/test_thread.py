"""The guided thread by keyboard: from the start of a flow to its resolution, with a way around."""

from collections.abc import Callable
from io import BytesIO

import pytest
from django.contrib.sessions.models import Session as SignIn
from django.test import Client
from PIL import Image
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from flowpilot.accounts.models import User
from flowpilot.core.uploads.store import read
from sessions.actions.following import follow
from sessions.models import AISession
from tests.factories import Cast, make_cast, make_session, make_version, picture

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    return make_cast("acme")


def test_a_flow_is_walked_left_taken_up_again_and_changed_by_keyboard(
    cast: Cast,
    login: Callable[[User], User],
    live_server: LiveServer,
    page: Page,
    axe: Callable[[], list[str]],
) -> None:
    session = make_session(cast)
    AISession.objects.filter(pk=session.pk).update(psa_ticket_id="T-7")
    follow(session, version=make_version(cast), probability=0.9, by=cast.engineer)
    login(cast.engineer)
    page.goto(f"{live_server.url}/sessions/{session.pk}/")
    now = page.locator("#now-title")
    expect(now).to_have_text("Does the printer show an error?")
    purpose = page.get_by_label("What is it for?")
    expect(purpose).to_have_value("Does the printer show an error?")

    page.keyboard.down("1")
    expect(now).to_have_text("Restart the print spooler")
    page.keyboard.down("1")  # held
    page.keyboard.up("1")
    expect(now).to_be_focused()
    expect(purpose).to_have_value("Restart the print spooler")
    expect(page.locator("#flow-progress")).to_contain_text("step 2 of at most 2")

    page.keyboard.press("i")
    page.keyboard.type("It has no spooler")
    page.keyboard.press("Escape")
    page.locator("#say-text").blur()
    page.keyboard.press("0")
    expect(page.locator("#thread")).to_contain_text("Left the flow: None of the answers fitted")
    expect(page.locator("#thread")).to_contain_text("The rules of FlowPilot")
    expect(page.locator("#say-text")).to_have_value("")
    expect(page.locator("#confidence [aria-current]")).to_have_text("Exploring")
    assert axe() == []

    page.fill("#say-text", "Half a sen")
    page.set_input_files("#say-files", {"name": "a.log", "mimeType": "text/plain", "buffer": b"0x97"})
    expect(page.locator("#say-shots > li")).to_have_count(1)
    page.locator("#say-text").blur()
    page.keyboard.press("b")
    expect(now).to_have_text("Restart the print spooler")
    expect(page.locator("#say-text")).to_have_value("Half a sen")
    page.get_by_role("button", name="Remove a.log").press("Enter")
    expect(page.locator("#say-shots > li")).to_have_count(0)
    page.fill("#say-text", "")
    page.locator("#say-text").blur()
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Change the answer to “Does the printer show an error?”").click()
    expect(now).to_have_text("Does the printer show an error?")
    page.keyboard.press("1")
    expect(now).to_have_text("Restart the print spooler")
    page.keyboard.press("w")
    expect(now).to_have_text("Pages come out again")
    page.get_by_role("link", name="Resolve the session").click()
    expect(page.locator("#dialog")).to_be_visible()
    page.keyboard.press("Escape")

    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 320, "height": 800})
    page.reload()
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    assert page.evaluate("getComputedStyle(document.getElementById('say')).position") == "static"
    page.get_by_role("link", name="Resolve", exact=True).press("Enter")
    expect(page.get_by_role("dialog", name="Resolve this session #T-7")).to_be_visible()
    page.keyboard.press("Escape")
    assert axe() == []
    assert AISession.objects.get(pk=session.pk).steps.get(outcome="worked").node_id == "n2"


def test_a_sign_in_that_ends_while_typing_loses_neither_words_nor_files(
    cast: Cast, login: Callable[[User], User], live_server: LiveServer, page: Page, client: Client
) -> None:
    session = make_session(cast)
    follow(session, version=make_version(cast), probability=0.9, by=cast.engineer)
    login(cast.engineer)
    page.goto(f"{live_server.url}/sessions/{session.pk}/")
    expect(page.locator("#now-title")).to_be_visible()
    SignIn.objects.all().delete()

    log = {"name": "a.log", "mimeType": "text/plain", "buffer": b"0x97"}
    shot = {"name": "error.png", "mimeType": "image/png", "buffer": picture(400, 300)}
    page.focus("#say-files")
    page.set_input_files("#say-files", [log, shot])
    page.get_by_role("button", name="Black out parts of error.png").press("Enter")
    page.get_by_role("button", name="Add a rectangle").press("Enter")
    page.locator("#blackout").get_by_role("button", name="Black out").press("Enter")
    expect(page.locator("#blackout")).not_to_be_visible()
    page.get_by_role("button", name="Remove a.log").press("Enter")
    expect(page.locator("#say-shots > li")).to_have_count(1)
    page.fill("#say-text", "It says no error")
    page.get_by_role("button", name="Note it").click()
    expect(page.get_by_role("alert").get_by_text("Your sign-in has ended.")).to_be_visible()
    client.logout()
    login(cast.engineer)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("[data-signed-out]")).to_be_hidden()
    page.get_by_role("button", name="Note it").click()

    expect(page.locator("#thread .fp-evidence")).to_have_text("error.png")
    expect(page.locator("#say-shots > li")).to_have_count(0)
    with Image.open(BytesIO(read(cast.account.pk, session.attachments.get().stored_as))) as sent:
        assert sent.convert("RGB").getpixel((200, 150)) == (0, 0, 0)
    assert session.steps.get(kind="note").response == "It says no error"
