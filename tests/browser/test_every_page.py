"""Every page that a role may open, in a browser, with hostile texts in all rows: no console error, nothing
that the policy refuses, no request that leaves the host (these fail by the fixture), no element of theirs."""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

from flowpilot.accounts.models import User
from flowpilot.ai import ledger
from flowpilot.ai.ledger import Asked, Outcome
from flowpilot.ai.prices import Tokens
from tests.addresses import Address, of_others, of_rows, of_the_product, superuser_within
from tests.factories import Cast, make_proposal
from tests.hostile.planting import Planting, plant
from tests.hostile.values import CANARY
from tests.screens import signed_in

pytestmark = pytest.mark.django_db(transaction=True)


def shown(client: Client, addresses: Iterable[Address]) -> Iterator[tuple[Address, str]]:
    """Those that this person is shown as pages: others answer with a refusal, a file or data."""
    for each in addresses:
        answer = client.get(each.url)
        if answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html"):
            yield each, answer.content.decode()


def walk(page: Page, live_server: LiveServer, pages: Iterable[tuple[Address, str]]) -> list[str]:
    walked = []
    for each, _content in pages:
        page.goto(live_server.url + each.url, wait_until="load")
        assert page.locator(CANARY).count() == 0, each.name
        walked.append(each.name)
    return walked


class Elements(HTMLParser):
    """Every kind of element of a page: its tag, what attributes it has and its classes."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.kinds: set[tuple[str, ...]] = set()
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.kinds.add((tag, told.get("class") or "", *sorted(told)))


def other_to_the_browser(
    pages: Iterable[tuple[Address, str]], seen: dict[str, set[tuple[str, ...]]]
) -> Iterator[tuple[Address, str]]:
    """Pages with any kind of element that the same page had for nobody before."""
    for each, content in pages:
        kinds, known = Elements(content).kinds, seen.setdefault(each.name, set())
        if not kinds <= known:
            known |= kinds
            yield each, content


def test_the_pages_of_the_product_full_of_hostile_texts(
    cast: Cast, page: Page, live_server: LiveServer, login: Callable[[User], User]
) -> None:
    """All pages for whoever may do most; of the others', those that have something else on them."""
    addresses, seen, walked = list(of_the_product(cast)), dict[str, set[tuple[str, ...]]](), list[str]()
    assert plant() > 200
    for person in (cast.account_admin, cast.engineer, cast.team_admin):
        login(person)
        pages = other_to_the_browser(shown(signed_in(person), addresses), seen)
        walked += walk(page, live_server, pages)

    assert {"sessions:list", "sessions:detail", "proposals:queue", "flows:library"} <= {*walked}


@pytest.mark.soak
def test_every_string_of_the_set_on_the_pages_of_the_product(
    cast: Cast, page: Page, live_server: LiveServer, login: Callable[[User], User]
) -> None:
    """Pages of whoever may do most, again and again, until each string was in each kind of place."""
    addresses, planting, client = list(of_the_product(cast)), Planting(), signed_in(cast.account_admin)
    login(cast.account_admin)
    while not planting.is_done:
        planting.plant()
        assert len(walk(page, live_server, shown(client, addresses))) > 20


def test_the_page_of_ai_use_can_be_read_by_everybody(
    cast: Cast,
    page: Page,
    live_server: LiveServer,
    login: Callable[[User], User],
    axe: Callable[[], list[str]],
) -> None:
    asked = Asked("guide", "claude-sonnet-5-5", "abc", Decimal("0.85"))
    ledger.settle(ledger.reserve(cast.account, asked), Outcome(Tokens(output=100_000)))
    ledger.note_fallback(cast.account, "triage", "overloaded")
    login(cast.account_admin)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.goto(live_server.url + reverse("ai:use"))
        assert axe() == []
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_the_pages_before_the_sign_in(page: Page, live_server: LiveServer, transactional_db: None) -> None:
    walked = walk(page, live_server, shown(Client(), of_others("accounts/")))

    assert {"account_login", "account_reset_password"} <= {*walked}


def test_the_pages_of_the_admin(
    cast: Cast, context: BrowserContext, page: Page, live_server: LiveServer
) -> None:
    make_proposal(cast)
    client = superuser_within(cast)
    cookie = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    pages = [each for each in of_others("admin/") if each.name.endswith(("_add", ":index"))]
    rows = [each for each in of_rows(cast) if each.name.endswith("_change")]

    walked = walk(page, live_server, shown(client, [*pages, *rows]))

    assert {"admin:index", "admin:ai_sessions_aisession_change", "admin:psa_psaconnection_add"} <= {*walked}
