"""Edit & publish in a real browser: focus, drawing while typing, merging, WCAG, and without scripts."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from flowpilot.accounts.models import User
from flowpilot.flows.actions import publish_version
from flowpilot.flows.models import Flow
from proposals.models import FlowProposal
from tests.browser.conftest import redrawn
from tests.factories import Cast, make_cast, make_proposal, make_version, small_tree
from tests.proposals.test_edit_screen import drafted, retitled

pytestmark = pytest.mark.django_db(transaction=True)

Login = Callable[[User], User]


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    """As everywhere, but written so that the live server sees it."""
    return make_cast("acme")


@pytest.fixture
def proposal(cast: Cast) -> FlowProposal:
    return make_proposal(cast)


def address(live_server: LiveServer, proposal: FlowProposal) -> str:
    return live_server.url + reverse("proposals:edit", args=[proposal.pk])


@pytest.fixture
def editor(cast: Cast, proposal: FlowProposal, login: Login, live_server: LiveServer, page: Page) -> Page:
    login(cast.team_admin)
    page.goto(address(live_server, proposal))
    return page


def named(name: str) -> str:
    """Selector of a field by its name, which is its id as well."""
    return f"[id='{name}']"


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id"))


def test_a_new_answer_is_typed_on_at_once_and_what_was_typed_stays(editor: Page) -> None:
    with redrawn(editor):
        editor.fill(named("n2.body"), "1. Open\n2. Close")
    editor.locator("button[value='add-option:n1']").click()

    expect(editor.locator(named("n1.o3.label"))).to_be_focused()
    expect(editor.locator(named("n2.body"))).to_have_value("1. Open\n2. Close")
    assert editor.url.endswith("/edit/")


def test_a_new_step_is_in_view_and_focused(editor: Page) -> None:
    editor.locator("#add-n2 summary").click()
    editor.locator("button[value='add-after:n2:escalation']").click()

    expect(editor.locator(named("n5.title"))).to_be_focused()
    expect(editor.locator(named("n5.title"))).to_be_in_viewport()


def test_an_answer_is_moved_by_keyboard_again_and_again(editor: Page) -> None:
    editor.locator("button[value='add-option:n1']").click()
    expect(editor.locator(named("n1.o3.label"))).to_be_focused()
    editor.locator(named("n1.o3.up")).focus()
    editor.keyboard.press("Enter")
    expect(editor.locator("#card-n1 [name='n1.option']").nth(1)).to_have_value("o3")
    expect(editor.locator(named("n1.o3.up"))).to_be_focused()

    editor.keyboard.press("Enter")

    expect(editor.locator("#card-n1 [name='n1.option']").nth(0)).to_have_value("o3")
    expect(editor.locator(named("n1.o3.down"))).to_be_focused()


def test_the_tree_is_drawn_again_while_the_typing_goes_on(editor: Page) -> None:
    editor.fill(named("n3.title"), "Paper comes out")
    editor.keyboard.press("Tab")

    expect(editor.locator("#map-n3")).to_contain_text("Paper comes out")
    expect(editor.locator("#map-n3")).to_contain_text("changed")
    assert focused(editor) == "n3.body"


def test_enter_in_a_field_checks_and_does_no_harm(editor: Page) -> None:
    editor.fill(named("n2.title"), "")
    editor.keyboard.press("Enter")

    expect(editor.locator(named("n2.title"))).to_be_focused()
    expect(editor.locator(named("n2.title"))).to_have_attribute("aria-invalid", "true")
    expect(editor.locator(".fp-stepcard")).to_have_count(4)


def test_a_problem_leads_to_its_field(editor: Page) -> None:
    editor.locator("button[value='add-option:n4']").click()
    expect(editor.locator(named("n4.o1.label"))).to_be_focused()

    editor.locator(".fp-problems a[href='#n4.o1.next']").click()

    expect(editor.locator(named("n4.o1.next"))).to_be_in_viewport()


def test_a_step_of_the_map_leads_to_its_card(editor: Page) -> None:
    editor.locator("#map-n2 .fp-node__title").click()

    expect(editor.locator("#card-n2")).to_be_focused()


def test_publishing_leads_to_the_flow(editor: Page) -> None:
    with redrawn(editor):
        editor.fill(named("n3.title"), "Paper comes out")
    editor.locator("button[value='publish']").click()

    editor.wait_for_url("**/flows/*/")
    flow = Flow.objects.get()
    assert editor.url.endswith(reverse("flows:detail", args=[flow.pk]))
    assert flow.current_version is not None
    assert flow.current_version.tree.node("n3").title == "Paper comes out"


def test_leaving_with_something_typed_asks_first(editor: Page) -> None:
    asked: list[str] = []

    def stay(dialog: object) -> None:
        asked.append(dialog.type)  # type: ignore[attr-defined]
        dialog.dismiss()  # type: ignore[attr-defined]

    editor.on("dialog", stay)
    editor.locator(named("n3.title")).fill("Half a thought")
    editor.locator(".fp-pagehead__actions a").click(no_wait_after=True)
    expect(editor.locator(named("n3.title"))).to_have_value("Half a thought")

    assert asked == ["beforeunload"]


def test_a_contradiction_is_settled_on_the_page(
    cast: Cast, login: Login, live_server: LiveServer, page: Page
) -> None:
    version = make_version(cast)
    proposal = drafted(make_proposal(cast, version=version), retitled(small_tree(), "n3", "It prints"))
    newer = retitled(small_tree(), "n3", "Paper comes out")
    publish_version(version.flow, newer, base=version, by=cast.team_admin)
    login(cast.team_admin)
    page.goto(address(live_server, proposal))

    with redrawn(page):
        page.get_by_label("Below: It prints").check()
    page.locator("button[value='merge']").click()

    expect(page.locator("h3", has_text="Made for version 1, now version 2: merged")).to_be_visible()
    expect(page.locator(named("n3.title"))).to_have_value("It prints")
    page.locator("button[value='publish']").click()
    expect(page.locator("#followed")).to_be_visible()
    version.flow.refresh_from_db()
    assert version.flow.current_version is not None
    assert version.flow.current_version.number == 3


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_editor_keeps_wcag(editor: Page, axe: Callable[[], list[str]], theme: str, width: int) -> None:
    editor.set_viewport_size({"width": width, "height": 900})
    editor.evaluate(f"localStorage.setItem('fp-theme', '{theme}')")
    editor.reload()
    editor.locator("button[value='add-script:n2']").click()
    expect(editor.locator(named("n2.script.body"))).to_be_focused()
    editor.locator("button[value='publish']").click()
    expect(editor.locator(named("n2.script.body"))).to_have_attribute("aria-invalid", "true")

    assert axe() == []
    assert editor.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_contradictions_keep_wcag(
    cast: Cast, login: Login, live_server: LiveServer, page: Page, axe: Callable[[], list[str]]
) -> None:
    version = make_version(cast)
    proposal = drafted(make_proposal(cast, version=version), retitled(small_tree(), "n3", "It prints"))
    newer = retitled(small_tree(), "n3", "Paper comes out")
    publish_version(version.flow, newer, base=version, by=cast.team_admin)
    login(cast.team_admin)
    page.goto(address(live_server, proposal))

    assert axe() == []


def test_everything_works_without_scripts(
    cast: Cast, proposal: FlowProposal, client: object, browser: Browser, live_server: LiveServer
) -> None:
    client.force_login(cast.team_admin)  # type: ignore[attr-defined]
    cookie = client.cookies["sessionid"].value  # type: ignore[attr-defined]
    with browser.new_context(java_script_enabled=False) as context:
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        page = context.new_page()
        page.goto(address(live_server, proposal))
        page.fill(named("n2.title"), "Restart the service")
        page.locator("button[value='add-option:n1']").click()
        page.fill(named("n1.o3.label"), "Only sometimes")
        page.select_option(named("n1.o3.next"), "n2")
        page.locator("button[value='publish']").click()
        page.wait_for_url("**/flows/*/")

    published = Flow.objects.get().current_version
    assert published is not None
    assert published.tree.node("n2").title == "Restart the service"
    assert [(o.label, o.next) for o in published.tree.node("n1").options][2] == ("Only sometimes", "n2")
