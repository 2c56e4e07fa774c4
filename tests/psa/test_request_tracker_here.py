"""Request Tracker itself, end to end: what only a server that is not ours can show. Run by `make test-rt`."""

import os
from uuid import uuid4

import httpx2
import pytest
from pytest_django import Settings

from flowpilot.core.scope import account_scope
from flowpilot.psa import client, outbox
from flowpilot.psa.delivery import Courier
from flowpilot.psa.lookup import look_up
from flowpilot.psa.models import PsaConnection, PsaPush
from flowpilot.psa.ports import LoginRefused, NewNote, Refused, TicketNotFound, TicketQuery
from flowpilot.psa.registry import connector_for
from flowpilot.psa.rt import RequestTrackerConnector
from tests.factories import Cast

pytestmark = [pytest.mark.peer, pytest.mark.django_db]


@pytest.fixture
def connection(cast: Cast, settings: Settings) -> PsaConnection:
    settings.PSA_ALLOW_LOOPBACK = True
    row: PsaConnection = PsaConnection.objects.create(
        account=cast.account,
        provider="rt",
        name="RT",
        base_url=os.environ["FLOWPILOT_RT_URL"],
        credentials={"token": os.environ["FLOWPILOT_RT_TOKEN"]},
    )
    return row


@pytest.fixture
def rt(cast: Cast, connection: PsaConnection) -> RequestTrackerConnector:
    with account_scope(cast.account.pk):
        return RequestTrackerConnector(connection)


@pytest.fixture
def ticket_id() -> str:
    """A new one, made past the connector, which makes none."""
    answer = httpx2.post(
        f"{os.environ['FLOWPILOT_RT_URL']}/REST/2.0/ticket",
        headers={"Authorization": f"token {os.environ['FLOWPILOT_RT_TOKEN']}"},
        json={
            "Queue": "General",
            "Subject": f"Scanner {uuid4().hex}",
            "Requestor": "jane@contoso.test",
            "Content": "It says <b>error 31</b> & blinks: ü",
        },
        timeout=30,
    )
    return str(answer.json()["id"])


def test_the_connection_is_checked_and_a_wrong_token_refused(
    cast: Cast, rt: RequestTrackerConnector, connection: PsaConnection
) -> None:
    with account_scope(cast.account.pk):
        told = rt.check()
        assert (told.system, told.version[:2], told.missing) == ("Request Tracker", "5.", ())
        assert "General" in [board.name for board in rt.choices("boards")]
        connection.credentials = {"token": "1-1-wrong"}
        connection.save()
        with pytest.raises(LoginRefused):
            RequestTrackerConnector(connection).check()


def test_a_ticket_is_found_by_number_words_and_address(
    cast: Cast, rt: RequestTrackerConnector, ticket_id: str
) -> None:
    with account_scope(cast.account.pk):
        ticket = rt.ticket(ticket_id)
        found = rt.search(TicketQuery(words=ticket.title, board="General"))
        notes = rt.notes(ticket_id)
        looked = look_up(cast.account.pk, ticket.url)
        with pytest.raises(TicketNotFound):
            rt.ticket("999999")

    assert (ticket.status, ticket.board, ticket.contact) == ("new", "General", "jane@contoso.test")
    assert (ticket.assignee, ticket.is_closed) == ("", False)
    assert [row.id for row in found] == [ticket_id]
    assert [(note.by, note.text, note.internal) for note in notes] == [
        ("Enoch Root", "It says <b>error 31</b> & blinks: ü", False)
    ]
    assert looked.found.ticket == ticket


def test_a_session_is_written_into_its_ticket_and_closes_it(
    cast: Cast, rt: RequestTrackerConnector, connection: PsaConnection, ticket_id: str
) -> None:
    session = uuid4()
    note = outbox.put_note(connection, ticket_id, session_id=session, text="New drum: ü.", minutes=15)
    outbox.put_status(connection, ticket_id, session_id=session, status_id="resolved")

    with account_scope(cast.account.pk):
        assert Courier(connection, rt).deliver() == 2
        ticket, notes = rt.ticket(ticket_id), rt.notes(ticket_id)
        found = list(rt.find_marker(ticket_id, note.marker))
        missing = list(rt.find_marker(ticket_id, "FP-AAAAAAAAAAAAA"))

    note.refresh_from_db()
    assert (ticket.status, ticket.is_closed) == ("resolved", True)
    assert (notes[-1].text, notes[-1].internal) == (f"New drum: ü.\n\nFlowPilot ref {note.marker}", True)
    assert (found, missing) == ([note.external_id], [])


def test_what_it_refuses_is_told_in_its_words(
    cast: Cast, rt: RequestTrackerConnector, ticket_id: str
) -> None:
    with account_scope(cast.account.pk):
        with pytest.raises(Refused, match="isn't a valid status"):
            rt.set_status(ticket_id, "nonsense")
        with pytest.raises(TicketNotFound):
            rt.add_note("999999", NewNote("Lost", "FP-AAAAAAAAAAAAA"))


def test_a_note_that_took_longer_than_was_waited_is_found_and_not_written_twice(
    cast: Cast, connection: PsaConnection, ticket_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = outbox.put_note(connection, ticket_id, session_id=uuid4(), text="Written late.")
    monkeypatch.setattr(client, "TIMEOUT", httpx2.Timeout(5, read=0.02))
    with account_scope(cast.account.pk):
        assert Courier(connection, connector_for(connection)).deliver() == 0
        monkeypatch.setattr(client, "TIMEOUT", httpx2.Timeout(30))
        later = connector_for(connection)
        for _look in range(100):  # the server has its quiet period, however slow it is
            if list(later.find_marker(ticket_id, note.marker)):
                break
        PsaPush.objects.update(next_attempt_at=note.created_at)
        assert Courier(connection, later).deliver() == 1
        texts = [row.text for row in later.notes(ticket_id)]

    note.refresh_from_db()
    assert (note.attempts, note.state) == (1, "delivered")
    assert sum(note.marker in text for text in texts) == 1
