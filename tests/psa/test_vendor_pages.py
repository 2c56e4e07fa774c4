"""What the pages about a connection say of its vendor, and of what was not written there."""

import pytest
from django.urls import reverse

from flowpilot.accounts.actions.changing import state_of
from flowpilot.core.scope import account_scope
from flowpilot.psa.connections import actions
from flowpilot.psa.models import PsaConnection
from flowpilot.psa.webhooks import receiving
from tests.factories import Cast, make_practice_ticket, make_push
from tests.psa.simulator.server import Simulator
from tests.psa.simulator.vendors import VENDORS, connect
from tests.screens import signed_in, text, words

pytestmark = pytest.mark.django_db


def at(row: PsaConnection, name: str = "one") -> str:
    return reverse(f"connections:{name}", args=[row.pk])


def test_what_does_not_fit_a_note_is_named_and_what_was_typed_stays(cast: Cast) -> None:
    push = make_push(cast)
    address, client = reverse("connections:retry", args=[push.pk]), signed_in(cast.account_admin)

    refused = client.post(address, {"body": "Typed anew.", "minutes": "1441"})

    assert refused.status_code == 422
    assert "Minutes worked: Ensure this value is less than or equal to 1440." in words(refused)
    assert ">Typed anew.</textarea>" in text(refused)
    assert "Text of the note: A note needs a text." in words(client.post(address, {"body": " "}))
    push.refresh_from_db()
    assert push.state == "dead"
    assert client.post(address, {"body": "Shorter.", "minutes": "30"}).status_code == 303
    push.refresh_from_db()
    assert (push.state, push.body, push.minutes) == ("pending", "Shorter.", 30)


def test_a_secret_that_was_made_meanwhile_stays_when_the_login_is_changed(cast: Cast) -> None:
    row = make_practice_ticket(cast).connection
    with account_scope(cast.account.pk):
        before = PsaConnection.objects.get(pk=row.pk)
        secret = receiving.new_secret(row, by=cast.account_admin)
        actions.change_login(
            before,
            {"name": "Anew", "base_url": ""},
            {"key": "k"},
            seen=state_of(before, actions.LOGIN),
            by=cast.account_admin,
        )

    kept = PsaConnection.objects.get(pk=row.pk).credentials.reveal()
    assert kept == {"webhook_secret": secret, "key": "k"}


def test_what_keeps_minutes_from_being_written_is_said_where_it_is_set(cast: Cast, loopback: None) -> None:
    with Simulator(VENDORS["autotask"].half()) as server:
        row = connect(cast.account, "autotask", server)
        client = signed_in(cast.account_admin)
        assert "Minutes are not written yet" not in words(client.get(at(row, "mapping")))
        PsaConnection.objects.update(mapping={})
        assert "Minutes are not written yet" in words(client.get(at(row, "mapping")))
    assert "The minutes stand in the text only" in words(client.get(at(row, "note")))


def test_how_a_system_is_made_to_call_is_told_and_a_secret_only_where_one_is_used(cast: Cast) -> None:
    pages = {}
    for provider in ("connectwise", "autotask", "halopsa"):
        row = PsaConnection.objects.create(account=cast.account, provider=provider, name=provider)
        pages[provider] = words(signed_in(cast.account_admin).get(at(row)))

    assert [name for name, page in pages.items() if "Make a new secret" in page] == ["autotask", "halopsa"]
    for name, step in (
        ("connectwise", "/system/callbacks"),
        ("autotask", "TicketWebhooks"),
        ("halopsa", "Basic"),
    ):
        assert step in pages[name]


def test_a_test_says_what_only_a_first_note_can_show(cast: Cast, loopback: None) -> None:
    with Simulator(VENDORS["rt"].half()) as server:
        row = connect(cast.account, "rt", server)
        page = words(signed_in(cast.account_admin).post(at(row, "check")))

    assert "All that can be tried without writing works." in page
    assert "Write for colleagues (CommentOnTicket): tried with the first note" in page


def test_a_status_is_called_what_people_call_it_there(cast: Cast) -> None:
    row, client = make_practice_ticket(cast).connection, signed_in(cast.account_admin)
    seen = client.get(at(row, "mapping")).context["seen"]

    assert client.post(at(row, "mapping"), {"seen": seen, "status_resolved": "closed"}).status_code == 303

    row.refresh_from_db()
    assert row.mapping["status_names"] == {"closed": "Closed"}
    push = make_push(cast, connection=row, kind="status", body="closed", state="pending", error="")
    assert "Text Closed Leave it out Tries" in words(client.get(reverse("connections:push", args=[push.pk])))
