"""Journeys of people: joining, two steps of signing in, keys, and what ends a login."""

import re
from collections.abc import Callable

import pytest
from django.core import mail
from django.core.cache import cache
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from flowpilot.accounts.actions import people
from flowpilot.accounts.models import Account, TeamMembership, User
from flowpilot.core.scope import account_scope
from tests.accounts.second_steps import code_of, with_app, with_recovery_codes
from tests.factories import PASSWORD, Cast, make_session

pytestmark = pytest.mark.django_db(transaction=True)

NEW = "new@acme.example"
Login = Callable[[User], User]


@pytest.fixture(autouse=True)
def _nothing_counted_before(transactional_db: None) -> None:
    """The limits on signing in outlive a test: their table is no model's."""
    cache.clear()


def first_step(page: Page, live_server: LiveServer, email: str) -> None:
    page.goto(live_server.url + reverse("account_login"))
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def second_step(page: Page, code: str) -> None:
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_out(page: Page) -> None:
    page.locator("summary.fp-user").click()
    page.get_by_role("button", name="Sign out").click()


def test_from_the_invitation_to_a_login_that_is_ended_from_the_list(
    cast: Cast, page: Page, browser: Browser, live_server: LiveServer, login: Login
) -> None:
    Account.objects.filter(pk=cast.account.pk).update(mfa_required=True)
    with_app(cast.account_admin)
    login(cast.account_admin)
    page.goto(live_server.url + reverse("people:invitations"))
    page.get_by_label("E-mail").fill(NEW)
    page.get_by_label("Service desk").check()
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.locator("#invitation-rows")).to_contain_text(NEW)

    phone = browser.new_context().new_page()
    link = re.findall(r"https?://\S+/invitation/\S+", str(mail.outbox[0].body))[0]
    phone.goto(link)
    phone.get_by_label("Your name").fill("New Person")
    phone.get_by_label("Password", exact=True).fill(PASSWORD)
    phone.get_by_label("Password, once more").fill(PASSWORD)
    phone.get_by_role("button", name="Join").click()
    expect(phone.get_by_role("status").first).to_contain_text("A second factor is required here.")
    phone.get_by_role("link", name="Set up an app").click()
    secret = phone.locator("#totp-secret").inner_text()
    phone.get_by_label("Authenticator code").fill(code_of(secret))
    phone.get_by_role("button", name="Set up").click()
    assert len(phone.locator("#recovery-codes").inner_text().split()) == 10
    phone.get_by_role("link", name="I have kept them").click()
    phone.wait_for_url("**/console/")

    desk = browser.new_context().new_page()
    first_step(desk, live_server, NEW)
    second_step(desk, code_of(secret))
    desk.wait_for_url("**/console/")

    phone.goto(live_server.url + reverse("profile:logins"))
    phone.get_by_role("button", name="Sign out there").click()
    expect(phone.get_by_text("Signed out there.")).to_be_visible()
    desk.reload()
    expect(desk).to_have_url(f"{live_server.url}{reverse('account_login')}?next=/console/")
    phone.reload()
    expect(phone.get_by_text("This one")).to_be_visible()


def test_a_recovery_code_is_taken_once(cast: Cast, page: Page, live_server: LiveServer) -> None:
    with_app(cast.engineer)
    code = with_recovery_codes(cast.engineer)[0]
    first_step(page, live_server, cast.engineer.email)
    second_step(page, code)
    page.wait_for_url("**/console/")
    sign_out(page)

    first_step(page, live_server, cast.engineer.email)
    second_step(page, code)

    expect(page.get_by_role("alert")).to_contain_text("Incorrect code.")


