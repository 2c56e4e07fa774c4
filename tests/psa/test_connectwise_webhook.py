import json
from base64 import b64encode
from hashlib import sha256
from hmac import digest
from random import Random
from typing import Any

import pytest
from django.core.cache import cache
from pytest_httpserver import HTTPServer

from flowpilot.psa.connectwise.keys import signing_key_at
from flowpilot.psa.connectwise.webhook import is_key_address, verify_webhook
from flowpilot.psa.ports import BadSignature, WebhookEvent

KEY = "3f6e-signing"
KEY_URL = "https://api-na.myconnectwise.net/v4_6_release/keys/1"


def body(**more: Any) -> bytes:
    told = {
        "MessageId": "b7-1",
        "CompanyId": "Acme",
        "Action": "updated",
        "Type": "ticket",
        "ID": 101,
        "Entity": '{"id":101,"summary":"Printer"}',
        "Metadata": {"key_url": KEY_URL},
        **more,
    }
    return json.dumps(told).encode()


def signature(raw: bytes, key: str = KEY) -> str:
    return b64encode(digest(sha256(key.encode()).digest(), raw, "sha256")).decode()


def verified(raw: bytes, signed: str | None = None) -> tuple[WebhookEvent, ...]:
    return verify_webhook(
        {"X-Content-Signature": signature(raw) if signed is None else signed},
        raw,
        company="acme",
        origins=("https://psa.example.com:8443",),
        signing_key=lambda address: KEY,
    )


def test_a_signed_delivery_tells_which_ticket_and_nothing_of_it() -> None:
    assert verified(body()) == (WebhookEvent("b7-1", "101"),)
    assert verified(body(Action="deleted")) == (WebhookEvent("b7-1", "101"),)
    assert verified(body(Type="company")) == ()
    assert verified(body(MessageId=None)) == (WebhookEvent("", "101"),)


def test_of_a_thousand_changed_bodies_and_signatures_none_is_taken() -> None:
    chance, raw = Random(3), body()
    given = signature(raw)
    for _time in range(500):
        changed = bytearray(raw)
        changed[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
        with pytest.raises(BadSignature):
            verified(bytes(changed), given)
        letters = list(given)
        place = chance.randrange(len(given))
        letters[place] = chance.choice([letter for letter in "AZaz09+/=\n é" if letter != letters[place]])
        with pytest.raises(BadSignature):
            verified(raw, "".join(letters))


@pytest.mark.parametrize("signed", ["", "sha256=" + signature(body()), signature(body(), "other"), "é"])
def test_without_the_right_signature_nothing_is_believed(signed: str) -> None:
    with pytest.raises(BadSignature):
        verified(body(), signed)


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b"\xff", b"[" * 100_000, b'{"Metadata": "x"}'])
def test_what_is_no_delivery_is_refused(raw: bytes) -> None:
    with pytest.raises(BadSignature):
        verified(raw)


def test_another_customers_delivery_is_refused() -> None:
    with pytest.raises(BadSignature, match="another company"):
        verified(body(CompanyId="Fabrikam"))


@pytest.mark.parametrize(
    ("address", "may"),
    [
        (KEY_URL, True),
        ("https://sandbox-eu.myconnectwise.net/x", True),
        ("https://psa.example.com:8443/keys", True),
        ("https://psa.example.com/keys", False),
        ("http://api-na.myconnectwise.net/x", False),
        ("https://api-na.myconnectwise.net:8443/x", False),
        ("https://api-na.myconnectwise.net.evil.example/x", False),
        ("https://evil.example/api-na.myconnectwise.net", False),
        ("https://user@api-na.myconnectwise.net/x", False),
        ("https://evil.example\\@api-na.myconnectwise.net/x", False),
        ("https://psa.example.com:8443@evil.example/", False),
        ("file:///etc/passwd", False),
        ("https://[::1", False),
        ("", False),
    ],
)
def test_a_key_is_asked_for_at_addresses_of_connectwise_only(address: str, may: bool) -> None:
    assert is_key_address(address, ("https://psa.example.com:8443",)) is may


@pytest.mark.django_db
@pytest.mark.usefixtures("loopback")
def test_a_key_is_fetched_once_an_hour_and_its_absence_is_a_bad_signature(httpserver: HTTPServer) -> None:
    cache.clear()
    httpserver.expect_ordered_request("/key").respond_with_json({"signing_key": KEY})
    httpserver.expect_request("/none").respond_with_json({})
    httpserver.expect_request("/moved").respond_with_data("", 302, {"Location": "http://127.0.0.1/"})

    assert [signing_key_at(httpserver.url_for("/key")) for _time in range(2)] == [KEY, KEY]
    assert len(httpserver.log) == 1
    for path in ("/none", "/moved"):
        with pytest.raises(BadSignature):
            signing_key_at(httpserver.url_for(path))
