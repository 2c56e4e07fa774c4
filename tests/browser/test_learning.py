"""What one engineer finds out guides the next: intake, resolution, analysis, review, the next intake."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from flowpilot.accounts.models import User
from flowpilot.flows.models import Flow
from proposals import jobs
from proposals.models import FlowProposal
from sessions.models import AISession
from tests.factories import Cast

pytestmark = pytest.mark.django_db(transaction=True)

PROBLEM = (
    "Since the update of Tuesday the accounting client closes on start. It shows "
    '"Error 4711: session database is locked". Restarting the PC does not help.'
)
DONE = (
    "Ran `Stop-Service ContosoLedger` and deleted C:\\ProgramData\\Contoso\\session.lck on the server",
    "Ran `Start-Service ContosoLedger` and opened a ledger",
)


def test_what_one_engineer_found_out_guides_the_next(
    cast: Cast, page: Page, live_server: LiveServer, login: Callable[[User], User]
) -> None:
    keys, thread = page.keyboard, page.locator("#thread")
    login(cast.engineer)
    _intake(page, live_server, PROBLEM)
    expect(page.locator("#matches")).to_contain_text("No published flow")
    keys.press("0")
    expect(page.locator("#now-title")).to_be_focused()

    for did in DONE:
        keys.press("i")
        keys.insert_text(did)
        keys.press("Tab")  # files
        keys.press("Tab")  # note it
        keys.press("Tab")  # did this instead
        keys.press("Tab")
        expect(page.locator("#own-outcome")).to_be_focused()
        keys.press("ArrowDown")
        keys.press("Shift+Tab")
        keys.press("Enter")
        expect(thread).to_contain_text(did.replace("`", "")[-20:])
        expect(page.locator("#say-text")).to_have_value("")
    page.locator("#now-title").focus()
    keys.press("Shift+R")
    dialog = page.locator("#dialog")
    expect(dialog.get_by_label("What was wrong, and what fixed it?")).to_be_focused()
    keys.press("Control+A")
    keys.insert_text("ContosoLedger kept the session database open after the update. Removed its lock.")
    keys.press("Control+Enter")
    expect(page.locator(".fp-pagehead .fp-badge").first).to_have_text("Resolved")

    jobs.run(cast.account.pk)
    first = AISession.objects.get()
    proposal = FlowProposal.objects.get()
    assert (proposal.proposal_type, list(proposal.evidence.values_list("session", flat=True))) == (
        "new_flow",
        [first.pk],
    )
    assert str(first.pk) in str(proposal.current_draft.grounding)
    page.goto("about:blank")  # a late answer to the one before would sign the next one out
    login(cast.team_admin)
    page.goto(live_server.url + reverse("proposals:detail", args=[proposal.pk]))
    expect(page.locator("#detail")).to_contain_text("Stop-Service ContosoLedger")
    keys.press("a")
    expect(page.locator("[data-toast]").first).to_contain_text("Published")

    page.goto("about:blank")
    login(cast.colleague)
    _intake(page, live_server, "Accounting client closes on start: Error 4711, session database is locked")
    flow = Flow.objects.get()
    expect(page.locator("#matches")).to_contain_text(flow.title)
    keys.press("1")
    expect(page.locator("#flow-progress")).to_contain_text(flow.title)
    expect(page.locator("#now")).to_contain_text("4711")
    keys.press("1")
    expect(page.locator("#now")).to_contain_text("ContosoLedger")
    assert AISession.objects.latest("created_at").flow_version == flow.current_version


def _intake(page: Page, live_server: LiveServer, problem: str) -> None:
    page.goto(live_server.url + reverse("console:home"))
    expect(page.locator("[name=problem]")).to_be_focused()
    page.keyboard.insert_text(problem)
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/sessions/*/")