def test_a_security_key_is_added_and_signs_in(
    cast: Cast, page: Page, context: BrowserContext, live_server: LiveServer
) -> None:
    """A key that the browser plays, as the DevTools protocol lets it."""
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    key = {
        "protocol": "ctap2",
        "transport": "usb",
        "hasResidentKey": False,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": key})
    first_step(page, live_server, cast.engineer.email)
    page.wait_for_url("**/console/")
    page.goto(live_server.url + reverse("mfa_add_webauthn"))
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Name").fill("Blue key")
    page.get_by_role("button", name="Add the key").click()
    page.get_by_role("link", name="I have kept them").click()
    sign_out(page)

    first_step(page, live_server, cast.engineer.email)
    page.get_by_role("button", name="Use a security key").click()

    page.wait_for_url("**/console/")
    page.goto(live_server.url + reverse("mfa_list_webauthn"))
    expect(page.get_by_text("Blue key")).to_be_visible()


def test_without_a_key_the_page_says_so(
    cast: Cast, page: Page, context: BrowserContext, live_server: LiveServer
) -> None:
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")  # and no key is there
    first_step(page, live_server, cast.engineer.email)
    page.wait_for_url("**/console/")
    page.goto(live_server.url + reverse("mfa_add_webauthn"))
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Add the key").wait_for()
    page.evaluate("() => { navigator.credentials.create = () => Promise.reject(new Error()) }")

    page.get_by_role("button", name="Add the key").click()

    expect(page.get_by_role("alert")).to_contain_text("The browser got no answer from the key.")


def test_a_role_that_is_taken_away_is_gone_with_the_next_click(
    cast: Cast, page: Page, live_server: LiveServer, login: Login
) -> None:
    login(cast.team_admin)
    page.goto(live_server.url + reverse("people:list"))
    roles = TeamMembership.Role
    with account_scope(cast.account.pk):
        people.set_role(
            cast.team_admin, cast.team, role=roles.ENGINEER, seen=roles.TEAM_ADMIN, by=cast.account_admin
        )

    page.get_by_role("link", name="Engineer", exact=True).click()

    expect(page.get_by_role("heading", level=1)).to_have_text("You may not do that")


def test_the_open_tab_of_a_deactivated_person_is_sent_to_the_login(
    cast: Cast, page: Page, live_server: LiveServer, login: Login
) -> None:
    make_session(cast)
    login(cast.engineer)
    page.goto(live_server.url + reverse("sessions:list"))
    with account_scope(cast.account.pk):
        people.deactivate(cast.engineer, by=cast.account_admin)

    page.get_by_label("Status").select_option("open")

    page.wait_for_url(f"**{reverse('account_login')}?next=%2Fsessions%2F")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


PAGES = [
    "people:list",
    "people:invitations",
    "people:teams",
    "people:new-team",
    "settings:account",
    "settings:clients",
    "settings:new-client",
    "profile:own",
    "profile:logins",
    "mfa_index",
    "account_change_password",
]


def test_the_pages_about_people_break_no_rule(
    cast: Cast, page: Page, live_server: LiveServer, login: Login, axe: Callable[[], list[str]]
) -> None:
    """Neither light nor dark: each is loaded once."""
    login(cast.account_admin)
    page.set_viewport_size({"width": 320, "height": 800})
    person = reverse("people:person", args=[cast.engineer.pk])
    wrong = {}
    for address in [*map(reverse, PAGES), person]:
        page.emulate_media(color_scheme="light")
        page.goto(live_server.url + address)
        page.wait_for_load_state("networkidle")
        found = axe()
        page.emulate_media(color_scheme="dark")
        found += axe()
        if page.evaluate("document.documentElement.scrollWidth") > 320:
            found.append("wider than 320 pixels")
        if found:
            wrong[address] = found

    assert wrong == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_steps_of_signing_in_break_no_rule(
    cast: Cast, page: Page, live_server: LiveServer, axe: Callable[[], list[str]], scheme: str
) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 320, "height": 800})
    secret = with_app(cast.colleague)
    first_step(page, live_server, cast.colleague.email)
    expect(page.get_by_role("heading", level=1)).to_have_text("Second step")
    assert axe() == []
    second_step(page, code_of(secret))
    page.wait_for_url("**/console/")
    page.context.clear_cookies()

    first_step(page, live_server, cast.engineer.email)
    page.wait_for_url("**/console/")
    page.goto(live_server.url + reverse("mfa_activate_totp"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Is it you?")
    assert axe() == []
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Set up an authenticator app")
    assert axe() == []
    page.get_by_label("Authenticator code").fill(code_of(page.locator("#totp-secret").inner_text()))
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    assert axe() == []
