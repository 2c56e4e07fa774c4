import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
import time_machine
from pytest_django import Settings
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from flowpilot.psa import addresses, client
from flowpilot.psa.addresses import NotAllowed, check_address
from flowpilot.psa.client import Http, next_link, retry_after
from flowpilot.psa.ports import (
    Forbidden,
    LoginRefused,
    PsaError,
    RateLimited,
    Refused,
    TicketNotFound,
    Uncertain,
    Unreachable,
)


@pytest.fixture
def http(httpserver: HTTPServer, settings: Settings) -> Http:
    settings.PSA_ALLOW_LOOPBACK = True
    return Http(httpserver.url_for("/api"), headers=lambda: {"Authorization": "token 1-2-3"})


def test_a_call_carries_the_login_and_brings_json(http: Http, httpserver: HTTPServer) -> None:
    login = {"Authorization": "token 1-2-3", "X-More": "yes"}
    httpserver.expect_request("/api/notes", "POST", headers=login, json={"a": 1}).respond_with_json({"id": 7})

    answer = http.ask("POST", "notes", body={"a": 1}, headers={"X-More": "yes"}, writing=True)

    assert (answer.status, answer.data) == (200, {"id": 7})


@pytest.mark.parametrize(
    ("status", "reading", "writing"),
    [
        (302, LoginRefused, LoginRefused),
        (400, Refused, Refused),
        (401, LoginRefused, LoginRefused),
        (403, Forbidden, Forbidden),
        (404, TicketNotFound, TicketNotFound),
        (408, Unreachable, Uncertain),
        (409, Refused, Refused),
        (429, RateLimited, RateLimited),
        (500, Unreachable, Uncertain),
        (502, Unreachable, Uncertain),
    ],
)
def test_a_status_means_the_same_for_all_vendors(
    http: Http, httpserver: HTTPServer, status: int, reading: type[PsaError], writing: type[PsaError]
) -> None:
    page = Response("<html>cloud</html>", status, {"Location": "https://example.com/"})
    httpserver.expect_request("/api/x").respond_with_response(page)

    with pytest.raises(PsaError) as read:
        http.get("x")
    with pytest.raises(PsaError) as wrote:
        http.ask("POST", "x", body={}, writing=True)

    assert (type(read.value), type(wrote.value)) == (reading, writing)
    assert (read.value.status, wrote.value.status) == (status, status)
    assert "cloud" not in str(read.value)


def test_a_refusal_is_told_in_the_words_of_the_vendor(http: Http, httpserver: HTTPServer) -> None:
    said = {
        "message": "note is invalid",
        "errors": [{"message": "Choose where.", "field": "flag"}, "No text"],
    }
    httpserver.expect_request("/api/x").respond_with_json(said, status=400)

    with pytest.raises(Refused, match=r"^note is invalid · Choose where\. flag · No text$"):
        http.get("x")


@pytest.mark.parametrize("body", ["<html>", "[" * 100_000, '{"id": '])
def test_a_success_that_is_no_json_leaves_a_write_uncertain(
    http: Http, httpserver: HTTPServer, body: str
) -> None:
    httpserver.expect_request("/api/x").respond_with_data(body)

    with pytest.raises(Unreachable) as read:
        http.get("x")
    with pytest.raises(Uncertain):
        http.ask("POST", "x", writing=True)
    assert type(read.value) is Unreachable


def test_a_system_that_does_not_listen_has_certainly_not_written(settings: Settings) -> None:
    settings.PSA_ALLOW_LOOPBACK = True
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        port = unheard.getsockname()[1]
        with pytest.raises(Unreachable) as raised:
            Http(f"http://127.0.0.1:{port}").ask("POST", "x", writing=True)
    assert type(raised.value) is Unreachable


def test_a_system_that_hangs_up_or_falls_silent_may_have_written(
    http: Http, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "TIMEOUT", httpx2.Timeout(0.05))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        quiet = Http(f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(Uncertain, match="in time"):
            quiet.ask("POST", "x", writing=True)


def test_an_answer_without_end_is_not_read_to_its_end(
    http: Http, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "LARGEST", 1_000)
    httpserver.expect_request("/api/x").respond_with_data("1" * 1_001)
    httpserver.expect_request("/api/slow").respond_with_data("1")

    with pytest.raises(Unreachable, match="1000 bytes"):
        http.get("x")
    monkeypatch.setattr(client, "LONGEST", -1.0)
    with pytest.raises(Unreachable, match="too long"):
        http.get("slow")


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("17", 17),
        ("Mon, 23 Nov 2026 12:01:30 GMT", 90),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0),
        ("", 60),
        ("soon", 60),
        ("-5", 60),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", 60),
        ("Mon, 23 Nov 2026 12:01:30 +99999999999999", 60),
    ],
)
def test_both_forms_of_retry_after_are_understood(given: str, seconds: int) -> None:
    with time_machine.travel(datetime(2026, 11, 23, 12, tzinfo=UTC), tick=False):
        assert retry_after(httpx2.Headers({"Retry-After": given})) == seconds


