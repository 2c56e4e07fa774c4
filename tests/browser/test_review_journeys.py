"""The review as people work through it: with the mouse, by keyboard alone, beside each other, over a link."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django_q.models import OrmQ
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from flowpilot.accounts.models import User
from flowpilot.core.ids import uuid7
from flowpilot.flows.changes import diff
from flowpilot.flows.document import parse
from proposals import jobs
from proposals.models import FlowProposal, ProposalDecision, ProposalEvidence
from tests.browser.conftest import redrawn
from tests.factories import Cast, make_cast, make_proposal, make_resolved, make_version

pytestmark = pytest.mark.django_db(transaction=True)

Login = Callable[[User], User]
TITLES = ("First", "Second", "Third", "Fourth", "Fifth", "Sixth")


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    made = make_cast("acme")
    for title in reversed(TITLES):
        proposal = make_proposal(made, title=title, problem_domain="printing")
        if title == "Third":
            second = make_resolved(made, problem_summary="Nothing was wrong")
            ProposalEvidence.objects.create(
                account=made.account, proposal=proposal, session=second, resolution_no=1
            )
    return made


@pytest.fixture
def queue(cast: Cast, login: Login, live_server: LiveServer, page: Page) -> Page:
    login(cast.team_admin)
    page.goto(f"{live_server.url}/review/")
    return page


@pytest.fixture
def second(cast: Cast, browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    """The same queue in the browser of the account's admin."""
    client = Client()
    client.force_login(cast.account_admin)
    context = browser.new_context()
    cookie = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    other = context.new_page()
    other.goto(f"{live_server.url}/review/")
    yield other
    context.close()


def opened(page: Page, title: str) -> None:
    """It is there, and what is in it listens."""
    shown(page, title)
    expect(page.locator("#detail-title")).to_be_focused()


def shown(page: Page, title: str) -> None:
    expect(page.locator("#detail-title")).to_have_text(title)


def of(title: str) -> FlowProposal:
    return FlowProposal.objects.get(title=title)


def states() -> dict[str, str]:
    """Of those that were there at first; what is split off may raise another."""
    known = FlowProposal.objects.filter(title__in=TITLES)
    return dict(known.order_by("-created_at").values_list("title", "status"))


def reach(page: Page, control: str, key: str = "Tab") -> None:
    """Go to a control by keyboard."""
    for _step in range(60):
        page.keyboard.press(key)
        if page.evaluate("(control) => document.activeElement.matches(control)", control):
            return
    pytest.fail(f"{control} is not reached by keyboard")


def test_every_verb_by_mouse(queue: Page, axe: Callable[[], list[str]]) -> None:
    dialog, toast = queue.locator("#dialog"), queue.locator("[data-toast]")

    expect(queue.get_by_label("Looking for sessions to walk")).to_be_visible()
    for waiting in OrmQ.objects.all():
        jobs.replay_draft(*waiting.task["args"])
    expect(queue.locator("#replay")).to_contain_text("1 resolved session walked through this tree")

    queue.locator("#evidence th a").click()
    expect(dialog).to_contain_text("Restart the print spooler")
    assert axe() == []
    dialog.get_by_role("button", name="Close").click()

    queue.get_by_role("button", name="Approve & publish").click()
    opened(queue, "Second")
    toast.get_by_role("button", name="Undo").click()
    opened(queue, "First")

    queue.get_by_role("link", name="Dismiss", exact=True).click()
    dialog.get_by_role("link", name="duplicate of…").click()
    dialog.get_by_label("Search proposals and flows").fill("sixth")
    dialog.get_by_role("button", name="Search").click()
    dialog.get_by_label("Sixth").check()
    assert axe() == []
    dialog.get_by_role("button", name="Close as duplicate").click()
    opened(queue, "Second")
    assert (of("First").duplicate_of, of("Sixth").evidence_count) == (of("Sixth"), 2)

    queue.get_by_role("link", name="Dismiss", exact=True).click()
    dialog.get_by_label("more sessions").fill("4")
    dialog.get_by_role("button", name="Dismiss proposal").click()
    opened(queue, "Third")
    assert of("Second").wake_at_evidence == 5

    queue.locator("[form=split]").first.click()
    expect(toast.filter(has_text="Split off")).to_be_visible()
    expect(queue.locator("#evidence tbody tr")).to_have_count(1)

    queue.get_by_role("link", name="Reject", exact=True).click()
    dialog.get_by_label("Wrong fix").check()
    dialog.get_by_role("button", name="Reject proposal").click()
    opened(queue, "Fourth")

    queue.get_by_label("Tick “Fourth”").check()
    queue.get_by_label("Tick “Fifth”").check()
    queue.locator("#bulk").get_by_role("button", name="Approve").click()
    dialog.get_by_role("button", name="Approve & publish").click()
    expect(toast.filter(has_text="2 approved")).to_be_visible()
    shown(queue, "Sixth")

    long_ago = timezone.now() - timedelta(minutes=1)  # undoing is over
    FlowProposal.objects.filter(title="First").update(reviewed_at=long_ago)
    queue.get_by_role("link", name="Dismissed").click()
    queue.locator(".fp-row__main", has_text="First").click()
    opened(queue, "First")
    queue.get_by_role("button", name="Reopen").click()
    expect(toast.filter(has_text="is open again")).to_be_visible()
    assert states() == {
        "First": "pending", "Second": "dismissed", "Third": "rejected", "Fourth": "approved",
        "Fifth": "approved", "Sixth": "pending",
    }  # fmt: skip
    assert of("Sixth").evidence_count == 1

    queue.get_by_role("link", name="Edit & publish").click()
    with redrawn(queue):
        queue.locator("[id='n1.title']").fill("Is the spooler running?")
    queue.locator("button[value='publish']").click()
    expect(queue.locator("h1")).to_have_text("First")
    expect(queue.locator("#main")).to_contain_text("Is the spooler running?")
    assert of("First").status == "edited"


