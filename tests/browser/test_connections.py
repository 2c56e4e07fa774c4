"""A connection in a browser: tested, and the text of its notes seen while one types."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from flowpilot.accounts.models import User
from flowpilot.psa.models import PsaConnection
from tests.factories import Cast, make_practice_ticket

pytestmark = pytest.mark.django_db(transaction=True)

NARROW = {"width": 320, "height": 800}
WIDTH = "document.documentElement.scrollWidth"


def test_a_connection_is_tested_and_its_notes_are_worded(
    cast: Cast, page: Page, live_server: LiveServer, login: Callable[[User], User]
) -> None:
    row = make_practice_ticket(cast).connection
    login(cast.account_admin)
    page.goto(live_server.url + reverse("connections:one", args=[row.pk]))
    page.get_by_role("button", name="Test connection").click()
    expect(page.locator("#examined")).to_contain_text("Everything that FlowPilot needs works.")

    page.get_by_role("link", name="Text of notes").click()
    text = page.get_by_label("Text of notes (optional)")
    text.fill("Done: {acton}")
    expect(page.locator("#preview")).to_contain_text("Line 1: There is no placeholder {acton}.")
    text.fill("Done: {action}")
    expect(page.locator("#preview")).to_contain_text("Done: Restart the spooler")
    page.set_viewport_size(NARROW)
    assert page.evaluate(WIDTH) == 320
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()

    assert PsaConnection.objects.get().note_template == "Done: {action}"
