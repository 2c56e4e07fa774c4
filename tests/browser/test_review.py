import re
from collections.abc import Callable

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from flowpilot.accounts.models import User
from flowpilot.flows.changes import diff
from flowpilot.flows.document import parse
from flowpilot.flows.models import Flow
from proposals import actions
from proposals.models import FlowProposal
from tests.factories import Cast, join, make_cast, make_proposal, make_version

pytestmark = pytest.mark.django_db(transaction=True)

Login = Callable[[User], User]


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    """As everywhere, but written so that the live server sees it."""
    return make_cast("acme")


@pytest.fixture
def queue(cast: Cast, login: Login, live_server: LiveServer, page: Page) -> Page:
    """A team admin's queue: three proposals, the newest one open."""
    for title in ("Oldest", "Middle", "Newest"):
        make_proposal(cast, title=title, problem_domain="printing")
    login(cast.team_admin)
    page.goto(f"{live_server.url}/review/")
    return page


def heading(page: Page) -> str:
    return page.locator("#detail-title").inner_text()


def rows(page: Page) -> list[str]:
    return page.locator(".fp-row__title").all_inner_texts()


def status(title: str) -> str:
    return FlowProposal.objects.get(title=title).status


def opened(page: Page, title: str) -> None:
    expect(page.locator("#detail-title")).to_have_text(title)


def test_j_and_k_walk_the_list_and_the_address_follows(queue: Page) -> None:
    expect(queue.locator("[data-position]")).to_have_text("1 of 3")
    queue.keyboard.press("j")
    opened(queue, "Middle")
    expect(queue.locator("[data-row].is-current")).to_contain_text("Middle")
    expect(queue.locator("[data-position]")).to_have_text("2 of 3")
    expect(queue.get_by_role("status").filter(has_text="2 of 3")).to_be_visible()
    assert f"/review/{FlowProposal.objects.get(title='Middle').pk}/" in queue.url

    queue.keyboard.press("j")
    opened(queue, "Oldest")
    queue.keyboard.press("k")
    opened(queue, "Middle")

    queue.go_back()
    opened(queue, "Oldest")


def test_a_publishes_and_opens_the_next(queue: Page) -> None:
    queue.keyboard.press("a")

    opened(queue, "Middle")
    assert rows(queue) == ["Middle", "Oldest"]
    expect(queue.locator("[data-row].is-current")).to_contain_text("Middle")
    expect(queue.locator("#detail-title")).to_be_focused()
    expect(queue.locator("#nav-review-count")).to_have_text("2")
    expect(queue.locator("#tab-review-count")).to_have_text("2")
    expect(queue.locator("[data-position]")).to_have_text("1 of 2")
    expect(queue.locator("[data-toast=success]")).to_contain_text("Published “Newest”.")
    assert (status("Newest"), Flow.objects.get().title) == ("approved", "Newest")
    assert f"/review/{FlowProposal.objects.get(title='Middle').pk}/" in queue.url


def test_r_asks_for_a_reason_and_insists_on_it(queue: Page) -> None:
    queue.keyboard.press("r")
    dialog = queue.locator("#dialog")
    dialog.get_by_label("Note").fill("Wipes the disk")
    dialog.get_by_role("button", name="Reject proposal").click()

    expect(dialog.get_by_role("alert")).to_have_text("Choose why it is rejected.")
    expect(dialog.get_by_label("Note")).to_have_value("Wipes the disk")
    assert status("Newest") == "pending"

    dialog.get_by_label("Unsafe or against policy").check()
    dialog.get_by_role("button", name="Reject proposal").click()

    opened(queue, "Middle")
    expect(dialog).not_to_be_visible()
    decision = FlowProposal.objects.get(title="Newest").decisions.get()
    assert (decision.verb, decision.reason_code, decision.note) == ("reject", "unsafe", "Wipes the disk")


def test_escape_closes_the_dialog_and_nothing_is_decided(queue: Page) -> None:
    queue.keyboard.press("d")
    expect(queue.locator("#dialog")).to_be_visible()
    queue.keyboard.press("a")

    queue.keyboard.press("Escape")

    expect(queue.locator("#dialog")).not_to_be_visible()
    assert status("Newest") == "pending"


