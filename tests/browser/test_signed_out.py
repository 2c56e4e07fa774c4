"""A sign-in that ends while somebody types in a dialog: the words stay, and are sent after the next one."""

from collections.abc import Callable

import pytest
from django.contrib.sessions.models import Session as SignIn
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from flowpilot.accounts.models import User
from sessions import actions
from sessions.models import AISession
from tests.factories import Cast, make_cast, make_session

pytestmark = pytest.mark.django_db(transaction=True)
ENDED = "Your sign-in has ended. What you typed is still here:"


def test_what_was_typed_in_a_dialog_outlives_the_sign_in(
    login: Callable[[User], User], live_server: LiveServer, page: Page, context: BrowserContext
) -> None:
    """In the dialog of a paused session, which has no other field; by the token of another sign-in; and on
    the page that a dialog is in a tab of its own."""
    cast: Cast = make_cast("acme")
    session = make_session(cast)
    actions.pause(session, by=cast.engineer)
    dialog, ended = page.locator("#dialog"), page.get_by_role("alert").get_by_text(ENDED)
    status = page.locator(".fp-pagehead .fp-badge").first
    login(cast.engineer)
    page.goto(live_server.url + reverse("sessions:detail", args=[session.pk]))

    page.get_by_role("link", name="Resolve", exact=True).click()
    dialog.get_by_label("What was wrong").fill("The spooler hung.")
    dialog.get_by_label("The step that fixed it").fill("Restart it.")
    expect(page.locator("[hx-trigger=load]")).to_have_count(0)
    SignIn.objects.all().delete()
    page.keyboard.press("Control+Enter")
    expect(ended).to_be_visible()
    login(cast.engineer)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(ended).to_be_hidden()
    expect(dialog.get_by_label("What was wrong")).to_have_value("The spooler hung.")
    page.keyboard.press("Control+Enter")
    expect(status).to_have_text("Resolved")

    page.get_by_role("link", name="Rate", exact=True).click()
    dialog.get_by_label("4 – good").check()
    dialog.get_by_label("What was good").fill("It knew the spooler")
    context.add_cookies([{"name": "csrftoken", "value": "s" * 32, "url": live_server.url}])
    page.keyboard.press("Control+Enter")
    expect(page.locator("#facts")).to_contain_text("4 of 5")

    expect(page.locator("[hx-trigger=load]")).to_have_count(0)
    page.goto(live_server.url + reverse("sessions:reopen", args=[session.pk]))
    SignIn.objects.all().delete()
    page.get_by_label("Why is it opened again?").fill("It came back")
    page.get_by_role("button", name="Reopen").click()
    expect(ended).to_be_visible()
    login(cast.engineer)
    page.get_by_role("button", name="Reopen").click()
    expect(status).to_have_text("Active")

    row = AISession.objects.get()
    assert (row.resolution_summary, row.session_feedback) == ("The spooler hung.", "It knew the spooler")
    assert row.events.filter(verb="reopen").get().reason == "It came back"
