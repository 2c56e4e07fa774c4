"""What is never forgotten of a push: that it may be there, who has it in hand, what a person decided."""

import pytest
from django.test import Client
from django.urls import reverse

from flowpilot.accounts.models import AuditEvent, Notification
from flowpilot.core.scope import account_scope
from flowpilot.psa import metrics, outbox
from flowpilot.psa.counting import LATER
from flowpilot.psa.delivery import LEASE, PAUSES, QUIET, Courier
from flowpilot.psa.models import PsaConnection, PsaPush
from tests.factories import Cast, make_push
from tests.psa.post import A_DAY, Post, outcomes
from tests.psa.system import FailingSystem
from tests.screens import words

pytestmark = pytest.mark.django_db

SLOW = QUIET * 2
"""Within which what is `too late` is not there yet; after twice of it, it is."""


def kinds(cast: Cast) -> list[str]:
    return list(Notification.objects.filter(user=cast.account_admin).values_list("kind", flat=True))


@pytest.mark.parametrize("answer", ["limited", "login", "unreachable", "forbidden", "refused"])
def test_a_write_without_an_answer_is_looked_for_whatever_later_ones_are_answered(
    cast: Cast, answer: str
) -> None:
    """The first is on its way for three minutes; the second is sent after a look in vain, and answered no."""
    post = Post(cast, "too late", "", answer)
    push = post.note()
    post.deliver()
    post.deliver(SLOW)
    assert post.system.asked[push.marker] == 2
    PsaConnection.objects.update(state="ok")
    if answer == "refused":
        with account_scope(cast.account.pk):
            outbox.retry(push, by=cast.account_admin)

    assert post.deliver(SLOW * 2) == 1

    assert post.system.counted == {push.marker: 1}
    assert outcomes(push)[-1] == "found"


def test_a_look_that_is_put_off_leaves_the_doubt(cast: Cast) -> None:
    post = Post(cast, "late", "limited")
    push = post.note()
    post.deliver()
    assert post.deliver(SLOW) == 0
    assert post.deliver(SLOW) == 1

    assert (post.system.counted, post.system.asked) == ({push.marker: 1}, {push.marker: 1})
    assert outcomes(push) == ["uncertain", "put_off", "found"]


def test_a_ticket_that_may_not_be_touched_holds_up_no_other_and_can_be_put_aside(cast: Cast) -> None:
    post = Post(cast)
    post.system.closed_to_us = {"1"}
    locked, free = post.note(ticket_id="1"), post.note()

    assert post.deliver() == 1

    locked.refresh_from_db()
    free.refresh_from_db()
    post.connection.refresh_from_db()
    assert (free.state, locked.state, locked.error) == ("delivered", "pending", "No rights to this ticket")
    assert (post.connection.state, kinds(cast)) == ("ok", [])

    with account_scope(cast.account.pk):
        outbox.put_aside(locked, by=cast.account_admin)
        with pytest.raises(outbox.NotForPeople):
            outbox.put_aside(locked, by=cast.account_admin)
    assert post.deliver(A_DAY) == 0
    locked.refresh_from_db()
    assert (locked.state, list(PsaPush.objects.for_people())) == ("dead", [])
    told = AuditEvent.objects.get(subject_id=locked.pk)
    assert (told.note, told.changes) == ("It was put aside.", {"state": ["pending", "dead"]})

    post.system.closed_to_us = set()
    with account_scope(cast.account.pk):
        outbox.retry(locked, by=cast.account_admin)
    assert post.deliver() == 1


def test_of_what_is_put_aside_in_doubt_nobody_knows_until_somebody_has_seen_it(cast: Cast) -> None:
    post = Post(cast, "after")
    push = post.note()
    post.deliver()
    with account_scope(cast.account.pk):
        outbox.put_aside(push, by=cast.account_admin)
    push.refresh_from_db()
    assert (push.state, push.is_for_people, push.is_to_come) == ("unknown", False, False)

    with account_scope(cast.account.pk):
        outbox.arrived(push, by=cast.account_admin)
    push.refresh_from_db()
    assert (push.state, push.put_aside_at) == ("delivered", None)


