"""The dashboard in a browser: cards come after the page, filters stay in the address, keys lead there."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from analytics.jobs import count_days
from flowpilot.accounts.models import User
from sessions import actions
from tests.factories import Cast, make_gap, make_resolved, make_session

Axe = Callable[[], list[str]]


@pytest.mark.django_db(transaction=True)
def test_an_admin_reads_the_dashboard_and_goes_to_the_sessions_behind_a_number(
    page: Page, login: Callable[[User], User], live_server: LiveServer, cast: Cast, axe: Axe
) -> None:
    for _number in range(3):
        make_resolved(cast)
    actions.score(make_session(cast), confidence=0.9)
    make_gap(cast)
    count_days()
    login(cast.account_admin)
    page.goto(f"{live_server.url}/sessions/")

    page.keyboard.press("g")
    page.keyboard.press("a")
    expect(page.get_by_role("heading", name="Sessions by confidence tier")).to_be_visible()
    expect(page.get_by_text("Is being counted …")).to_have_count(0)
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        assert axe() == []
    page.get_by_label("Range").select_option("7")
    page.wait_for_url("**/analytics/?range=7*")
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 320

    page.set_viewport_size({"width": 1440, "height": 960})
    page.goto(f"{live_server.url}/analytics/gaps/")
    assert axe() == []
    page.get_by_role("link", name="spooler · printer · stopped", exact=True).last.click()
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_text("is acknowledged")).to_be_visible()
    assert axe() == []
