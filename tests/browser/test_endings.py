"""Every ending of a session by the keyboard, and the dialogs on a narrow screen."""

from collections.abc import Callable
from typing import Literal

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from flowpilot.accounts.models import User
from sessions import actions
from sessions.models import AISession
from tests.factories import Cast, add_answered, make_cast, make_session

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    """As everywhere, but written so that the live server sees it."""
    return make_cast("acme")


@pytest.fixture
def session(cast: Cast) -> AISession:
    made = make_session(cast, problem_summary="Mail is late")
    add_answered(made, "Is the queue running?", kind="question", response="No, stopped since 8")
    add_answered(made, "Restart the queue", outcome="worked", response="Mail moves again")
    return made


@pytest.fixture
def opened(
    session: AISession, cast: Cast, login: Callable[[User], User], live_server: LiveServer, page: Page
) -> Page:
    """The session's page before the engineer who holds it."""
    login(cast.engineer)
    page.goto(f"{live_server.url}/sessions/{session.pk}/")
    return page


def status(page: Page, word: str) -> None:
    expect(page.locator(".fp-pagehead .fp-badge").first).to_have_text(word)


def test_by_the_keyboard_from_a_pause_over_other_hands_to_the_end(
    opened: Page, cast: Cast, login: Callable[[User], User], live_server: LiveServer
) -> None:
    page, keys = opened, opened.keyboard
    dialog = page.locator("#dialog")
    keys.press("p")
    expect(dialog.get_by_label("Note")).to_be_focused()
    keys.type("Waits for the user")
    keys.press("Control+Enter")
    status(page, "Paused")
    expect(page.locator("[data-toast]")).to_contain_text("Paused.")
    keys.press("u")
    status(page, "Active")

    keys.press("Shift+E")
    dialog.get_by_label("Why it needs").fill("No rights on the server")
    expect(dialog.get_by_label("Tried so far")).to_have_value(
        "Is the queue running? → No, stopped since 8\nRestart the queue → Worked – Mail moves again"
    )
    dialog.get_by_label("A colleague", exact=True).check()
    keys.press("Control+Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("Choose a colleague.")
    dialog.locator("[name=to]").select_option(str(cast.colleague.pk))
    keys.press("Control+Enter")
    status(page, "Escalation requested")

    login(cast.colleague)
    page.goto(f"{live_server.url}/sessions/")
    expect(page.locator("#nav-inbox-count")).to_have_text("1")
    keys.press("g")
    keys.press("i")
    expect(page.locator("#inbox")).to_contain_text("You are asked")
    page.get_by_role("button", name="Take over “Mail is late”").press("Enter")
    status(page, "Active")

    keys.press("Shift+R")
    expect(dialog.get_by_label("The step that fixed it")).to_have_value("Restart the queue")
    dialog.locator("[name=root_cause]").select_option("software")
    keys.press("Control+Enter")
    status(page, "Resolved")
    page.get_by_role("link", name="Reopen").press("Enter")
    expect(dialog.get_by_label("Why is it opened again?")).to_be_focused()
    keys.type("It came back")
    keys.press("Control+Enter")
    status(page, "Active")
    page.get_by_role("link", name="Abandon").press("Enter")
    expect(dialog.get_by_label("Why is it abandoned?")).to_be_focused()
    keys.type("The client left")
    keys.press("Control+Enter")
    status(page, "Abandoned")
    page.get_by_role("link", name="Rate").press("Enter")
    dialog.get_by_label("4 – good").check()
    keys.press("Control+Enter")
    expect(page.locator("#facts")).to_contain_text("4 of 5")


def test_single_keys_can_be_switched_off(opened: Page, cast: Cast) -> None:
    User.objects.filter(pk=cast.engineer.pk).update(single_key_shortcuts=False)
    opened.reload()

    opened.keyboard.press("p")
    opened.keyboard.press("Shift+R")

    expect(opened.locator("#dialog")).to_be_hidden()
    expect(opened.locator("#session-verbs kbd")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_dialogs_and_inbox_hold_to_wcag_and_to_a_narrow_screen(
    opened: Page,
    session: AISession,
    cast: Cast,
    axe: Callable[[], list[str]],
    login: Callable[[User], User],
    live_server: LiveServer,
    scheme: Literal["light", "dark"],
) -> None:
    page, dialog = opened, opened.locator("#dialog")
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 320, "height": 800})
    page.reload()

    def holds() -> None:
        assert axe() == []
        assert page.evaluate("document.documentElement.scrollWidth") == 320

    def dialog_of(name: str, heading: str) -> None:
        page.get_by_role("link", name=name).first.press("Enter")
        expect(page.locator("#dialog-title")).to_have_text(heading)
        holds()
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()

    dialog_of("Pause", "Pause this session")
    dialog_of("Resolve", "Resolve this session")
    dialog_of("Escalate", "Escalate this session")
    dialog_of("Abandon", "Abandon this session")

    actions.request_escalation(session, reason="Stuck", to=cast.colleague, by=cast.engineer)
    login(cast.colleague)
    page.goto(f"{live_server.url}/sessions/inbox/")
    expect(page.locator("#inbox")).to_contain_text("You are asked")
    holds()
    dialog_of("Return", "Return this escalation")

    session.refresh_from_db()
    actions.accept_escalation(session, by=cast.colleague)
    actions.resolve(session, summary="Queue restarted", action="Restart the queue", by=cast.colleague)
    page.goto(f"{live_server.url}/sessions/{session.pk}/")
    dialog_of("Reopen", "Reopen this session")
    dialog_of("Rate", "Rate this session")
