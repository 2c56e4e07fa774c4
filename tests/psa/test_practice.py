"""The practice PSA behind the protocol of all ticket systems, what is kept of its tickets, and its pages."""

from typing import Any

import pytest
from django.urls import reverse

from flowpilot.core.scope import account_scope
from flowpilot.psa import registry
from flowpilot.psa.lookup import look_up
from flowpilot.psa.models import PracticeNote, PracticeTicket, PsaConnection
from flowpilot.psa.ports import Connector, NewNote, Refused, Ticket, TicketNotFound, TicketQuery, Unreachable
from flowpilot.psa.practice.connector import PracticeConnector
from flowpilot.psa.registry import UnknownProvider, connector_for
from sessions.models import AISession
from tests.factories import Cast, make_practice_ticket
from tests.screens import signed_in, text, words

pytestmark = pytest.mark.django_db


def connected(cast: Cast) -> Connector:
    return connector_for(PsaConnection.objects.get(account=cast.account))


@pytest.mark.parametrize(
    ("given", "number"),
    [
        ("4711", "4711"),
        (" #4711 ", "4711"),
        ("Ticket #4711", "4711"),
        ("https://desk.example/psa/practice/4711/", "4711"),
        ("/psa/practice/4711", "4711"),
        ("0004711", "4711"),
        ("printer 4711", None),
        ("47 11", None),
        ("1" * 30, None),
        ("", None),
    ],
)
def test_a_reference_is_known_by_its_form(given: str, number: str | None) -> None:
    assert PracticeConnector(PsaConnection()).reference(given) == number


def test_a_ticket_is_told_with_its_conversation_oldest_first(cast: Cast) -> None:
    row = make_practice_ticket(
        cast, number=4711, title="Scanner is slow", assets=["PC-1", 7], status="closed"
    )
    for text_of in ("First", "Second"):
        PracticeNote.objects.create(account=cast.account, ticket=row, written_by="Dispatch", text=text_of)

    ticket = connected(cast).ticket("4711")

    assert ticket == Ticket(
        id="4711",
        number="4711",
        title="Scanner is slow",
        url="/psa/practice/4711/",
        body="Since today.",
        status="Closed",
        is_closed=True,
        priority="Medium",
        opened_at=row.created_at,
        assets=("PC-1",),
    )
    told = [(note.by, note.text, note.internal) for note in connected(cast).notes("4711")]
    assert told == [("Dispatch", "First", True), ("Dispatch", "Second", True)]


@pytest.mark.parametrize("number", ["4712", "", "x", "9" * 40, "-1"])
def test_a_ticket_that_is_not_there_is_refused_by_its_number(cast: Cast, number: str) -> None:
    make_practice_ticket(cast, number=4711)
    with pytest.raises(TicketNotFound, match=f"no practice ticket {number}"):
        connected(cast).ticket(number)


def test_search_finds_all_words_in_number_title_client_and_contact(cast: Cast) -> None:
    make_practice_ticket(cast, number=4711, title="Scanner is slow", client="Northwind", board="Desk")
    make_practice_ticket(cast, number=4712, title="Scanner is loud", status="closed")
    make_practice_ticket(cast, number=5713, title="Printer", contact="Anna Fielding", assignee="Tom")

    def found(**query: Any) -> list[str]:
        return [ticket.number for ticket in connected(cast).search(TicketQuery(**query))]

    assert found() == ["5713", "4711"]
    assert found(words="scanner") == ["4711"]
    assert found(words="scanner", closed=True) == ["4712", "4711"]
    assert found(words="northwind slow") == ["4711"]
    assert found(words="471") == ["4711"]
    assert found(words="fielding") == found(assignee="Tom") == ["5713"]
    assert found(board="Desk") == ["4711"]
    assert found(limit=1) == ["5713"]
    assert found(words="%_") == []


def test_a_note_is_found_again_by_its_marker(cast: Cast) -> None:
    make_practice_ticket(cast, number=4711)
    system = connected(cast)
    assert list(system.find_marker("4711", "FP-7K3Q")) == []

    note = NewNote(text="Solved. FP-7K3Q", marker="FP-7K3Q", minutes=12, by="Ella")
    written = system.add_note("4711", note)

    kept = PracticeNote.objects.get()
    assert (kept.text, kept.marker, kept.minutes, kept.written_by) == (note.text, "FP-7K3Q", 12, "Ella")
    assert list(system.find_marker("4711", "FP-7K3Q")) == [written] == [str(kept.pk)]
    assert list(system.find_marker("4711", "")) == []


def test_what_a_ticket_system_would_refuse_is_refused(cast: Cast) -> None:
    row = make_practice_ticket(cast, number=4711)
    with pytest.raises(Refused, match="A note needs a text"):
        connected(cast).add_note("4711", NewNote(text=" ", marker="FP-1"))
    with pytest.raises(Refused, match="no status “done”"):
        connected(cast).set_status("4711", "done")
    row.refresh_from_db()
    assert (row.status, PracticeNote.objects.count()) == ("new", 0)


def test_a_status_is_set_and_what_can_be_chosen_is_told(cast: Cast) -> None:
    row = make_practice_ticket(cast, number=4711, board="Desk", assignee="Tom")

    connected(cast).set_status("4711", "closed")

    row.refresh_from_db()
    assert row.status == "closed"
    assert connected(cast).check().details == ("1 ticket",)
    assert [each.id for each in connected(cast).choices("statuses")] == [
        "new",
        "in_progress",
        "waiting",
        "closed",
    ]
    assert [each.name for each in connected(cast).choices("boards")] == ["Desk"]
    assert [each.name for each in connected(cast).choices("members")] == ["Tom"]


