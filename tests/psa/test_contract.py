"""What every connector does alike, each against its own vendor as a real server. A vendor joins by its line
in `simulator/vendors.py`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from typing import Any

import httpx2
import pytest
from pytest_django import Settings

from flowpilot.core.scope import account_scope
from flowpilot.psa import client
from flowpilot.psa.models import PsaConnection
from flowpilot.psa.ports import (
    Connector,
    LoginRefused,
    NewNote,
    PsaError,
    RateLimited,
    Refused,
    TicketNotFound,
    TicketQuery,
    Uncertain,
    Unreachable,
)
from flowpilot.psa.registry import connector_for
from flowpilot.psa.throttle import used
from tests.factories import Cast
from tests.psa.simulator.server import WAIT, Simulator
from tests.psa.simulator.vendors import VENDORS, connect

pytestmark = pytest.mark.django_db

MARKER = "FP-ABCDEFGHIJKLM"
CLOSED = ("closed", "complete", "resolved")
PUBLIC_KNOCKS = ("/login/companyinfo/", "/zoneInformation")
"""Calls that vendors neither ask a login for nor count."""
ERRORS: dict[str, type[PsaError]] = {
    "drop after": Uncertain,
    "silent before": Uncertain,
    "502 after": Uncertain,
    "garbage after": Uncertain,
    "429 date": RateLimited,
    "validation": Refused,
    "login": LoginRefused,
}


@dataclass
class Room:
    """One vendor's server with a connection to it."""

    server: Simulator
    connection: PsaConnection
    ticket_id: str

    @property
    def connector(self) -> Connector:
        return connector_for(self.connection)

    @property
    def violations(self) -> list[str]:
        """What of our requests the vendor's schema does not know; of those halves that look."""
        return getattr(self.server.half, "violations", [])

    def note(self, marker: str = MARKER, **more: Any) -> NewNote:
        text = f"Replaced the <fuser> & tested.\nIt's fine — “ok”.\n\nFlowPilot ref {marker}"
        return NewNote(text=text, marker=marker, **more)


@pytest.fixture(params=VENDORS)
def room(
    request: pytest.FixtureRequest, cast: Cast, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Room]:
    settings.PSA_ALLOW_LOOPBACK = True
    monkeypatch.setattr(client, "TIMEOUT", httpx2.Timeout(20, read=20))
    provider = request.param
    with Simulator(VENDORS[provider].half()) as server:
        connection = connect(cast.account, provider, server)
        with account_scope(cast.account.pk):
            yield Room(server, connection, VENDORS[provider].ticket_id)


def test_a_check_says_who_answers_and_that_nothing_is_missing(room: Room) -> None:
    info = room.connector.check()

    assert (bool(info.system), info.missing) == (True, ())
    assert room.connector.provider == room.connection.provider


def test_credentials_that_are_wrong_are_refused_as_such(room: Room) -> None:
    secrets = {field.name for field in room.connector.login if field.secret}
    right = VENDORS[room.connection.provider].credentials
    room.connection.credentials = {**right, **dict.fromkeys(secrets, "wrong")}

    with pytest.raises(LoginRefused):
        room.connector.check()


def test_a_ticket_is_told_in_plain_text_with_names_and_its_moment(room: Room) -> None:
    told = room.connector.ticket(room.ticket_id)

    assert told.id == room.ticket_id
    assert all([told.title, told.status, told.board, told.contact, told.url])
    assert told.opened_at is not None
    assert (told.opened_at.tzinfo, told.opened_at.year, told.is_closed) == (UTC, 2026, False)


def test_the_number_and_the_address_of_a_ticket_lead_to_it(room: Room) -> None:
    told = room.connector.ticket(room.ticket_id)

    for text in (told.number, f" #{told.number} ", told.url):
        reference = room.connector.reference(text)
        assert reference is not None
        assert room.connector.ticket(reference).id == room.ticket_id
    for text in ("The printer is offline", "", "https://example.com/?id=1", "http://[", "//[", "T1 4711x"):
        assert room.connector.reference(text) is None


@pytest.mark.parametrize("ticket_id", ["99999", "7; DROP", "٣"])
def test_a_ticket_that_is_not_there_is_not_found(room: Room, ticket_id: str) -> None:
    for ask in (room.connector.ticket, lambda key: room.connector.set_status(key, "1")):
        with pytest.raises(TicketNotFound):
            ask(ticket_id)
    with pytest.raises(TicketNotFound):
        room.connector.add_note(ticket_id, room.note())


def test_a_search_finds_open_tickets_by_their_words_the_newest_first(room: Room) -> None:
    every = room.connector.search(TicketQuery())
    word = room.connector.ticket(room.ticket_id).title.split()[0]

    assert [int(told.id) for told in every] == sorted((int(told.id) for told in every), reverse=True)
    assert room.ticket_id in [told.id for told in room.connector.search(TicketQuery(words=word))]
    assert room.connector.search(TicketQuery(words="zeppelin")) == []
    assert room.connector.search(TicketQuery(words="'\"()[]%\\")) is not None
    assert len(room.connector.search(TicketQuery(limit=1))) == 1


