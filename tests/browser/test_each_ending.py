"""Intakes through to their endings by the keyboard, in the dark and on a narrow screen: the matches, the
dialogs, sessions that have ended and the list of them hold to WCAG there."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from flowpilot.accounts.models import User
from sessions.models import AISession
from tests.browser.test_intake import LOG, PASTE, WIDTH, at_home
from tests.factories import Cast, make_cast, make_practice_ticket, make_version, picture

pytestmark = pytest.mark.django_db(transaction=True)
SHOT = {"name": "error.png", "mimeType": "image/png", "buffer": picture(400, 300)}


def pasted(page: Page) -> None:
    page.evaluate(PASTE, LOG)
    expect(page.locator("[name=log]")).to_have_value(LOG)


def of_a_ticket(page: Page) -> None:
    page.fill("[name=ticket]", "4711")
    expect(page.locator("#ticket-preview")).to_contain_text("Printer prints nothing")


def shown(page: Page) -> None:
    page.set_input_files("[name=uploads]", SHOT)
    expect(page.locator("#intake-shots > li")).to_have_count(1)


def handed_out(page: Page, dialog: Locator) -> None:
    page.keyboard.press("Shift+E")
    dialog.get_by_label("Why it needs").fill("A fault of the device")
    dialog.get_by_label("Somebody outside").check()
    dialog.get_by_label("Who outside").fill("Printer Inc.")


def abandoned(page: Page, dialog: Locator) -> None:
    page.get_by_role("link", name="Abandon").press("Enter")
    dialog.get_by_label("Why is it abandoned?").fill("Nobody answers")


def resolved(page: Page, dialog: Locator) -> None:
    page.keyboard.press("Shift+R")
    dialog.get_by_label("What was wrong").fill("The spooler hung.")
    dialog.get_by_label("The step that fixed it").fill("Restart it.")


WAYS: tuple[tuple[str, Callable[[Page], None], Callable[[Page, Locator], None], str], ...] = (
    ("log_paste", pasted, handed_out, "Escalated"),
    ("psa_ticket", of_a_ticket, abandoned, "Abandoned"),
    ("screenshot", shown, resolved, "Resolved"),
)


def test_an_intake_of_each_kind_ends_in_each_way_in_the_dark_on_a_narrow_screen(
    login: Callable[[User], User], live_server: LiveServer, page: Page, axe: Callable[[], list[str]]
) -> None:
    cast: Cast = make_cast("acme")
    make_practice_ticket(cast, number=4711)
    make_version(cast, title="Printer prints nothing since the spooler error")
    dialog, panels = page.locator("#dialog"), page.locator("[hx-trigger=load]")
    status = page.locator(".fp-pagehead .fp-badge").first

    def holds() -> bool:
        """In the dark, with all that is fetched beside it."""
        expect(panels).to_have_count(0)
        dark = page.locator("html").get_attribute("data-bs-theme") == "dark"
        return dark and axe() == [] and page.evaluate(WIDTH) <= 320

    login(cast.engineer)
    page.set_viewport_size({"width": 320, "height": 800})
    page.emulate_media(color_scheme="dark")
    for kind, given, ended, word in WAYS:
        at_home(page, live_server)
        given(page)
        page.focus("[name=problem]")
        page.keyboard.press("Control+Enter")
        expect(page.locator("#matches-title")).to_be_visible()
        assert kind != "log_paste" or holds()
        ended(page, dialog)
        assert kind == "psa_ticket" or holds()
        page.keyboard.press("Control+Enter")
        expect(status).to_have_text(word)
    assert holds()
    page.goto(live_server.url + reverse("sessions:list"))
    expect(page.locator("[data-row]")).to_have_count(3)
    assert holds()
    ends = AISession.objects.order_by("created_at").values_list("intake_type", "status")
    assert [*ends] == [(kind, word.lower()) for kind, _given, _ended, word in WAYS]
