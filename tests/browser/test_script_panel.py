"""The script panel in a browser: made, read, filled in and marked as run beside the session."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from flowpilot.accounts.models import User
from tests.factories import Cast, make_session

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_script_is_made_filled_in_and_marked_as_run_beside_the_session(
    cast: Cast,
    page: Page,
    live_server: LiveServer,
    login: Callable[[User], User],
    axe: Callable[[], list[str]],
) -> None:
    session = make_session(cast)
    login(cast.engineer)
    page.goto(live_server.url + reverse("sessions:detail", args=[session.pk]))
    panel = page.locator("#script-panel")

    panel.get_by_label("What is it for?").fill("Restart the spooler service")
    panel.get_by_role("button", name="Make a script").click()
    expect(panel.get_by_text("Makes changes").first).to_be_visible()
    expect(panel.get_by_text("It changes something that can be taken back.")).to_be_visible()

    panel.get_by_label("Service").fill("Fax")
    panel.get_by_role("button", name="Make it with these values").click()
    expect(panel.locator("code").first).to_contain_text("$Service = 'Fax'")
    assert axe() == []

    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    panel.get_by_text("Mark as run", exact=True).click()
    panel.get_by_label("Worked", exact=True).check()
    panel.get_by_role("button", name="Keep it as a step").click()
    expect(panel.get_by_text("Marked as run")).to_be_visible()
    assert session.steps.get().title == "Restart a service"
