"""An ending of a session that came from a ticket is told there, once."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.urls import reverse

from flowpilot.core.scope import account_scope
from flowpilot.psa.jobs import deliver_all
from flowpilot.psa.models import PracticeNote, PsaConnection, PsaPush
from flowpilot.psa.ports import Capabilities
from flowpilot.psa.practice.connector import PracticeConnector
from sessions import actions
from sessions.models import AISession
from sessions.rules import IllegalTransition
from tests.factories import Cast, add_answered, make_practice_ticket, make_session
from tests.screens import HTMX, signed_in, text, words
from tests.sessions.endings.asking import get, send, stands

pytestmark = pytest.mark.django_db

MAPPED = {"member": "10", "role": "8"}
ENDING = ("resolve", "escalate", "abandon")


def from_ticket(cast: Cast, **mapping: Any) -> AISession:
    ticket = make_practice_ticket(cast)
    ticket.connection.mapping = mapping
    ticket.connection.save()
    with account_scope(cast.account.pk):
        session = make_session(
            cast,
            psa_connection=ticket.connection,
            ticket_data={"id": str(ticket.number), "number": str(ticket.number), "title": ticket.title},
        )
        add_answered(session, "Restart the spooler", outcome="worked", response="Prints again")
    return session


def resolve(session: AISession, **extra: Any) -> None:
    with account_scope(session.account_id):
        actions.resolve(session, summary="The spooler hung.", action="Restart it.", by=session.user, **extra)


def test_a_resolution_becomes_a_note_with_what_was_done_and_how_long_it_took(cast: Cast) -> None:
    session = from_ticket(cast)
    resolve(session, worked_minutes=25)

    push = PsaPush.objects.get()
    assert (push.kind, push.state, push.internal, push.minutes) == ("note", "pending", True, 25)
    assert push.session_id == session.pk
    assert push.body == (
        "Resolved by Engineer. 25 minutes of work.\n\n"
        f"Problem: {session.title}\n\n"
        "What fixed it: The spooler hung.\n\n"
        "The step that did: Restart it.\n\n"
        "Steps taken:\n1. Restart the spooler — Worked · Prints again\n\n"
        f"Session: {settings.PUBLIC_URL}/sessions/{session.pk}/"
    )


def test_the_note_arrives_in_the_ticket_and_the_status_after_it(cast: Cast) -> None:
    session = from_ticket(cast, statuses={"resolved": "closed"}, internal=False)
    resolve(session)

    assert deliver_all() == "delivered 2"

    note = PracticeNote.objects.get()
    assert (note.internal, note.ticket.status) == (False, "closed")
    assert note.marker in note.text
    assert deliver_all() == "delivered 0"


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        ("", [("note", False), ("status", True)]),
        ("internal", [("note", True), ("status", True)]),
        ("customer", [("note", False), ("status", True)]),
        ("nothing", []),
    ],
)
def test_the_engineer_decides_what_an_ending_writes(
    cast: Cast, choice: str, told: list[tuple[str, bool]]
) -> None:
    resolve(from_ticket(cast, statuses={"resolved": "closed"}, internal=False), write_back=choice)

    assert list(PsaPush.objects.order_by("created_at").values_list("kind", "internal")) == told


def test_the_dialogs_of_a_session_with_a_ticket_ask_what_is_written_there(cast: Cast) -> None:
    browser, session = signed_in(cast.engineer), from_ticket(cast, internal=False)
    asked = [text(browser.get(reverse(f"sessions:{verb}", args=[session.pk]))) for verb in ENDING]
    choices = [re.findall(r'<input[^>]*name="write_back"[^>]*>', page) for page in asked]
    assert [len(each) for each in choices] == [3, 3, 3]
    chosen = [[choice for choice in each if " checked" in choice] for each in choices]
    assert ['value="customer"' in "".join(each) and len(each) == 1 for each in chosen] == [True] * 3
    without = make_session(cast)
    assert "write_back" not in text(browser.get(reverse("sessions:resolve", args=[without.pk])))

    given = {"reason": "Nobody answers", "write_back": "nothing"}
    assert browser.post(reverse("sessions:abandon", args=[session.pk]), given).status_code == 303
    gone = {"code": "other", "reason": "Vendor", "where": "outside", "destination": "Printer Inc."}
    other = from_ticket(cast)
    url = reverse("sessions:escalate", args=[other.pk])
    assert browser.post(url, {**gone, "write_back": "customer"}).status_code == 303
    assert list(PsaPush.objects.values_list("session_id", "internal")) == [(other.pk, False)]


def test_the_note_is_seen_before_it_is_written(cast: Cast) -> None:
    session = from_ticket(cast)
    browser, url = signed_in(cast.engineer), reverse("sessions:note", args=[session.pk])
    typed = {
        "ending": "resolved",
        "summary": "The spooler hung. password: hunter2hunter2",
        "action": "Restart",
    }

    seen = words(browser.post(url, typed, headers=HTMX))
    assert f"Resolved by Engineer. Problem: {session.title}" in seen
    assert "The spooler hung. password: &lt;SECRET_1&gt;" in seen
    assert "1. Restart the spooler — Worked · Prints again" in seen
    session.refresh_from_db()
    assert (session.status, session.resolution_summary, PsaPush.objects.count()) == ("active", None, 0)
    assert browser.post(url, {"ending": "paused"}).status_code == 422
    assert signed_in(cast.team_admin).post(url, typed).status_code == 403
    without = reverse("sessions:note", args=[make_session(cast).pk])
    refused = browser.post(without, typed)
    assert (refused.status_code, "came from no ticket" in words(refused)) == (422, True)


def test_an_ending_that_is_refused_tells_nothing(cast: Cast) -> None:
    session = from_ticket(cast)
    resolve(session)
    with account_scope(cast.account.pk), pytest.raises(IllegalTransition):
        actions.abandon(session, reason="Again", by=session.user)

    assert PsaPush.objects.count() == 1


def test_a_hand_over_outside_and_an_abandonment_are_told_too(cast: Cast) -> None:
    handed, given_up = from_ticket(cast), from_ticket(cast)
    with account_scope(cast.account.pk):
        actions.escalate(handed, reason="Needs the vendor.", destination="Printer Inc.", by=handed.user)
        actions.abandon(given_up, reason="Nobody answers.", by=None)

    first, second = PsaPush.objects.order_by("created_at")
    assert first.body.startswith("Escalated by Engineer.")
    assert "Handed over to: Printer Inc.\n\nReason: Needs the vendor." in first.body
    assert second.body.startswith("Abandoned.\n")
    assert "\n\nReason: Nobody answers.\n\n" in second.body


def test_minutes_are_asked_of_every_ending_that_tells_a_ticket_and_written_there(cast: Cast) -> None:
    handed, given_up, plain = from_ticket(cast), from_ticket(cast), make_session(cast)
    for name, session in (("escalate", handed), ("abandon", given_up)):
        assert 'name="worked_minutes" value="1"' in text(get(cast.engineer, name, session))
        assert 'name="worked_minutes"' not in text(get(cast.engineer, name, plain))
    outside = {"code": "provider", "where": "outside", "destination": "Printer Inc."}

    send(cast.engineer, "escalate", handed, reason="Needs the vendor.", worked_minutes="12", **outside)
    send(cast.engineer, "abandon", given_up, reason="Nobody answers.", worked_minutes="7")

    assert list(PsaPush.objects.order_by("created_at").values_list("minutes", flat=True)) == [12, 7]
    assert "12 minutes of work." in PsaPush.objects.get(session_id=handed.pk).body


def test_more_than_a_ticket_system_takes_in_one_entry_is_said_before_it_ends(cast: Cast) -> None:
    session = from_ticket(cast)
    resolution = {"summary": "The spooler hung.", "action": "Restart it.", "worked_minutes": "1441"}

    refused = send(cast.engineer, "resolve", session, **resolution)

    assert "Ticket systems take at most 24 hours in one entry: 1440 minutes." in words(refused)
    assert (stands(session), PsaPush.objects.count()) == (("active",), 0)
    send(cast.engineer, "resolve", session, write_back="nothing", **resolution)
    assert stands(session, "worked_minutes") == ("resolved", 1441)


def test_what_is_done_after_a_reopening_is_the_time_that_is_written_then(cast: Cast) -> None:
    session = from_ticket(cast)
    resolve(session, worked_minutes=25)
    with account_scope(cast.account.pk):
        actions.reopen(session, by=session.user)
    resolve(session, worked_minutes=40)
    with account_scope(cast.account.pk):
        actions.reopen(session, by=session.user)
        actions.abandon(session, reason="Nobody answers.", by=session.user)

    assert list(PsaPush.objects.order_by("created_at").values_list("minutes", flat=True)) == [25, 15, None]


def test_minutes_that_a_system_does_not_take_are_said_not_to_be_written(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs = Capabilities(signed_webhooks=True, time_needs=("member", "role"))
    monkeypatch.setattr(PracticeConnector, "capabilities", needs)
    session = from_ticket(cast, member="10")
    assert "not set up to take time" in text(get(cast.engineer, "resolve", session))
    resolve(session, worked_minutes=25)
    with account_scope(cast.account.pk):
        actions.reopen(session, by=session.user)
    PsaConnection.objects.update(mapping={"member": "10", "role": "8"})
    session.refresh_from_db()
    resolve(session, worked_minutes=40)

    assert list(PsaPush.objects.order_by("created_at").values_list("minutes", flat=True)) == [None, 40]
    assert "not set up to take time" not in text(get(cast.engineer, "resolve", from_ticket(cast, **MAPPED)))

    PsaConnection.objects.update(mapping={})
    deliver_all()
    assert set(PracticeNote.objects.values_list("minutes", flat=True)) == {None}
    assert PsaPush.objects.filter(minutes__isnull=False).count() == 0


def test_a_session_that_is_reopened_closes_its_ticket_no_more(cast: Cast) -> None:
    session = from_ticket(cast, statuses={"resolved": "closed"})
    resolve(session)
    with account_scope(cast.account.pk):
        actions.reopen(session, by=session.user)
    assert deliver_all() == "delivered 1"
    assert PracticeNote.objects.get().ticket.status != "closed"


def test_a_session_without_a_ticket_tells_nobody(cast: Cast) -> None:
    session = make_session(cast)
    resolve(session)

    assert PsaPush.objects.count() == 0
