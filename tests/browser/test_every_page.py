"""Every page that a role may open, in a browser: no console error, nothing that the policy refuses, no
request that leaves the host (all three fail by the fixture)."""

from collections.abc import Callable, Iterable, Iterator

import pytest
from django.test import Client
from playwright.sync_api import BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

from flowpilot.accounts.models import User
from tests.addresses import Address, of_others, of_rows, of_the_product, superuser_within
from tests.factories import Cast, make_proposal

pytestmark = pytest.mark.django_db(transaction=True)


def shown(client: Client, addresses: Iterable[Address]) -> Iterator[Address]:
    """Those that this person is shown as pages: others answer with a refusal, a file or data."""
    for each in addresses:
        answer = client.get(each.url)
        if answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html"):
            yield each


def walk(page: Page, live_server: LiveServer, addresses: Iterable[Address]) -> list[str]:
    walked = []
    for each in addresses:
        page.goto(live_server.url + each.url, wait_until="load")
        walked.append(each.name)
    return walked


@pytest.mark.parametrize("person", ["engineer", "team_admin", "account_admin"])
def test_the_pages_of_the_product(
    cast: Cast,
    client: Client,
    page: Page,
    live_server: LiveServer,
    login: Callable[[User], User],
    person: str,
) -> None:
    login(getattr(cast, person))

    walked = walk(page, live_server, shown(client, list(of_the_product(cast))))

    assert {"sessions:list", "sessions:detail", "proposals:queue", "flows:library"} <= {*walked}


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