def test_what_may_not_be_touched_for_days_is_given_up_and_told_once(cast: Cast) -> None:
    post = Post(cast)
    post.system.closed_to_us = {"1"}
    post.note(ticket_id="1")
    post.note(ticket_id="1")
    for _day in range(len(PAUSES) + 1):
        post.deliver(2 * A_DAY)

    assert set(PsaPush.objects.values_list("state", flat=True)) == {"dead"}
    assert kinds(cast) == ["psa_not_written"]


def test_looks_in_vain_are_counted_from_when_a_person_asked_again(cast: Cast) -> None:
    post = Post(cast, "lost", *["unreachable"] * 9)
    push = post.note()
    for _day in range(9):
        post.deliver(2 * A_DAY)
    push.refresh_from_db()
    assert push.state == "unknown"

    with account_scope(cast.account.pk):
        outbox.retry(push, by=cast.account_admin)
    for _look in range(3):
        post.deliver(2 * A_DAY)

    push.refresh_from_db()
    assert (push.state, post.system.counted) == ("delivered", {push.marker: 1})


def test_a_note_that_is_there_no_more_is_told_and_written_again_only_by_decision(cast: Cast) -> None:
    post = Post(cast, "after")
    push = post.note()
    post.deliver()
    assert post.deliver(SLOW) == 1
    post.system.counted.clear()
    post.deliver(LATER)

    assert list(PsaPush.objects.for_people()) == [push]
    said = Notification.objects.get(user=cast.account_admin)
    assert (said.kind, said.text) == ("psa_gone", "A note is not in ticket 77 of “Failing” any more.")
    assert post.deliver(A_DAY) == 0

    with account_scope(cast.account.pk):
        outbox.retry(push, by=cast.account_admin)
    assert post.deliver() == 1
    post.deliver(LATER)
    push.refresh_from_db()
    assert (push.copies, post.system.counted, kinds(cast)) == (1, {push.marker: 1}, [])


def test_what_a_person_has_seen_there_is_believed(cast: Cast) -> None:
    post = Post(cast, "lost", "no look")
    push = post.note()
    post.deliver()
    post.deliver(SLOW)
    with account_scope(cast.account.pk):
        outbox.arrived(push, by=cast.account_admin)
    post.deliver(SLOW + LATER)

    push.refresh_from_db()
    assert (push.copies, push.is_gone, list(PsaPush.objects.for_people())) == (0, False, [])


def test_once_a_duplicate_was_taken_out_it_is_counted_again(cast: Cast) -> None:
    post = Post(cast, "too late")
    push = post.note()
    post.deliver()
    post.deliver(SLOW)
    post.deliver(LATER)
    assert kinds(cast) == ["psa_duplicate"]

    post.system.counted[push.marker] = 1
    with account_scope(cast.account.pk):
        outbox.count_again(push, by=cast.account_admin)
    post.deliver()
    push.refresh_from_db()
    now = metrics.delivery(cast.account.pk, push.created_at - A_DAY, push.created_at + A_DAY)
    assert (push.copies, now.duplicates, kinds(cast)) == (1, 0, [])
    with account_scope(cast.account.pk), pytest.raises(outbox.NotForPeople):
        outbox.count_again(push, by=cast.account_admin)


def test_a_count_that_fails_waits_longer_each_time_and_keeps_what_was_counted(cast: Cast) -> None:
    post = Post(cast, "after", "", *["unreachable"] * 400)
    push = post.note()
    post.deliver()
    post.deliver(SLOW)
    PsaPush.objects.update(copies=2)
    waits = []
    while at := PsaPush.objects.get().count_again_at:
        waits.append(at - post.clock())
        post.deliver(waits[-1])

    push.refresh_from_db()
    assert waits == [LATER, *(LATER * 2**turn for turn in range(9))]
    assert push.copies == 2