def test_keys_are_letters_while_one_types(queue: Page) -> None:
    queue.keyboard.press("/")
    queue.keyboard.type("dar")

    expect(queue.get_by_label("Search")).to_have_value("dar")
    assert status("Newest") == "pending"


def test_keys_can_be_switched_off(cast: Cast, login: Login, live_server: LiveServer, page: Page) -> None:
    make_proposal(cast, title="Only")
    User.objects.filter(pk=cast.team_admin.pk).update(single_key_shortcuts=False)
    login(cast.team_admin)
    page.goto(f"{live_server.url}/review/")

    page.keyboard.press("a")
    page.keyboard.press("d")

    expect(page.locator("#dialog")).not_to_be_visible()
    assert status("Only") == "pending"


def test_a_dismissal_that_came_too_late_keeps_the_row_and_says_who_was_first(queue: Page, cast: Cast) -> None:
    proposal = FlowProposal.objects.get(title="Newest")
    queue.keyboard.press("d")
    expect(queue.locator("#dialog")).to_be_visible()
    actions.reject(proposal, draft=proposal.current_draft_id, reason_code="unsafe", by=cast.account_admin)

    queue.get_by_role("button", name="Dismiss proposal").click()

    expect(queue.locator("#detail .fp-note--banner")).to_contain_text("Already rejected by Owner.")
    expect(queue.locator("#dialog")).not_to_be_visible()
    expect(queue.locator("[data-toast=warning]")).to_contain_text("Already rejected by Owner.")
    assert rows(queue) == ["Newest", "Middle", "Oldest"]
    assert list(proposal.decisions.values_list("verb", flat=True)) == ["reject"]


def test_a_dismissal_that_fails_warns_and_keeps_the_row(queue: Page, cast: Cast) -> None:
    queue.keyboard.press("d")
    expect(queue.locator("#dialog")).to_be_visible()
    cast.team_admin.memberships.update(role="engineer")
    join(cast.team_admin, cast.other_team, "team_admin")

    queue.get_by_role("button", name="Dismiss proposal").click()

    expect(queue.locator("[data-toast=warning]")).to_contain_text("Only an admin of the proposal's team")
    assert rows(queue) == ["Newest", "Middle", "Oldest"]
    assert status("Newest") == "pending"


def test_filters_narrow_while_one_types_and_stand_in_the_address(queue: Page) -> None:
    queue.get_by_label("Search").fill("middle")

    expect(queue.locator(".fp-row__title")).to_have_text(["Middle"])
    assert "q=middle" in queue.url
    expect(queue.locator("[data-position]")).to_have_text("")  # what is open is none of these
    with queue.context.expect_page() as elsewhere:
        queue.locator(".fp-row__main").click(modifiers=["Control"])
    expect(elsewhere.value.locator(".fp-row__title")).to_have_text(["Middle"])
    assert heading(queue) == "Newest"
    queue.locator(".fp-row__main").click()
    opened(queue, "Middle")
    assert queue.url == elsewhere.value.url
    assert "q=middle" in queue.url

    queue.get_by_label("Type").select_option("enhancement")
    expect(queue.locator("#queue-rows")).to_contain_text("Nothing matches")
    expect(queue.locator(".fp-chip", has_text="Type: Enhancement")).to_be_visible()

    queue.get_by_role("link", name="Clear all filters").click()
    expect(queue.locator(".fp-row__title")).to_have_text(["Newest", "Middle", "Oldest"])


def test_more_rows_come_when_the_list_is_scrolled(
    cast: Cast, login: Login, live_server: LiveServer, page: Page
) -> None:
    for number in range(30):
        make_proposal(cast, title=f"Problem {number:02}")
    login(cast.team_admin)
    page.goto(f"{live_server.url}/review/")
    assert len(rows(page)) == 25
    expect(page.locator("[data-position]")).to_have_text(re.compile("1 of (25\\+|30)"))

    page.locator("#queue-rows .fp-more").scroll_into_view_if_needed()

    expect(page.locator(".fp-row__title")).to_have_count(30)
    expect(page.locator("[data-position]")).to_have_text("1 of 30")
    assert "after=" not in page.url