def test_pages_are_followed_on_the_same_server_only(http: Http, httpserver: HTTPServer) -> None:
    def page(request: Request) -> Response:
        number = int(request.args["page"])
        there = "http://other.example" if number == 2 else request.host_url + "api"
        link = {"Link": f'<{there}/x?page={number + 1}>; rel="next"'}
        return Response(f"[{number}]", headers=link, mimetype="application/json")

    httpserver.expect_request("/api/x").respond_with_handler(page)
    read: list[Any] = []

    with pytest.raises(Unreachable, match="another server"):
        read.extend(answer.data[0] for answer in http.pages("x", params={"page": 1}, following=next_link))

    assert read == [1, 2]
    assert len(list(http.pages("x", params={"page": 1}, following=lambda _: "x?page=1", at_most=3))) == 3


def test_a_vendor_explains_its_own_answers_and_a_gate_is_held_during_each_call(
    httpserver: HTTPServer, settings: Settings
) -> None:
    settings.PSA_ALLOW_LOOPBACK = True
    held: list[str] = []

    @contextmanager
    def gate(path: str) -> Iterator[None]:
        held.append(f"in {path}")
        try:
            yield
        finally:
            held.append(f"out {path}: {sys.exception()}")

    httpserver.expect_request("/x").respond_with_json({"errors": ["No matching records"]}, status=500)
    http = Http(httpserver.url_for("/"), explain=lambda answer, writing: Refused("explained"), gate=gate)

    with pytest.raises(Refused, match="explained"):
        http.ask("POST", "x", writing=True)
    assert held == ["in x", "out x: explained"]


INSIDE = [
    "127.0.0.1",
    "10.1.2.3",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",  # noqa: S104 - an address to refuse
    "224.0.0.1",
    "::1",
    "fd00::1",
    "fe80::1",
    "::ffff:10.0.0.1",
    "2002:a00:1::",
    "64:ff9b::a00:1",
    "64:ff9b:1::a00:1",
    "::10.0.0.1",
    "::ffff:0:10.0.0.1",
    "fec0::1",
]


@pytest.mark.parametrize("address", INSIDE)
def test_no_connector_reaches_into_the_network_that_flowpilot_stands_in(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """Neither directly nor by a name that leads there, whatever else it leads to."""
    resolved = [(0, 0, 0, "", (one, 443)) for one in ("9.9.9.9", address)]
    monkeypatch.setattr(addresses.socket, "getaddrinfo", lambda *_, **__: resolved)

    with pytest.raises(Unreachable, match="no address of the public internet"):
        Http("https://psa.example").get("x")


def test_what_was_looked_at_is_what_is_connected_to(
    monkeypatch: pytest.MonkeyPatch, http: Http, httpserver: HTTPServer
) -> None:
    """A name server that answers differently the second time is not asked a second time."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def answers(host: str, port: int, *rest: Any, **more: Any) -> Any:
        asked.append(host)
        return real("127.0.0.1", port, *rest, **more)

    monkeypatch.setattr(addresses.socket, "getaddrinfo", answers)
    httpserver.expect_request("/x", headers={"Host": f"psa.example:{httpserver.port}"}).respond_with_json(1)

    assert Http(f"http://psa.example:{httpserver.port}").get("x") == 1
    assert [host for host in asked if host == "psa.example"] == ["psa.example"]


@pytest.mark.parametrize(
    "address",
    [
        "http://psa.example",
        "ftp://psa.example",
        "psa.example",
        "https://",
        "https://user@psa.example",
        "https://psa.example/?a=b",
        "https://[::1",
        "https://psa.example:port",
    ],
)
def test_an_address_that_cannot_be_right_is_refused_before_anybody_is_asked(address: str) -> None:
    with pytest.raises(NotAllowed):
        check_address(address)
    with pytest.raises(Unreachable):
        Http(address).get("x")
