"""The library in a real browser: a flow's whole life by keyboard alone, two editors of one draft, WCAG."""

import re
from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from flowpilot.accounts.models import User
from flowpilot.flows import actions
from flowpilot.flows.exchange import jsonfile
from flowpilot.flows.exchange.portable import PortableFlow
from flowpilot.flows.models import Flow, FlowDraft
from tests.factories import Cast, make_cast, make_version, small_tree

pytestmark = pytest.mark.django_db(transaction=True)

Login = Callable[[User], User]
MOST_TABS = 120


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    """As everywhere, but written so that the live server sees it."""
    return make_cast("acme")


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the element has the focus."""
    for _press in range(MOST_TABS):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never came to {selector}")


def typed(page: Page, selector: str, text: str) -> None:
    tab_to(page, selector)
    page.keyboard.press("Control+a")
    page.keyboard.type(text)


def pressed(page: Page, selector: str) -> None:
    tab_to(page, selector)
    page.keyboard.press("Enter")


def field(name: str) -> str:
    return f"[id='{name}']"


def published(page: Page) -> None:
    """Publish from the editor through the dialog."""
    pressed(page, "button[value=publish]")
    expect(page.locator("#dialog [name=note]")).to_be_visible()
    pressed(page, "#dialog button[type=submit]")
    expect(page.locator("#followed")).to_be_visible()


# A save while one types is broken off by the next button: htmx writes that to the console.
@pytest.mark.allow_console_errors
def test_a_flow_lives_its_whole_life_by_keyboard_alone(
    cast: Cast, login: Login, live_server: LiveServer, page: Page
) -> None:
    login(cast.team_admin)
    page.goto(live_server.url + reverse("flows:library"))

    page.keyboard.press("n")
    expect(page.locator("#dialog #id_title")).to_be_visible()
    typed(page, "#dialog #id_title", "Mail is late")
    page.keyboard.press("Enter")
    expect(page.locator(field("n1.title"))).to_be_visible()

    typed(page, field("n1.title"), "Is the mail in quarantine?")
    for kind in ("resolution", "escalation"):
        page.locator("#edit-side [data-tree-wrap]").focus()
        page.keyboard.press("ArrowDown")
        expect(page.locator("#map-n1")).to_be_focused()
        page.keyboard.press("n")
        pressed(page, f"button[value='add-after:n1:{kind}']")
        expect(page.locator(":focus")).to_have_attribute("name", re.compile(r"n\d\.title"))
        page.keyboard.type(f"The end: {kind}")
    labels = page.locator("[name^='n1.o'][name$='.label']")
    expect(labels).to_have_count(2)
    for number, word in enumerate(("Yes", "No")):
        labels.nth(number).focus()
        page.keyboard.type(word)
    published(page)
    flow = Flow.objects.get(title="Mail is late")
    assert (flow.status, flow.current_version.number) == ("published", 1)

    page.keyboard.press("e")
    expect(page.locator(field("n1.title"))).to_be_visible()
    typed(page, field("n1.title"), "Is the mail held back?")
    published(page)
    pressed(page, ".fp-compare button")
    expect(page.locator("ins").first).to_have_text("held")
    page.goto(live_server.url + reverse("flows:version", args=[flow.pk, 1]))
    expect(page.locator("#followed")).to_be_visible()
    pressed(page, "form[action$='/restore/'] button")
    expect(page.locator("#followed")).to_be_visible()
    expect(page.locator("#versions .fp-count")).to_have_text("3")
    assert Flow.objects.get(pk=flow.pk).current_version.tree.node("n1").title == "Is the mail in quarantine?"


def test_two_editors_of_one_draft_see_both_versions(
    cast: Cast, login: Login, live_server: LiveServer, page: Page
) -> None:
    flow = make_version(cast).flow
    login(cast.team_admin)
    page.goto(live_server.url + reverse("flows:edit", args=[flow.pk]))
    theirs = small_tree("Theirs")
    actions.save_draft(
        flow, theirs, texts=actions.Texts.of(flow), base=flow.current_version, seen=0, by=cast.account_admin
    )

    page.fill(field("n1.title"), "Mine")
    page.locator("button[value=check]").click()

    expect(page.get_by_role("heading", name="Owner saved this draft meanwhile")).to_be_focused()
    expect(page.locator("#theirs-n1 .fp-node__title")).to_have_text("Theirs")
    expect(page.locator(field("n1.title"))).to_have_value("Mine")
    page.get_by_role("button", name="Save mine over it").click()
    expect(page.locator("#theirs-n1")).to_have_count(0)
    assert FlowDraft.objects.get(flow=flow).tree["nodes"][0]["title"] == "Mine"


def test_a_step_is_removed_in_the_drawn_tree_and_brought_back(
    cast: Cast, login: Login, live_server: LiveServer, page: Page
) -> None:
    flow = make_version(cast).flow
    login(cast.team_admin)
    page.goto(live_server.url + reverse("flows:edit", args=[flow.pk]))

    page.locator("#edit-side [data-tree-wrap]").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#map-n2")).to_be_focused()
    page.keyboard.press("Delete")
    expect(page.locator("#card-n2")).to_have_count(0)
    page.locator("button[value=undo]").click()

    expect(page.locator(field("n2.title"))).to_have_value("Restart the print spooler")
    page.locator("#edit-side [data-tree-wrap]").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(field("n1.title"))).to_be_focused()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_librarys_pages_keep_wcag_and_fit_a_narrow_screen(
    cast: Cast, login: Login, live_server: LiveServer, page: Page, axe: Callable[[], list[str]], theme: str
) -> None:
    first = make_version(cast, domain="printing", client=cast.client)
    actions.publish_version(first.flow, small_tree("Is it on?"), base=first, by=cast.team_admin)
    fork = actions.fork(
        first.flow, title="Variant", client=cast.client, team=cast.team, by=cast.account_admin
    )
    login(cast.account_admin)
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    pages = [reverse("flows:library"), reverse("flows:exchange")]
    pages += [reverse(f"flows:{name}", args=[first.flow_id]) for name in ("detail", "compare", "try")]
    for address in [*pages, reverse("flows:edit", args=[fork.pk])]:
        page.set_viewport_size({"width": 320, "height": 800})
        page.goto(live_server.url + address)
        page.wait_for_load_state("networkidle")
        wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert (address, wide, axe()) == (address, False, [])


def test_what_was_exported_is_handed_in_again(
    cast: Cast, login: Login, live_server: LiveServer, page: Page
) -> None:
    flow = make_version(cast).flow
    changed = PortableFlow("", "Mail is late", "", "email", small_tree())
    file = jsonfile.written([PortableFlow.of(flow), changed])
    login(cast.account_admin)
    page.goto(live_server.url + reverse("flows:exchange"))
    page.set_input_files(
        "[name=upload]", {"name": "f.json", "mimeType": "application/json", "buffer": file.encode()}
    )
    page.get_by_role("button", name="See what it would change").click()
    expect(page.locator("tbody")).to_contain_text("The same: nothing")

    page.get_by_role("button", name="Import", exact=True).click()

    expect(page.get_by_text("1 new flows")).to_be_visible()
    assert Flow.objects.filter(title="Mail is late", status="published").count() == 1
