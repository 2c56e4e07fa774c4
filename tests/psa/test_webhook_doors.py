"""Calls of each vendor through the address that it is given: genuine ones count once, changed ones never."""

import hmac
import json
import random
from base64 import b64encode
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_httpserver import HTTPServer

from flowpilot.psa.models import PsaConnection, PsaWebhook
from flowpilot.psa.ports import BadSignature
from flowpilot.psa.webhooks import receiving
from flowpilot.psa.webhooks.addresses import token_of
from flowpilot.psa.webhooks.receiving import AGAIN_AFTER
from tests.factories import Cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("loopback")]

SECRET = "s3cret-of-this-connection"
KEY = "3f6e-signing"
Sent = tuple[bytes, Mapping[str, str]]


def connectwise(server: str) -> Sent:
    told = {"MessageId": "b7-1", "CompanyId": "acme", "Action": "updated", "Type": "ticket", "ID": 101}
    raw = json.dumps({**told, "Metadata": {"key_url": f"{server}/key"}}).encode()
    signature = hmac.digest(sha256(KEY.encode()).digest(), raw, "sha256")
    return raw, {"x-content-signature": b64encode(signature).decode()}


def autotask(server: str) -> Sent:
    raw = json.dumps({"Action": "Update", "Guid": "g-1", "EntityType": "Ticket", "Id": 101}).encode()
    signature = b64encode(hmac.digest(SECRET.encode(), raw, "sha1")).decode()
    return raw, {"X-Hook-Signature": f"sha1={signature}"}


def halopsa(server: str) -> Sent:
    raw = json.dumps({"ticket": {"id": 101, "summary": "Printer"}}).encode()
    return raw, {"Authorization": "Basic " + b64encode(f"flowpilot:{SECRET}".encode()).decode()}


CALLS: dict[str, Callable[[str], Sent]] = {
    "connectwise": connectwise,
    "autotask": autotask,
    "halopsa": halopsa,
}


@pytest.fixture(params=CALLS)
def called(request: pytest.FixtureRequest, cast: Cast, httpserver: HTTPServer) -> tuple[str, Sent]:
    """The address of a connection, and a genuine call of its system."""
    cache.clear()
    httpserver.expect_request("/key").respond_with_json({"signing_key": KEY})
    base = httpserver.url_for("").rstrip("/")
    row = PsaConnection.objects.create(
        account=cast.account,
        provider=request.param,
        name=request.param,
        base_url=base,
        credentials={"company": "acme", "webhook_secret": SECRET},
    )
    return reverse("psa:hook", args=[token_of(row)]), CALLS[request.param](base)


def post(address: str, raw: bytes, headers: Mapping[str, str]) -> int:
    stranger = Client(enforce_csrf_checks=True)
    answer: Any = stranger.post(address, raw, content_type="application/json", headers=dict(headers))
    return int(answer.status_code)


def test_a_hundred_repetitions_of_a_call_are_one(called: tuple[str, Sent]) -> None:
    address, (raw, headers) = called

    token = address.rstrip("/").rpartition("/")[2]

    assert [post(address, raw, headers) for _time in range(2)] == [204, 204]
    assert [receiving.receive(token, headers, raw) for _time in range(98)] == [0] * 98
    assert list(PsaWebhook.objects.values_list("ticket_id", flat=True)) == ["101"]


def test_the_same_words_are_read_once_more_where_nothing_says_that_they_are_the_same_call(
    called: tuple[str, Sent],
) -> None:
    """ConnectWise names its calls. Those of others may tell of a second change in the words of the first."""
    address, (raw, headers) = called
    post(address, raw, headers)
    PsaWebhook.objects.update(due_at=None, said_at=timezone.now() - 2 * AGAIN_AFTER)

    before = timezone.now()
    assert [post(address, raw, headers) for _time in range(3)] == [204] * 3

    row = PsaWebhook.objects.get()
    if row.connection.provider == "connectwise":
        assert (row.due_at, row.said_at < before) == (None, True)
    else:
        assert row.due_at is not None
        assert AGAIN_AFTER <= row.due_at - before <= row.said_at - before + AGAIN_AFTER


def test_of_calls_with_another_proof_or_address_none_is_taken(called: tuple[str, Sent]) -> None:
    address, (raw, headers) = called
    chance = random.Random(5)
    (name, proof), base = next(iter(headers.items())), address.rstrip("/")
    refused = [
        post(address, raw, {}),
        post(address, b"", headers) if name != "Authorization" else 403,
        post(address, raw, {name: ""}),
        post(f"{base[:-1]}{'A' if base[-1] != 'A' else 'B'}/", raw, headers),
    ]
    for _time in range(40):
        place = chance.randrange(len(proof))
        sign = chance.choice([each for each in "AZaz09+/=:" if each != proof[place]])
        refused.append(post(address, raw, {name: proof[:place] + sign + proof[place + 1 :]}))

    assert set(refused) == {403, 404}
    assert refused.count(404) == 1
    assert PsaWebhook.objects.count() == 0


def test_a_call_that_tells_of_many_tickets_is_taken_whole(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = PsaConnection.objects.create(
        account=cast.account, provider="halopsa", name="Halo", credentials={"webhook_secret": SECRET}
    )
    _raw, headers = halopsa("")
    raw = json.dumps({"events": [{"ticket_id": number} for number in range(150)]}).encode()

    assert receiving.receive(token_of(row), headers, raw) == 150

    monkeypatch.setattr(receiving, "MOST_EVENTS", 149)
    with pytest.raises(BadSignature, match="more than 149"):
        receiving.receive(token_of(row), headers, raw)
