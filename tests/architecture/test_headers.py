"""What every answer tells the browser: pages, files, redirects, refusals and failures alike."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path, reverse

from flowpilot.accounts.roles import public
from flowpilot.core.edge.headers import HEADERS
from flowpilot.urls import *  # noqa: F403 the error handlers of the URL map below
from flowpilot.urls import urlpatterns as of_the_product_map
from tests.addresses import ERRORS, Address, of_others, of_rows, of_the_product, superuser_within
from tests.factories import Cast, make_proposal
from tests.screens import HTMX, signed_in

ROOT = Path(__file__).resolve().parents[2]
EXPECTED = {
    **HEADERS,
    "Content-Security-Policy": {
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    },
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


STRICTER = {"sessions:attachment", "sessions:attachment-image"}
"""Contents of files, which may do nothing at all; their own tests say how."""


@public
def failing(request: HttpRequest) -> HttpResponse:
    raise ValueError("a fault of ours")


urlpatterns = [path("failing/", failing), *of_the_product_map]


def told(response: Any) -> dict[str, object]:
    """The headers that are asked for, the policy as a set of its rules."""
    found: dict[str, object] = {name: response.headers.get(name) for name in EXPECTED}
    policy = response.headers.get("Content-Security-Policy", "")
    return {**found, "Content-Security-Policy": {rule.strip() for rule in policy.split(";")}}


def wrong(client: Client, addresses: Iterator[Address] | list[Address], **asked: Any) -> list[str]:
    asked_for = [each for each in addresses if each.name not in STRICTER]
    return [each.name for each in asked_for if told(client.get(each.url, **asked)) != EXPECTED]


def test_every_page_and_every_answer_of_the_api(cast: Cast) -> None:
    client = signed_in(cast.account_admin)

    assert wrong(client, of_the_product(cast)) == []
    assert wrong(client, of_the_product(cast), headers=HTMX) == []
    assert wrong(Client(), of_the_product(cast)) == []


def test_every_page_of_the_admin(cast: Cast) -> None:
    make_proposal(cast)
    client = superuser_within(cast)

    addresses = [*of_others("admin/"), *of_rows(cast)]

    assert len(addresses) > 100
    assert wrong(client, addresses) == []


def test_every_page_of_the_sign_in(cast: Cast) -> None:
    addresses = list(of_others("accounts/"))

    assert reverse("account_login") in {each.url for each in addresses}
    assert wrong(Client(), addresses) == []
    assert wrong(signed_in(cast.engineer), addresses) == []


def test_what_is_told_to_one_person_is_kept_by_nobody_else(cast: Cast) -> None:
    client = signed_in(cast.account_admin)

    page, read = client.get(reverse("sessions:list")), client.get(reverse("api-session-list"))
    taken = client.post(reverse("accounts:audit-export"))

    assert [each.headers["Cache-Control"] for each in (page, read, taken)] == [
        "private, no-cache",
        "private, no-store",
        "private, no-store",
    ]


@pytest.mark.django_db
def test_what_is_not_found_or_refused() -> None:
    assert wrong(Client(), [Address(url, url) for url in ERRORS]) == []
    refused = Client(headers={"host": "evil.example"}).get("/")
    assert (refused.status_code, told(refused)) == (400, EXPECTED)
    forged = Client(enforce_csrf_checks=True).post(reverse("account_login"))
    assert (forged.status_code, told(forged)) == (403, EXPECTED)


@pytest.mark.django_db
@pytest.mark.urls(__name__)
def test_a_failure() -> None:
    response = Client(raise_request_exception=False).get("/failing/")

    assert (response.status_code, told(response)) == (500, EXPECTED)


def test_a_static_file(settings: Any) -> None:
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True

    response = Client().get("/static/css/tokens.css")

    assert (response.status_code, told(response)) == (200, EXPECTED)


def test_behind_tls_cookies_belong_to_the_host_and_everything_is_asked_for_by_https() -> None:
    names = (
        "SESSION_COOKIE_NAME SESSION_COOKIE_SECURE SESSION_COOKIE_HTTPONLY SESSION_COOKIE_DOMAIN "
        "CSRF_COOKIE_NAME CSRF_COOKIE_SECURE CSRF_COOKIE_HTTPONLY CSRF_COOKIE_DOMAIN SECURE_SSL_REDIRECT "
        "SECURE_HSTS_SECONDS SECURE_HSTS_INCLUDE_SUBDOMAINS"
    )
    code = f"from django.conf import settings as s; print([getattr(s, n) for n in '{names}'.split()])"

    said = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "FLOWPILOT_TLS": "true"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    session, csrf = ["__Host-sessionid", True, True, None], ["__Host-csrftoken", True, True, None]
    assert said.strip() == str([*session, *csrf, True, 31_536_000, True])
