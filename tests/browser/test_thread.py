"""The guided thread by keyboard: from the start of a flow to its resolution, with a way around."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from flowpilot.accounts.models import User
from sessions.actions.following import follow
from sessions.models import AISession
from tests.factories import Cast, make_cast, make_session, make_version

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
    follow(session, version=make_version(cast), probability=0.9, by=cast.engineer)
    login(cast.engineer)
    page.goto(f"{live_server.url}/sessions/{session.pk}/")
    now = page.locator("#now-title")
    expect(now).to_have_text("Does the printer show an error?")

    page.keyboard.press("1")
    expect(now).to_have_text("Restart the print spooler")
    expect(now).to_be_focused()
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

    page.keyboard.press("b")
    expect(now).to_have_text("Restart the print spooler")
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
    assert axe() == []
    assert AISession.objects.get(pk=session.pk).steps.get(outcome="worked").node_id == "n2"
