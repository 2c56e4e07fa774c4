"""An ending of a session that came from a ticket is told there, once."""

from typing import Any

import pytest

from flowpilot.core.scope import account_scope
from flowpilot.psa.jobs import deliver_all
from flowpilot.psa.models import PracticeNote, PsaPush
from sessions import actions
from sessions.models import AISession
from sessions.rules import IllegalTransition
from tests.factories import Cast, add_answered, make_practice_ticket, make_session

pytestmark = pytest.mark.django_db


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
        "Steps taken:\n1. Restart the spooler — Worked · Prints again"
    )


def test_the_note_arrives_in_the_ticket_and_the_status_after_it(cast: Cast) -> None:
    session = from_ticket(cast, statuses={"resolved": "closed"}, internal=False)
    resolve(session)

    assert deliver_all() == "delivered 2"

    note = PracticeNote.objects.get()
    assert (note.internal, note.ticket.status) == (False, "closed")
    assert note.marker in note.text
    assert deliver_all() == "delivered 0"


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
    assert "Handed over to: Printer Inc." in first.body
    assert second.body.startswith("Abandoned.\n")


def test_a_session_without_a_ticket_tells_nobody(cast: Cast) -> None:
    session = make_session(cast)
    resolve(session)

    assert PsaPush.objects.count() == 0
