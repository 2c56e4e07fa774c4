"""The dashboard in a browser: cards come after the page, filters stay in the address, keys lead there."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from analytics.jobs import count_days
from flowpilot.accounts.models import User
from sessions import actions
from tests.factories import Cast, make_gap, make_resolved, make_session

LABEL = """() => {
  const text = document.querySelector(".fp-chart text");
  return parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a;
}"""
"""How many pixels high the labels of a chart come out."""
Axe = Callable[[], list[str]]


@pytest.mark.django_db(transaction=True)
def test_an_admin_reads_the_dashboard_and_goes_to_the_sessions_behind_a_number(
    page: Page, login: Callable[[User], User], live_server: LiveServer, cast: Cast, axe: Axe
) -> None:
    resolved = [make_resolved(cast) for _number in range(3)]
    actions.score(make_session(cast), confidence=0.9)
    make_gap(cast, *resolved)
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
    page.get_by_text("More", exact=True).click()
    page.get_by_label("From", exact=True).fill("2026-01-05")
    page.wait_for_url("**since=2026-01-05*")
    expect(page.get_by_text("2026-01-05 to")).to_be_visible()
    assert 10.5 <= page.evaluate(LABEL) <= 12.5
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    assert 10.5 <= page.evaluate(LABEL) <= 12.5

    page.set_viewport_size({"width": 1440, "height": 960})
    page.get_by_role("link", name="Engineers", exact=True).click()
    expect(page.get_by_role("table")).to_be_visible()
    assert axe() == []
    page.goto(f"{live_server.url}/analytics/gaps/")
    assert axe() == []
    page.get_by_role("link", name="spooler · printer · stopped", exact=True).last.click()
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_text("is acknowledged")).to_be_visible()
    assert axe() == []
    page.get_by_role("button", name="Draft a flow from these").click()
    expect(page.get_by_text("A draft was made from the sessions of")).to_be_visible(timeout=20_000)
    expect(page).to_have_url(re.compile(r"/review/[0-9a-f-]{36}/"))