@pytest.mark.parametrize(("internal", "minutes"), [(True, None), (False, 17)])
def test_a_note_is_found_by_its_marker_and_read_as_it_was_written(
    room: Room, internal: bool, minutes: int | None
) -> None:
    before = len(room.connector.notes(room.ticket_id))
    written = room.connector.add_note(room.ticket_id, room.note(internal=internal, minutes=minutes))

    assert list(room.connector.find_marker(room.ticket_id, MARKER)) == [written]
    assert list(room.connector.find_marker(room.ticket_id, "FP-NOTHERENOTTHE")) == []
    notes = room.connector.notes(room.ticket_id)
    mine = [note for note in notes if MARKER in note.text]
    assert [(len(notes), mine[0].text, mine[0].internal)] == [(before + 1, room.note().text, internal)]
    again = room.connector.add_note(room.ticket_id, room.note(internal=internal, minutes=minutes))
    assert sorted(room.connector.find_marker(room.ticket_id, MARKER)) == sorted([written, again])
    assert room.violations == []


def test_a_status_is_set_once_and_a_closed_ticket_is_left_as_it_is(room: Room) -> None:
    statuses = room.connector.choices("statuses")
    closed = next(one for one in statuses if any(word in one.name.lower() for word in CLOSED))
    room.connector.set_status(room.ticket_id, closed.id)
    writes = len(room.server.calls)
    room.connector.set_status(room.ticket_id, closed.id)

    assert {call.method for call in room.server.calls[writes:]} == {"GET"}
    assert room.connector.ticket(room.ticket_id).is_closed
    with pytest.raises(Refused):
        room.connector.set_status(room.ticket_id, next(one.id for one in statuses if one != closed))
    assert room.connector.ticket(room.ticket_id).is_closed
    assert room.violations == []


def test_a_ticket_that_we_closed_may_be_moved_on(room: Room) -> None:
    statuses = room.connector.choices("statuses")
    closed = next(one for one in statuses if any(word in one.name.lower() for word in CLOSED))
    room.connector.set_status(room.ticket_id, closed.id)
    other = next(one for one in statuses if one != closed)

    with pytest.raises(Refused):
        room.connector.set_status(room.ticket_id, other.id, ours=other.id)
    room.connector.set_status(room.ticket_id, other.id, ours=closed.id)

    assert not room.connector.ticket(room.ticket_id).is_closed


def test_a_status_that_there_is_not_is_refused(room: Room) -> None:
    for status in ("7777", "nonsense"):
        with pytest.raises(Refused):
            room.connector.set_status(room.ticket_id, status)


def test_what_can_be_chosen_has_ids_and_names(room: Room) -> None:
    for what in ("boards", "statuses", "members", "work_types", "note_types", "roles"):
        found = room.connector.choices(what)
        assert all(one.id and one.name for one in found)
        assert len({(one.id, one.parent) for one in found}) == len(found)
    assert room.connector.choices("boards")
    # Request Tracker writes as the token's owner: nobody else can be chosen.
    assert bool(room.connector.choices("members")) is (room.connection.provider != "rt")


@pytest.mark.parametrize("fault", ERRORS)
def test_what_goes_wrong_with_a_write_has_the_name_that_decides_what_is_done(
    room: Room, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    room.connector.ticket(room.ticket_id)
    monkeypatch.setattr(client, "TIMEOUT", httpx2.Timeout(20, read=0.3 if "silent" in fault else 20))
    # A login that is refused once may be a token that has run out.
    room.server.faults = iter([fault] * 2)

    with pytest.raises(PsaError) as caught:
        room.connector.add_note(room.ticket_id, room.note())

    assert type(caught.value) is ERRORS[fault]
    if fault == "validation":
        assert "The ticket is locked" in str(caught.value)
    if isinstance(caught.value, RateLimited):
        assert WAIT - 5 <= caught.value.retry_after <= WAIT
        with pytest.raises(RateLimited):
            room.connector.ticket(room.ticket_id)
    assert sum(room.server.written.values()) == ("after" in fault)


def test_every_call_is_counted(room: Room) -> None:
    room.connector.check()
    room.connector.ticket(room.ticket_id)
    room.connector.add_note(room.ticket_id, room.note())

    counted = [call for call in room.server.calls if not any(path in call.path for path in PUBLIC_KNOCKS)]
    assert used(room.connection).calls in (len(counted), len(room.server.calls))


def test_a_server_that_is_gone_is_unreachable_and_nothing_was_written(room: Room) -> None:
    room.connection.base_url = "http://127.0.0.1:9"

    with pytest.raises(Unreachable) as caught:
        room.connector.add_note(room.ticket_id, room.note())
    assert type(caught.value) is Unreachable