def test_every_verb_by_keyboard_alone(queue: Page, cast: Cast) -> None:
    queue.context.grant_permissions(["clipboard-read", "clipboard-write"])
    keys, dialog = queue.keyboard, queue.locator("#dialog")

    keys.press(".")
    expect(queue.locator("[data-toast]")).to_contain_text("Copied")
    assert f"/review/{of('First').pk}/" in queue.evaluate("navigator.clipboard.readText()")
    keys.press("o")
    expect(queue.locator("#evidence-title")).to_be_in_viewport()

    keys.press("a")
    opened(queue, "Second")
    keys.press("u")
    opened(queue, "First")

    keys.press("d")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_label("No particular reason")).to_be_focused()
    keys.press("Tab")
    expect(dialog.get_by_label("more sessions")).to_be_focused()
    keys.type("2")
    keys.press("Control+Enter")
    opened(queue, "Second")
    assert of("First").wake_at_evidence == 3

    keys.press("r")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_label("Wrong fix")).to_be_focused()
    keys.press("Space")
    keys.press("Control+Enter")
    opened(queue, "Third")

    keys.press("o")
    reach(queue, "[form=split]")
    keys.press("Enter")
    expect(queue.locator("[data-toast]", has_text="Split off")).to_be_visible()
    opened(queue, "Third")

    keys.press("j")
    opened(queue, "Fourth")
    keys.press("k")
    opened(queue, "Third")
    keys.press("x")
    reach(queue, "#bulk button[value=dismiss]", "Shift+Tab")
    keys.press("Enter")
    expect(dialog).to_contain_text("Dismiss 1 proposal")
    keys.press("Control+Enter")
    shown(queue, "Fourth")

    keys.press("e")
    expect(queue.locator("h1")).to_have_text("Edit & publish")
    reach(queue, "button[value='publish']")
    keys.press("Enter")
    expect(queue.locator("h1")).to_have_text("Fourth")
    assert states() == {
        "First": "dismissed", "Second": "rejected", "Third": "dismissed", "Fourth": "edited",
        "Fifth": "pending", "Sixth": "pending",
    }  # fmt: skip


def change_in_parts(cast: Cast) -> str:
    """A change of two questions' words to a published flow, whose action comes from a session; its title."""
    version = make_version(cast, title="Printer flow")
    raw: Any = version.tree.to_json()
    raw["nodes"][0]["title"], raw["nodes"][3]["title"] = "Does it show a code?", "Hand over with the code"
    proposal = make_proposal(cast, version=version, title="Ask for the code")
    draft = proposal.drafts.get()
    session = proposal.evidence.get().session_id
    span = {"session": str(session), "step": None, "field": "resolution", "start": 4, "end": 17}
    draft.pk, draft.number, draft.tree = uuid7(), 2, raw
    draft.changes = [change.to_json() for change in diff(version.tree, parse(raw))]
    draft.grounding = {"sources": {"n2": [span]}}
    draft.save(force_insert=True)
    FlowProposal.objects.filter(pk=proposal.pk).update(current_draft=draft)
    return proposal.title


