"""The library in a real browser: a flow's whole life by keyboard alone, two editors of one draft, WCAG."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from flowpilot.accounts.models import User
from flowpilot.flows import actions
from flowpilot.flows.document import Node, Option, Script, Tree
from flowpilot.flows.exchange import jsonfile
from flowpilot.flows.exchange.portable import PortableFlow
from flowpilot.flows.models import Flow, FlowDraft
from flowpilot.flows.trees.advice import DEEP, Code
from tests.browser.conftest import SHOWN_MS
from tests.factories import Cast, make_cast, make_version, small_tree
from tests.flows.samples import largest

pytestmark = pytest.mark.django_db(transaction=True)

Login = Callable[[User], User]
MOST_TABS = 120
LOOK_MS = 20


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


def until_held(page: Page, held: list[Route], count: int) -> None:
    """Until so many requests have left."""
    for _look in range(SHOWN_MS // LOOK_MS):
        if len(held) >= count:
            return
        page.wait_for_timeout(LOOK_MS)
    raise AssertionError(f"{len(held)} requests left, not {count}")


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


# As above.
@pytest.mark.allow_console_errors
def test_a_variant_is_made_rebased_and_handed_on_as_a_file_by_keyboard_alone(
    cast: Cast, login: Login, live_server: LiveServer, page: Page, tmp_path: Path
) -> None:
    origin = make_version(cast, title="Printer prints nothing")
    login(cast.account_admin)
    page.goto(live_server.url + reverse("flows:detail", args=[origin.flow_id]))

    pressed(page, "a[href$='/fork/']")
    expect(page.locator("#dialog [name=client]")).to_be_visible()
    tab_to(page, "#dialog [name=client]")
    page.keyboard.type(cast.client.name)
    pressed(page, "#dialog button[type=submit]")
    expect(page.locator(field("n3.title"))).to_be_visible()
    typed(page, field("n3.title"), "Tell the front desk")
    published(page)
    variant = Flow.objects.get(forked_from=origin.flow)

    actions.publish_version(origin.flow, small_tree("Is it on?"), base=origin, by=cast.team_admin)
    page.reload()
    pressed(page, ".fp-note a[href$='/edit/']")
    expect(page.locator("button[value=rebase]")).to_be_visible()
    pressed(page, "button[value=rebase]")
    expect(page.locator(field("n1.title"))).to_have_value("Is it on?")
    published(page)
    tree = Flow.objects.get(pk=variant.pk).current_version.tree
    assert [tree.node(name).title for name in ("n1", "n3")] == ["Is it on?", "Tell the front desk"]

    pressed(page, ".fp-menu summary:has(use[href$='#download'])")
    with page.expect_download() as download:
        pressed(page, "a[href$='format=json']")
    file = tmp_path / "flow.json"
    download.value.save_as(file)
    page.goto(live_server.url + reverse("flows:exchange"))
    page.set_input_files("[name=upload]", file)
    pressed(page, "form[enctype] button[type=submit]")
    expect(page.locator("tbody")).to_contain_text("The same: nothing")


def test_two_editors_of_one_draft_see_both_versions(
    cast: Cast, login: Login, live_server: LiveServer, page: Page
) -> None:
    flow = make_version(cast).flow
    login(cast.team_admin)
    page.goto(live_server.url + reverse("flows:edit", args=[flow.pk]))
    theirs = small_tree("Theirs")
    texts, base = actions.Texts.of(flow), flow.current_version
    actions.save_draft(flow, theirs, texts=texts, base=base, seen=actions.Seen(), by=cast.account_admin)

    page.fill(field("n1.title"), "Mine")
    page.keyboard.press("Tab")

    expect(page.get_by_role("heading", name="Owner saved this draft meanwhile")).to_be_focused()
    expect(page.locator("#theirs-n1 .fp-node__title")).to_have_text("Theirs")
    expect(page.locator(field("n1.title"))).to_have_value("Mine")
    assert [page.locator(name).count() for name in ("[name=lock]", "[name=root]", "#card-n1")] == [1, 1, 1]
    page.get_by_role("button", name="Save mine over it").click()
    expect(page.locator("#theirs-n1")).to_have_count(0)
    assert FlowDraft.objects.get(flow=flow).tree["nodes"][0]["title"] == "Mine"


def test_what_is_typed_while_a_save_or_a_button_is_under_way_is_kept_too(
    cast: Cast, login: Login, live_server: LiveServer, page: Page
) -> None:
    flow = make_version(cast).flow
    login(cast.team_admin)
    page.goto(live_server.url + reverse("flows:edit", args=[flow.pk]))
    held: list[Route] = []
    page.route("**/edit/", lambda route: route.continue_() if len(held) == 3 else held.append(route))

    page.fill(field("n1.title"), "First")
    until_held(page, held, 1)
    page.fill(field("n3.title"), "Second")
    held[0].continue_()
    until_held(page, held, 2)
    held[1].continue_()
    expect(page.locator("#map-n3 .fp-node__title")).to_have_text("Second")
    page.locator("button[value=check]").click()
    until_held(page, held, 3)
    page.fill(field("n4.title"), "Third")
    held[2].continue_()

    expect(page.locator("#map-n4 .fp-node__title")).to_have_text("Third")
    expect(page.locator(field("n4.title"))).to_have_value("Third")
    tree = FlowDraft.objects.get(flow=flow).work
    assert [tree.node(name).title for name in ("n1", "n3", "n4")] == ["First", "Second", "Third"]


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


@pytest.mark.parametrize("key", ["Insert", "n"])
def test_a_key_adds_a_step_after_one_in_the_drawn_tree(
    cast: Cast, login: Login, live_server: LiveServer, page: Page, key: str
) -> None:
    flow = make_version(cast).flow
    login(cast.team_admin)
    page.goto(live_server.url + reverse("flows:edit", args=[flow.pk]))
    page.keyboard.press("?")
    expect(page.locator("#shortcuts dt", has_text=re.compile(r"^n Insert$"))).to_be_visible()
    page.keyboard.press("Escape")

    page.locator("#edit-side [data-tree-wrap]").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#map-n2")).to_be_focused()
    page.keyboard.press(key)
    expect(page.locator("#add-n2 button").first).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.locator(field("n5.title"))).to_be_focused()


def to_look_at() -> Tree:
    """A tree that may be published and has every warning, with words that fill a narrow screen."""
    script = Script("powershell", "Restart-Service Spooler", "change", "")
    long = "Which of the lights on the front of the multifunction printer in the copy room is on right now?"
    answers = [
        f"The {colour} one" for colour in ("red", "blue", "green", "white", "amber", "left", "right", "top")
    ]
    options = tuple(Option(f"o{place}", label, "n2") for place, label in enumerate(answers, start=1))
    steps = [
        Node(f"n{place}", "action", f"Step {place}", options=(Option("o1", "Done", f"n{place + 1}"),))
        for place in range(2, DEEP + 2)
    ]
    changing = replace(steps[0], script=script)
    end = Node(f"n{DEEP + 2}", "resolution", "It prints")
    return Tree(1, "n1", (Node("n1", "question", long, options=options), changing, *steps[1:], end))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 320])
def test_the_warnings_of_the_editor_keep_wcag_and_fit_a_narrow_screen(
    cast: Cast,
    login: Login,
    live_server: LiveServer,
    page: Page,
    axe: Callable[[], list[str]],
    theme: str,
    width: int,
) -> None:
    flow = actions.start_flow(cast.account.pk, title="Printer", team=cast.team, by=cast.team_admin)
    FlowDraft.objects.filter(flow=flow).update(tree=to_look_at().to_json())
    login(cast.team_admin)
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page.goto(live_server.url + reverse("flows:edit", args=[flow.pk]))
    page.wait_for_load_state("networkidle")

    warnings = page.locator("[aria-labelledby=warnings-title] li")
    expect(warnings).to_have_count(len(get_args(Code)))
    assert axe() == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    for box in [page.locator("section[aria-labelledby=warnings-title]"), *warnings.all()]:
        assert box.evaluate("one => one.scrollWidth <= one.clientWidth")
    assert page.locator("#warnings-title + ul").evaluate("one => one.scrollHeight <= one.clientHeight")

    page.locator("a", has_text="1 · Which").first.click()
    expect(page.locator("#card-n1")).to_be_in_viewport()


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
    pages += [reverse("flows:print", args=[first.flow_id, 1]), reverse("flows:edit", args=[fork.pk])]
    for address in pages:
        page.set_viewport_size({"width": 320, "height": 800})
        page.goto(live_server.url + address)
        page.wait_for_load_state("networkidle")
        wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert (address, wide, axe()) == (address, False, [])


def test_a_large_tree_is_folded_with_and_without_scripts_and_a_step_is_found_in_the_folds(
    cast: Cast, login: Login, live_server: LiveServer, page: Page, browser: Browser
) -> None:
    login(cast.engineer)
    address = live_server.url + reverse("flows:detail", args=[make_version(cast, largest()).flow_id])
    with browser.new_context(
        java_script_enabled=False, storage_state=page.context.storage_state()
    ) as context:
        plain = context.new_page()
        plain.goto(address)
        plain.locator("#step-n3-ways summary").click()
        expect(plain.locator("#step-n400")).to_be_hidden()
        expect(plain.locator("#step-n5")).to_be_visible()
        plain.goto(f"{address}#step-n400")
        expect(plain.locator("#step-n400")).to_be_visible()

    page.goto(address)
    page.get_by_role("button", name="Fold").click()
    expect(page.locator("#step-n3")).to_be_visible()
    expect(page.locator("#step-n400")).to_be_hidden()
    page.get_by_role("searchbox").fill("400 part")
    page.keyboard.press("Enter")
    expect(page.locator("#step-n400")).to_be_in_viewport()
    expect(page.locator(".fp-treefind output")).to_have_text("1/1")


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
