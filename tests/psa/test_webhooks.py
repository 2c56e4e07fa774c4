"""Calls of ticket systems: only genuine ones count, each of them once, and what they lead to is read anew."""

import random
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ

from flowpilot.core.scope import account_scope
from flowpilot.psa.models import PsaConnection, PsaWebhook
from flowpilot.psa.ports import BadSignature
from flowpilot.psa.practice import desk
from flowpilot.psa.practice.connector import SIGNATURE
from flowpilot.psa.webhooks import receiving
from flowpilot.psa.webhooks.addresses import token_of
from sessions import actions
from sessions.models import AISession
from sessions.ticketing.jobs import take_all
from tests.factories import Cast, make_practice_ticket, make_session

pytestmark = pytest.mark.django_db

OnCommit = Callable[..., AbstractContextManager[object]]
BODY = {"delivery": "d-1", "ticket": "4711"}


def connection(cast: Cast) -> PsaConnection:
    """To a practice PSA with a ticket 4711."""
    found = make_practice_ticket(cast, number=4711).connection
    receiving.ensure_secret(found)
    return found


def call(token: str, headers: Mapping[str, str], raw: bytes) -> int:
    url = reverse("psa:hook", args=[token])
    return (
        Client(enforce_csrf_checks=True)
        .post(url, raw, content_type="application/json", headers=dict(headers))
        .status_code
    )


def session_about(cast: Cast, row: PsaConnection) -> AISession:
    with account_scope(cast.account.pk):
        data = {"id": "4711", "number": "4711", "title": "Printer prints nothing", "status": "New"}
        return make_session(cast, psa_connection=row, ticket_data=data)


def test_a_hundred_repetitions_of_a_call_have_one_effect(
    cast: Cast, django_capture_on_commit_callbacks: OnCommit
) -> None:
    row = connection(cast)
    session = session_about(cast, row)
    headers, raw = desk.signed(row, BODY)
    token = token_of(row)

    with django_capture_on_commit_callbacks(execute=True):
        new = [receiving.receive(token, headers, raw) for _time in range(98)]
    assert [call(token, headers, raw) for _time in range(2)] == [204, 204]
    assert (sum(new), PsaWebhook.objects.count(), OrmQ.objects.count()) == (1, 1, 1)

    assert [take_all(), take_all()] == ["looked into 1", "looked into 0"]
    assert session.events.filter(verb="ticket_changed").count() == 1


def test_of_a_thousand_mutations_none_is_accepted(cast: Cast) -> None:
    """One sign of body, signature or address is another one, is missing, or is one too many."""
    row, chance = connection(cast), random.Random(12)
    headers, raw = desk.signed(row, BODY)
    genuine = (token_of(row).encode(), headers[SIGNATURE].encode(), raw)
    refused = 0
    while refused < 1_000:
        parts = list(genuine)
        place = chance.randrange(len(parts))
        parts[place] = mutated(parts[place], chance)
        if parts != list(genuine):
            token, signature, body = parts
            with pytest.raises((receiving.NoSuchAddress, BadSignature)):
                receiving.receive(token.decode(), {SIGNATURE: signature.decode()}, body)
            refused += 1

    assert PsaWebhook.objects.count() == 0
    assert receiving.receive(token_of(row), headers, raw) == 1


def mutated(part: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(part))
    other = bytes([chance.choice(b"abcdefXYZ0123456789+=:._-{}")])
    return chance.choice(
        [part[:at] + other + part[at + 1 :], part[:at] + part[at + 1 :], part[:at] + other + part[at:]]
    )


def test_a_new_secret_and_a_new_address_end_the_ones_before(cast: Cast) -> None:
    row = connection(cast)
    headers, raw = desk.signed(row, BODY)
    old = token_of(row)
    with account_scope(cast.account.pk):
        receiving.new_secret(row, by=cast.account_admin)
    assert call(old, headers, raw) == 403

    headers, raw = desk.signed(row, BODY)
    with account_scope(cast.account.pk):
        receiving.new_address(row, by=cast.account_admin)

    assert [call(token, headers, raw) for token in (old, token_of(row))] == [404, 204]


def test_a_connection_of_another_account_is_not_called_with_its_secret(cast: Cast, outsiders: Cast) -> None:
    own, foreign = connection(cast), make_practice_ticket(outsiders).connection
    receiving.ensure_secret(foreign)
    headers, raw = desk.signed(own, BODY)

    assert call(token_of(foreign), headers, raw) == 403


def test_what_is_no_json_or_names_no_ticket_is_refused(cast: Cast) -> None:
    row = connection(cast)
    headers, raw = desk.signed(row, {"delivery": "d-2"})

    assert call(token_of(row), headers, raw) == 403
    assert call(token_of(PsaConnection(account=cast.account)), headers, raw) == 404
    assert call("none", {}, b"") == 404


def test_open_sessions_have_the_ticket_as_it_stands_and_say_what_changed(
    cast: Cast, django_capture_on_commit_callbacks: OnCommit
) -> None:
    row = connection(cast)
    session, ended = (
        session_about(cast, row),
        session_about(cast, row),
    )
    ticket = row.practice_tickets.get()
    with account_scope(cast.account.pk):
        actions.abandon(ended, reason="Nobody answers.", by=ended.user)
    with account_scope(cast.account.pk), django_capture_on_commit_callbacks(execute=True):
        desk.change(ticket, {"status": "waiting", "title": "Printer prints nothing"})
        desk.write(ticket, "It is the one on the 2nd floor.", by="Anna", internal=False)

    assert take_all() == "looked into 2"

    session.refresh_from_db()
    assert (session.ticket_data or {})["status"] == "Waiting for the customer"
    said = session.events.get(verb="ticket_changed").reason
    assert "Status: New → Waiting for the customer" in said
    assert "1 new note by Anna" in said
    page = Client()
    page.force_login(cast.engineer)
    assert "The ticket changed" in page.get(reverse("sessions:thread", args=[session.pk])).content.decode()
    ended.refresh_from_db()
    assert (ended.ticket_data or {})["status"] == "New"


def test_a_ticket_that_is_gone_is_said_once_and_what_nobody_works_on_is_done_with(cast: Cast) -> None:
    row = connection(cast)
    session = session_about(cast, row)
    row.practice_tickets.all().delete()
    for number, ticket in enumerate(("4711", "1"), start=1):
        headers, raw = desk.signed(row, {"delivery": f"d-{number}", "ticket": ticket})
        call(token_of(row), headers, raw)

    assert take_all() == "looked into 2"
    PsaWebhook.objects.update(due_at=timezone.now())
    assert take_all() == "looked into 2"
    session.refresh_from_db()
    assert session.events.get(verb="ticket_changed").reason == "The ticket is not there any more."
    assert (session.ticket_data or {})["title"] == "Printer prints nothing"