def test_many_at_once_after_a_live_filter_then_a_part_of_a_change_by_keyboard(
    queue: Page, cast: Cast, live_server: LiveServer
) -> None:
    dialog, toast, keys = queue.locator("#dialog"), queue.locator("[data-toast]"), queue.keyboard
    queue.get_by_label("Tick “Second”").check()
    queue.get_by_label("all that match").check()
    queue.get_by_label("Search").fill("fifth")
    expect(queue.locator(".fp-row__title")).to_have_text(["Fifth"])
    expect(queue.locator("#bulk")).to_be_hidden()
    queue.get_by_label("Tick “Fifth”").check()
    expect(queue.get_by_label("all that match")).not_to_be_checked()
    queue.get_by_label("all that match").check()
    queue.locator("#bulk").get_by_role("button", name="Reject").click()
    expect(dialog).to_contain_text("1 proposal matches what the list shows · “fifth”")
    dialog.get_by_label("Out of scope").check()
    dialog.get_by_role("button", name="Reject").click()
    expect(toast.filter(has_text="1 rejected")).to_be_visible()
    expect(queue.locator("#queue-rows")).to_contain_text("Nothing matches")
    assert "q=fifth" in queue.url
    left = [title for title, status in states().items() if status == "pending"]
    assert left == [title for title in TITLES if title != "Fifth"]

    title = change_in_parts(cast)
    queue.goto(f"{live_server.url}/review/")
    expect(queue.locator("#changes")).to_be_visible()
    reach(queue, ".fp-node__where a")
    keys.press("Enter")
    expect(dialog.locator("mark")).to_have_text("print spooler")
    keys.press("Escape")
    expect(dialog).to_be_hidden()
    reach(queue, "#changes input")
    keys.press("Space")
    reach(queue, "#changes button")
    keys.press("Enter")
    expect(queue.locator("h1")).to_have_text("Edit & publish")
    reach(queue, "button[value='publish']")
    keys.press("Enter")
    expect(queue.locator("h1")).to_have_text("Printer flow")
    expect(queue.locator("#main")).to_contain_text("Hand over with the code")
    expect(queue.locator("#main")).to_contain_text("Does the printer show an error?")
    assert of(title).status == "edited"


def test_two_reviewers_and_a_double_click_decide_once(queue: Page, second: Page) -> None:
    queue.keyboard.press("d")
    expect(queue.locator("#dialog")).to_be_visible()
    second.get_by_role("button", name="Approve & publish").dblclick()
    opened(second, "Second")

    queue.keyboard.press("Control+Enter")

    expect(queue.locator("#detail .fp-note--banner")).to_contain_text("Already approved by Owner.")
    verbs = ProposalDecision.objects.values_list("proposal__title", "verb")
    assert list(verbs) == [("First", "approve")]

    queue.locator(".fp-row__main", has_text="Second").click()
    opened(queue, "Second")
    draft = of("Second").current_draft
    assert draft is not None
    draft.pk, draft.number = None, 2
    draft._state.adding = True
    draft.save()
    FlowProposal.objects.filter(title="Second").update(current_draft=draft)
    queue.get_by_role("button", name="Approve & publish").click()
    expect(queue.locator("#detail .fp-note--banner")).to_contain_text("The draft you saw has changed")
    assert of("Second").status == "pending"


def test_a_shared_link_shows_the_same_filters_and_history_walks_it(
    queue: Page, second: Page, live_server: LiveServer
) -> None:
    queue.get_by_label("Sort by").select_option("oldest")
    expect(queue.locator(".fp-row__title").first).to_have_text("Sixth")
    queue.locator(".fp-row__main", has_text="Fourth").click()
    opened(queue, "Fourth")

    second.goto(queue.url)
    shown(second, "Fourth")
    assert second.locator(".fp-row__title").all_inner_texts() == list(reversed(TITLES))
    expect(second.get_by_label("Sort by")).to_have_value("oldest")

    second.keyboard.press("j")
    opened(second, "Third")
    second.go_back()
    shown(second, "Fourth")
    second.go_forward()
    shown(second, "Third")
    second.reload()
    shown(second, "Third")
    assert "sort=oldest" in second.url