@pytest.mark.parametrize(("fault", "state"), [("refused", "dead"), ("after", "unknown")])
def test_a_status_waits_for_a_note_until_somebody_has_decided_about_it(
    cast: Cast, fault: str, state: str
) -> None:
    """The rule: a status follows the notes of its session, there or put aside."""
    post = Post(cast, fault, "no look")
    note = post.note()
    post.status(note.session_id)
    for _time in range(3):
        assert post.deliver(SLOW) == 0
    note.refresh_from_db()
    assert (note.state, post.system.statuses) == (state, {})

    with account_scope(cast.account.pk):
        outbox.put_aside(note, by=cast.account_admin)
    assert post.deliver() == 1
    assert post.system.statuses == {"77": "closed"}


def test_a_status_does_not_overtake_the_one_before_it(cast: Cast) -> None:
    post = Post(cast, "unreachable")
    first = post.status(post.note().session_id, "waiting")
    post.system.faults = iter(["", "unreachable"])
    post.status(first.session_id)

    assert post.deliver() == 1
    assert post.deliver(A_DAY) == 2
    assert post.system.written == ["note", "status waiting", "status closed"]


def test_who_looked_longer_than_the_lease_writes_nothing_that_another_has_in_hand(cast: Cast) -> None:
    """The second took it over, and wrote, while the first waited for the answer to its look."""
    post, other = Post(cast, "lost"), list[int]()
    push = post.note()
    post.deliver()
    theirs = FailingSystem(post.clock, counted=post.system.counted)

    def another_takes_over() -> None:
        post.loses_its_lock()
        post.clock.passes(LEASE)
        other.append(Courier(post.connection, theirs, post.clock).deliver())

    post.system.after_look = another_takes_over
    assert post.deliver(SLOW) == 0

    push.refresh_from_db()
    assert (other, push.state, push.attempts) == ([1], "delivered", 2)
    assert post.system.counted == {push.marker: 1}
    assert outcomes(push) == ["uncertain", "failed", "delivered"]


@pytest.mark.parametrize(("kind", "state"), [("note", "dead"), ("status", "unknown"), ("note", "pending")])
def test_only_a_note_of_which_nobody_knows_can_be_said_to_be_there(cast: Cast, kind: str, state: str) -> None:
    push = make_push(cast, kind=kind, state=state)
    with account_scope(cast.account.pk), pytest.raises(outbox.NotForPeople):
        outbox.arrived(push, by=cast.account_admin)

    push.refresh_from_db()
    assert (push.state, push.delivered_at) == (state, None)


def test_the_session_says_what_waits_for_whom_and_its_holder_leaves_a_note_out(
    client: Client, cast: Cast
) -> None:
    push = make_push(cast)
    with account_scope(cast.account.pk):
        outbox.put_status(push.connection, push.ticket_id, session_id=push.session_id, status_id="closed")
    client.force_login(cast.engineer)
    told = reverse("sessions:told", args=[push.session_id])
    assert "Waits until the note is there or left out." in words(client.get(told))
    assert "every 5s" not in client.get(told).content.decode(), "nothing changes by itself"

    client.post(reverse("sessions:told-put-aside", args=[push.session_id, push.pk]))

    page = words(client.get(told))
    assert ("Left as it is by decision." in page, "Waits until the note" in page) == (True, False)


def test_what_was_counted_wrongly_is_shown_and_counted_again(client: Client, cast: Cast) -> None:
    gone = make_push(cast, state="delivered", external_id="9", copies=0, delivered_at="2026-11-01T10:00Z")
    client.force_login(cast.account_admin)
    listed = words(client.get(reverse("connections:pushes"), {"state": "decide"}))
    page = words(client.get(reverse("connections:push", args=[gone.pk])))
    assert "Not in the ticket any more." in listed
    assert "It was written, and is not in the ticket any more" in page

    client.post(reverse("connections:count-again", args=[gone.pk]))
    gone.refresh_from_db()
    assert gone.count_again_at is not None
    client.post(reverse("connections:put-aside", args=[gone.pk]))
    assert "Left as it is by decision" in words(client.get(reverse("connections:push", args=[gone.pk])))
    assert list(PsaPush.objects.for_people()) == []