def test_the_parts_of_the_panel_are_one_click_away(queue: Page) -> None:
    tabs = queue.locator("[data-sections]")
    expect(tabs.get_by_role("link", name="Decision tree")).to_have_attribute("aria-current", "true")

    tabs.get_by_role("link", name="Evidence").click()

    expect(queue.locator("#evidence-title")).to_be_in_viewport()


def whole(page: Page) -> None:
    """All parts that come after the page are there."""
    expect(page.locator("#evidence-title")).to_be_visible()
    expect(page.locator("[hx-trigger=load]")).to_have_count(0)


def show_enhancement(cast: Cast) -> None:
    version = make_version(cast, title="Printer flow")
    data = version.tree.to_json()
    data["nodes"][0]["title"] = "Does the printer show an error code?"  # type: ignore[index]
    data["nodes"][1]["script"] = {  # type: ignore[index]
        "shell": "powershell", "body": "Restart-Service Spooler", "risk": "change", "undo": "",
    }  # fmt: skip
    tree = parse(data)
    proposal = make_proposal(cast, version=version, title="Ask for the code")
    draft = proposal.current_draft
    assert draft is not None
    draft.pk, draft.number, draft.tree = None, 2, tree.to_json()
    draft._state.adding = True
    draft.changes = [change.to_json() for change in diff(version.tree, tree)]
    draft.save()
    proposal.current_draft = draft
    proposal.save()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_screens_hold_to_wcag(
    queue: Page, cast: Cast, live_server: LiveServer, axe: Callable[[], list[str]], theme: str, width: int
) -> None:
    show_enhancement(cast)
    queue.evaluate(f"localStorage.setItem('fp-theme', '{theme}')")
    queue.set_viewport_size({"width": width, "height": 900})

    queue.goto(f"{live_server.url}/review/?type=enhancement")
    whole(queue)
    assert (heading(queue), axe()) == ("Ask for the code", [])
    queue.locator("[data-tree-view=outline]").click()
    assert axe() == []

    queue.goto(f"{live_server.url}/review/")
    whole(queue)
    queue.keyboard.press("r")
    queue.get_by_role("button", name="Reject proposal").click()
    expect(queue.locator("#dialog").get_by_role("alert")).to_be_visible()
    assert axe() == []

    queue.goto(f"{live_server.url}/review/?status=expired")
    assert axe() == []


def test_nothing_is_wider_than_a_narrow_screen(queue: Page, cast: Cast, live_server: LiveServer) -> None:
    show_enhancement(cast)
    queue.set_viewport_size({"width": 320, "height": 800})

    for kind in ("enhancement", "new_flow"):
        queue.goto(f"{live_server.url}/review/?type={kind}")
        whole(queue)
        assert (kind, queue.evaluate("document.documentElement.scrollWidth")) == (kind, 320)


def test_on_a_narrow_screen_the_opened_proposal_comes_into_view(queue: Page) -> None:
    queue.set_viewport_size({"width": 390, "height": 844})

    queue.locator(".fp-row__main", has_text="Middle").click()

    opened(queue, "Middle")
    expect(queue.locator("#detail-title")).to_be_in_viewport()


def test_everything_works_without_scripts(
    cast: Cast, live_server: LiveServer, browser: Browser, client: Client
) -> None:
    make_proposal(cast, title="Older")
    make_proposal(cast, title="Newer")
    client.force_login(cast.team_admin)
    cookie = client.cookies["sessionid"].value
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    plain: Page = context.new_page()

    plain.goto(f"{live_server.url}/review/")
    plain.get_by_role("link", name="Reject", exact=True).click()
    plain.get_by_role("button", name="Reject proposal").click()
    expect(plain.get_by_text("Choose why it is rejected.")).to_be_visible()
    plain.get_by_label("Out of scope").check()
    plain.get_by_role("button", name="Reject proposal").click()
    expect(plain.get_by_text("Rejected “Newer”.")).to_be_visible()
    opened(plain, "Older")
    plain.get_by_role("button", name="Approve & publish").click()

    expect(plain.get_by_text("Published “Older”.")).to_be_visible()
    expect(plain.get_by_text("The queue is clear")).to_be_visible()
    assert (status("Newer"), status("Older")) == ("rejected", "approved")
    context.close()
