from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import OrmQ
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from flowpilot.accounts.models import User
from flowpilot.core.models import Heartbeat
from proposals import jobs
from tests.factories import Cast, make_cast
from tests.proposals.runs_rows import ended, failed, unended

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE_MS = 30_000


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    """As everywhere, but written so that the live server sees it."""
    return make_cast("acme")


@pytest.fixture
def analysis(cast: Cast, login: Callable[[User], User], live_server: LiveServer, page: Page) -> Page:
    """A team admin's page: a worker lives, two sessions failed, one run ended and one broke off."""
    Heartbeat.objects.create(name="worker", beat_at=timezone.now() + timedelta(minutes=1))
    failed(cast, problem_summary="Older")
    failed(cast, problem_summary="Newer", error="The engine said " + "no" * 200)
    ended(cast, claimed=3, completed=3, new_flow=1, reinforced=2)
    unended(cast, minutes_ago=60)
    login(cast.team_admin)
    page.goto(f"{live_server.url}/analysis/")
    return page


def test_a_session_is_retried_and_the_run_watched_to_its_end(analysis: Page, cast: Cast) -> None:
    analysis.get_by_role("button", name="Retry: Newer").click()
    expect(analysis.locator("#run-failures [data-row]").first).to_contain_text("In the line again")
    expect(analysis.locator("#run-failures [data-row] [data-focus]")).to_be_focused()
    expect(analysis.locator("#run-now")).to_contain_text("Waiting")
    expect(analysis.locator("#run-failed")).to_have_text("1")

    analysis.get_by_role("button", name="Run now").click()
    expect(analysis.locator("#run-now")).to_contain_text("An analysis is queued")
    jobs.analyse_now(str(cast.account.pk))
    OrmQ.objects.all().delete()

    toast = analysis.locator("[data-toast]", has_text="The analysis has ended.")
    expect(toast).to_contain_text("1 session done", timeout=PATIENCE_MS)
    expect(analysis.locator("#run-last tbody tr").first).to_contain_text("By hand")
    expect(analysis.locator("#run-failures [data-row]")).to_have_count(1)
    expect(analysis.locator("[hx-trigger='every 3s']")).to_have_count(0)


def test_all_failed_ones_go_back_and_the_focus_stays_there(analysis: Page) -> None:
    analysis.get_by_role("button", name="Retry all failed").click()

    expect(analysis.locator("#run-failures")).to_contain_text("Nothing failed")
    expect(analysis.locator("#run-failures-title")).to_be_focused()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 320])
def test_the_page_holds_to_wcag_and_to_its_width(
    analysis: Page, axe: Callable[[], list[str]], theme: str, width: int
) -> None:
    analysis.evaluate(f"localStorage.setItem('fp-theme', '{theme}')")
    analysis.set_viewport_size({"width": width, "height": 900})
    Heartbeat.objects.update(beat_at=timezone.now() - timedelta(hours=1))

    analysis.reload()

    expect(analysis.get_by_role("alert")).to_contain_text("No worker is at work")
    assert axe() == []
    assert analysis.evaluate("document.documentElement.scrollWidth") == width
