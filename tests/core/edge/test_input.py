"""What cannot be read is refused in one place, in the form that whoever asked can read."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import path, reverse
from pytest_django import Settings
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from flowpilot.accounts.roles import public
from flowpilot.core.edge import input as edge
from flowpilot.urls import *  # noqa: F403 the error handlers of the URL map below
from flowpilot.urls import urlpatterns as of_the_product_map
from tests.factories import Cast, make_proposal
from tests.screens import HTMX, at, signed_in, words

FORM = "application/x-www-form-urlencoded"


class Echo(APIView):
    """Gives back what it was sent: the API itself only reads so far."""

    authentication_classes = ()
    permission_classes = ()

    def post(self, request: Request) -> Response:
        return Response({"read": request.data})


urlpatterns = [path("api/v1/echo/", public(Echo.as_view())), *of_the_product_map]
ECHO = "/api/v1/echo/"


def refused(response: Any) -> tuple[int, str]:
    """Status and what the page says."""
    return response.status_code, words(response)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("q=a%00b", "Parameter “q”: contains a NUL character"),
        ("%00=a", "Parameter “%00”: contains a NUL character"),
        ("q=%ff", "Parameter “q”: is not valid UTF-8"),
        ("q=%ED%A0%80", "Parameter “q”: is not valid UTF-8"),
        ("q=%c0%80", "Parameter “q”: is not valid UTF-8"),
        ("&".join(f"p{n}=1" for n in range(201)), "has more than 200 parameters"),
    ],
    ids=["nul", "nul-in-a-name", "no-utf-8", "surrogate", "overlong-nul", "many"],
)
def test_a_query_that_cannot_be_read_is_named(cast: Cast, query: str, said: str) -> None:
    client = signed_in(cast.engineer)

    for address in (reverse("sessions:list"), reverse("api-session-list"), reverse("account_login")):
        response = client.get(f"{address}?{query}")
        assert response.status_code == 400
        assert said in response.content.decode()


def test_an_address_is_refused_for_its_length_and_its_characters(cast: Cast) -> None:
    client = signed_in(cast.engineer)

    status, said = refused(client.get(reverse("sessions:list"), {"q": "a" * 9000}))
    assert (status, "at most 8192 characters" in said) == (414, True)
    status, said = refused(client.get("/flows/%00/"))
    assert (status, "The address: contains a NUL character" in said) == (400, True)


def test_headers_are_bounded(cast: Cast) -> None:
    response = signed_in(cast.engineer).get(reverse("sessions:list"), headers={"x-long": "a" * 40_000})

    assert refused(response)[0] == 431


@pytest.mark.parametrize(
    "encoded", [{}, {"HX-Current-URL-URI-AutoEncoded": "true"}], ids=["plain", "encoded"]
)
def test_a_page_that_htmx_cannot_have_asked_from_is_named(cast: Cast, encoded: dict[str, str]) -> None:
    page = "http://%5B" if encoded else "http://["
    headers = {**HTMX, "HX-Current-URL": page, **encoded}

    for client in (Client(), signed_in(cast.engineer)):
        response = client.get(reverse("sessions:list"), headers=headers)
        assert response.status_code == 400
        assert "The header HX-Current-URL: is no address" in words(response)


@pytest.mark.django_db
def test_a_cookie_with_an_escaped_nul_is_none() -> None:
    client = Client(headers={"cookie": 'sessionid="abcdefgh\\000"; csrftoken="\\012"'})

    assert client.get(reverse("sessions:list")).status_code == 302


def test_a_field_that_cannot_be_kept_is_named_and_nothing_is_written(cast: Cast) -> None:
    proposal = make_proposal(cast)
    client = signed_in(cast.team_admin)
    given = {"draft": proposal.current_draft_id, "reason_code": "unsafe", "note": "a\x00b"}

    page, fragment = (client.post(at("reject", proposal), given, headers=headers) for headers in ({}, HTMX))

    for response in (page, fragment):
        assert response.status_code == 400
        assert "Field “note”: contains a NUL character" in words(response)
    assert fragment.headers["HX-Reswap"] == "none"
    assert fragment.headers["X-Request-ID"] in words(fragment)
    assert "<html" not in fragment.content.decode()
    proposal.refresh_from_db()
    assert proposal.status == "pending"


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        ("a", "multipart/form-data", 400),
        ("a", "multipart/form-data; boundary=\xe9", 400),
        ("a=1", f"{FORM}; charset=utf-16", 415),
        ("a=1", "multipart/form-data; boundary=x; charset=utf-7", 415),
        ("<a/>", "text/xml", 415),
        ("a=1", "text/plain", 415),
        ("{}", "application/json", 415),
        ("a", "", 415),
    ],
)
def test_a_form_comes_as_one(cast: Cast, body: str, content_type: str, status: int) -> None:
    client = signed_in(cast.engineer)

    response = client.post(reverse("account_logout"), body, content_type=content_type)

    assert response.status_code == status
    if status == 415:
        assert re.search("application/x-www-form-urlencoded or multipart/form-data|in UTF-8", words(response))


def test_a_form_of_too_many_fields_is_refused(cast: Cast, settings: Settings) -> None:
    body = "&".join(f"a{n}=1" for n in range(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1))

    response = signed_in(cast.engineer).post(reverse("account_logout"), body, content_type=FORM)

    said = f"has too many fields or files (at most {settings.DATA_UPLOAD_MAX_NUMBER_FIELDS})"
    assert (response.status_code, said in words(response)) == (400, True)


@pytest.mark.parametrize("content_type", [FORM, "multipart/form-data; boundary=x", "application/json"])
def test_a_body_over_the_limit_is_refused_before_it_is_read(
    cast: Cast, settings: Settings, content_type: str
) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 2**20
    body = "a=" + "b" * 2**20
    client = signed_in(cast.engineer)

    page = client.post(reverse("account_logout"), body, content_type=content_type)
    api = client.post(reverse("api-session-list"), body, content_type=content_type)

    assert refused(page)[0] == 413
    assert "This address takes at most 1 MB. Nothing was changed." in words(page)
    assert api.headers["Content-Type"] == "application/problem+json"
    assert api.json() == {
        "type": "about:blank",
        "title": "Too much at once",
        "status": 413,
        "detail": "This address takes at most 1 MB. Nothing was changed.",
        "errors": None,
        "request_id": api.headers["X-Request-ID"],
    }


def test_a_text_over_the_limit_is_refused_within_a_form_of_files(cast: Cast, settings: Settings) -> None:
    edge_limit = 2**21
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 2**20
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(edge, "limit_at", lambda path: edge_limit)
        response = signed_in(cast.engineer).post(reverse("account_logout"), {"a": "b" * (2**20 + 1)})

    assert refused(response)[0] == 413


DEEP = 100_000


@pytest.mark.django_db
@pytest.mark.urls(__name__)
@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"[" * DEEP + b"]" * DEEP, "$: nested too deeply"),
        (b"[" * 33 + b"]" * 33, f"${'[0]' * 32}: nested too deeply"),
        (b'{"a": [1, {"b": "x\\u0000"}]}', "$.a[1].b: contains a NUL character"),
        (b'{"a\\u0000": 1}', "$: contains a NUL character"),
        (b'["\\ud800"]', "$[0]: contains half of a character (a lone surrogate)"),
        (b"[NaN]", "$: NaN is not a number of JSON"),
        (b"-Infinity", "$: -Infinity is not a number of JSON"),
        (b"[1e400]", "$[0]: is not a finite number"),
        (b"9" * 5000, "$: has a number of too many digits"),
        (b"[99999999999999999999]", "$[0]: the whole number does not fit into 64 bits"),
        (b'["\xff"]', "$: is not valid UTF-8"),
        (b'\xef\xbb\xbf{"a": 1}', "$: is no JSON (line 1, column 1)"),
        (b'{"a": 1,}', "$: is no JSON (line 1, column 9)"),
        (b"{'a': 1}", "$: is no JSON (line 1, column 2)"),
    ],
    ids=range(14),
)
def test_json_that_could_not_be_kept_is_a_problem_that_names_the_place(body: bytes, detail: str) -> None:
    response = Client().post(ECHO, body, content_type="application/json")

    assert response.headers["Content-Type"] == "application/problem+json"
    assert (response.status_code, response.json()["detail"]) == (400, detail)


@pytest.mark.django_db
@pytest.mark.urls(__name__)
def test_the_api_takes_json_alone() -> None:
    taken = Client().post(ECHO, {"a": [1, "ä"]}, content_type="application/json")
    assert taken.json() == {"read": {"a": [1, "ä"]}}

    for content_type in ("text/plain", FORM, "application/xml"):
        response = Client().post(ECHO, "a=1", content_type=content_type)
        assert (response.status_code, response.headers["Content-Type"]) == (415, "application/problem+json")