def test_a_connection_of_an_unknown_provider_is_never_asked(cast: Cast) -> None:
    connection = PsaConnection.objects.create(account=cast.account, name="Other", provider="homemade")
    with pytest.raises(UnknownProvider, match="homemade"):
        connector_for(connection)
    assert not look_up(cast.account.pk, "4711").connected


class Down(PracticeConnector):
    """A system that cannot be reached."""

    provider = "down"

    def ticket(self, ticket_id: str) -> Ticket:
        raise Unreachable("no answer within 5 s")

    def search(self, query: TicketQuery) -> list[Ticket]:
        raise Unreachable("no answer within 5 s")


def test_a_system_that_is_down_does_not_keep_the_others_from_being_asked(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(registry.PROVIDERS, "down", ("Down", Down))
    PsaConnection.objects.create(account=cast.account, name="A first", provider="down")
    make_practice_ticket(cast, number=4711, title="Scanner is slow")

    found, missing = look_up(cast.account.pk, "4711"), look_up(cast.account.pk, "scanner")

    assert (found.found.ticket.number, found.troubles) == ("4711", ["A first: no answer within 5 s"])
    assert ([each.reference for each in missing.others], missing.found) == (["Practice PSA: 4711"], None)
    answer = signed_in(cast.engineer).post(reverse("console:home"), {"ticket": "4712", "problem": "Slow"})
    assert (answer.status_code, AISession.objects.count()) == (422, 0)
    assert "A first: no answer within 5 s" in words(answer)


def test_the_list_starts_sessions_and_shows_nothing_of_others(cast: Cast, outsiders: Cast) -> None:
    make_practice_ticket(cast, number=4711, title="Scanner is slow", client="Northwind")
    make_practice_ticket(outsiders, number=4711, title="Secret of a rival")
    client = signed_in(cast.engineer)

    page = client.get(reverse("psa:practice"))
    one = client.get(reverse("psa:practice-ticket", args=[4711]))

    assert "Scanner is slow" in text(page)
    assert "rival" not in text(page) + text(one)
    assert '<input type="hidden" name="ticket" value="4711">' in text(page)
    started = client.post(reverse("console:home"), {"ticket": "4711"})
    session = AISession.objects.get()
    assert started.headers["Location"] == reverse("sessions:detail", args=[session.pk])
    assert (session.intake_type, session.client) == ("psa_ticket", cast.client)
    shown = text(client.get(started.headers["Location"]))
    assert 'href="/psa/practice/4711/"' in shown


def test_a_ticket_is_found_only_in_its_account(cast: Cast, outsiders: Cast) -> None:
    make_practice_ticket(outsiders, number=4711)
    assert signed_in(cast.engineer).get(reverse("psa:practice-ticket", args=[4711])).status_code == 404
    with account_scope(cast.account.pk):
        assert look_up(outsiders.account.pk, "4711").found is None


def test_people_open_and_change_practice_tickets_and_write_there(cast: Cast, outsiders: Cast) -> None:
    make_practice_ticket(cast, number=4711)
    client = signed_in(cast.engineer)
    typed = {"title": "Scanner is slow", "body": "Since today.", "priority": "high"}
    assert client.post(reverse("psa:new-practice-ticket"), {**typed, "title": ""}).status_code == 422

    answer = client.post(reverse("psa:new-practice-ticket"), typed)
    assert answer.headers["Location"] == reverse("psa:practice-ticket", args=[4712])
    changed = {"status": "waiting", "priority": "low", "refuses_notes": "on"}
    client.post(reverse("psa:change-practice-ticket", args=[4712]), changed)
    client.post(reverse("psa:practice-note", args=[4712]), {"text": "It is on the 2nd floor."})

    ticket = PracticeTicket.objects.get(number=4712)
    assert (ticket.title, ticket.status, ticket.priority) == ("Scanner is slow", "waiting", "low")
    note = ticket.notes.get()
    assert (note.text, note.written_by, note.internal) == ("It is on the 2nd floor.", "Engineer", False)
    with pytest.raises(Refused, match="Ticket 4712 takes no notes"):
        connected(cast).add_note("4712", NewNote(text="Done", marker="FP-1"))
    foreign = signed_in(outsiders.engineer)
    assert foreign.post(reverse("psa:practice-note", args=[4712]), {"text": "x"}).status_code == 404
    assert foreign.get(reverse("psa:new-practice-ticket")).status_code == 404


def test_of_several_systems_each_offered_ticket_names_its_own(cast: Cast) -> None:
    make_practice_ticket(cast, number=4711, title="Scanner is slow")
    second = PsaConnection.objects.create(account=cast.account, provider="practice", name="Other desk")
    other = make_practice_ticket(cast, number=4712, title="Scanner is loud")
    PracticeTicket.objects.filter(pk=other.pk).update(connection=second)

    offered = [each.reference for each in look_up(cast.account.pk, "scanner").others]

    assert offered == ["Other desk: 4712", "Practice PSA: 4711"]
    found = look_up(cast.account.pk, offered[0]).found
    assert found is not None
    assert (found.connection, found.ticket.number) == (second, "4712")
    assert look_up(cast.account.pk, "Practice PSA: 4712").found is None
