from datetime import timedelta
from random import Random
from uuid import uuid4

import psycopg
import pytest
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from flowpilot.accounts.models import AuditEvent, Notification, User
from flowpilot.core.scope import account_scope
from flowpilot.core.sealing import SHOWN
from flowpilot.psa import metrics, outbox
from flowpilot.psa.counting import LATER
from flowpilot.psa.delivery import LEASE, MOST_ATTEMPTS, QUIET, Courier
from flowpilot.psa.models import PsaConnection, PsaPush
from tests.factories import Cast, make_cast
from tests.psa.post import A_DAY, Post, outcomes
from tests.psa.system import FailingSystem, Killed

pytestmark = pytest.mark.django_db

OPEN = Q(state__in=["pending", "sending"]) | Q(count_again_at__isnull=False)


def test_a_note_goes_with_its_marker_minutes_and_words(cast: Cast) -> None:
    post = Post(cast)
    push = post.note()

    assert post.deliver() == 1

    push.refresh_from_db()
    assert (push.state, push.attempts, push.external_id) == ("delivered", 1, f"note-{push.marker}")
    assert post.system.counted == {push.marker: 1}
    assert outcomes(push) == ["delivered"]
    assert post.deliver(A_DAY) == 0


def test_what_arrived_without_an_answer_is_found_and_not_written_again(cast: Cast) -> None:
    post = Post(cast, "after")
    push = post.note()

    assert post.deliver() == 0
    assert post.deliver(QUIET / 2) == 0, "a slow server has time to finish"
    assert post.system.asked[push.marker] == 1
    assert post.deliver(QUIET) == 1

    push.refresh_from_db()
    assert (push.state, push.attempts) == ("delivered", 1)
    assert post.system.counted == {push.marker: 1}
    assert outcomes(push) == ["uncertain", "found"]


def test_a_server_that_finishes_after_we_gave_up_makes_no_second_note(cast: Cast) -> None:
    post = Post(cast, "late")
    push = post.note()

    post.deliver()
    post.deliver(2 * QUIET)

    assert post.system.counted == {push.marker: 1}


def test_what_did_not_arrive_is_written_after_a_look(cast: Cast) -> None:
    post = Post(cast, "lost")
    push = post.note()

    post.deliver()
    assert post.deliver(2 * QUIET) == 1

    push.refresh_from_db()
    assert (push.state, push.attempts) == ("delivered", 2)
    assert post.system.counted == {push.marker: 1}


def test_a_look_that_fails_is_not_followed_by_a_write(cast: Cast) -> None:
    post = Post(cast, "after", "unreachable")
    push = post.note()

    post.deliver()
    assert post.deliver(2 * QUIET) == 0
    assert post.system.asked[push.marker] == 1
    assert post.deliver(A_DAY) == 1
    assert post.system.counted == {push.marker: 1}


def test_where_nothing_can_be_looked_for_a_person_decides(cast: Cast) -> None:
    post = Post(cast, "after", finds=False)
    push = post.note()
    post.deliver()
    post.deliver(2 * QUIET)

    push.refresh_from_db()
    assert push.state == "unknown"
    assert list(PsaPush.objects.for_people()) == [push]

    with account_scope(cast.account.pk):
        outbox.arrived(push, by=post.cast.account_admin)
    push.refresh_from_db()
    assert push.state == "delivered"
    assert post.deliver(A_DAY) == 0


def test_where_the_look_is_refused_a_person_decides_and_nothing_is_written_unseen(cast: Cast) -> None:
    post = Post(cast, "after", "no look", "no look")
    push = post.note()
    post.deliver()
    post.deliver(2 * QUIET)

    push.refresh_from_db()
    assert (push.state, outcomes(push)) == ("unknown", ["uncertain", "uncertain"])

    with account_scope(cast.account.pk):
        outbox.retry(push, by=cast.account_admin)
    post.deliver(A_DAY)
    push.refresh_from_db()
    assert (push.state, post.system.counted) == ("unknown", {push.marker: 1})


def test_a_look_that_fails_for_days_ends_with_a_person_whose_word_counts(cast: Cast) -> None:
    post = Post(cast, "lost", *["unreachable"] * 7)
    push = post.note()
    for _day in range(9):
        post.deliver(timedelta(days=2))

    push.refresh_from_db()
    assert (push.state, push.attempts, push.tries.count()) == ("unknown", 1, 8)

    with account_scope(cast.account.pk):
        outbox.retry(push, missing=True, by=cast.account_admin)
    assert post.deliver() == 1
    assert post.system.counted == {push.marker: 1}


def test_a_pause_stops_the_run_that_is_under_way(cast: Cast) -> None:
    post = Post(cast)
    post.note()
    post.note()
    post.system.meanwhile = lambda: PsaConnection.objects.update(state="paused")

    assert post.deliver() == 1
    assert PsaConnection.objects.get().state == "paused"
    assert PsaPush.objects.filter(state="pending").count() == 1


@pytest.mark.parametrize("fault", ["killed before", "killed after"])
def test_a_process_that_dies_in_the_call_leaves_a_lease_that_runs_out(cast: Cast, fault: str) -> None:
    post = Post(cast, fault)
    push = post.note()
    with pytest.raises(Killed):
        post.deliver()

    assert post.deliver(LEASE / 2) == 0
    assert post.deliver(LEASE) == 1

    assert post.system.counted == {push.marker: 1}
    assert outcomes(push)[0] == "begun"


@pytest.mark.parametrize(
    ("fault", "words"), [("refused", "The ticket is closed"), ("gone", "No such ticket")]
)
def test_what_is_refused_is_not_tried_again_and_says_why(cast: Cast, fault: str, words: str) -> None:
    post = Post(cast, fault)
    push = post.note()
    post.deliver()

    push.refresh_from_db()
    assert (push.state, push.error) == ("dead", words)
    assert post.deliver(A_DAY) == 0

    with account_scope(cast.account.pk):
        outbox.retry(push, body="Printer works again: password: Hunter2!x9", minutes=5, by=cast.account_admin)
    assert post.deliver() == 1
    push.refresh_from_db()
    assert (push.body, push.minutes) == ("Printer works again: password: <SECRET_1>", 5)
    told = AuditEvent.objects.get(subject_id=push.pk)
    assert (told.actor, told.verb) == (cast.account_admin, "changed")
    assert told.changes == {
        "state": ["dead", "pending"],
        "minutes": ["12", "5"],
        "body": [SHOWN, SHOWN],
    }
    with account_scope(cast.account.pk), pytest.raises(outbox.NotForPeople):
        outbox.retry(push, by=cast.account_admin)


def test_a_refused_login_stops_the_connection_and_tells_the_admins(cast: Cast) -> None:
    post = Post(cast, "login")
    first, second = post.note(), post.note()
    post.deliver()

    post.connection.refresh_from_db()
    assert (post.connection.state, post.connection.trouble) == ("failed", "The key has expired")
    assert Notification.objects.filter(user=cast.account_admin, kind="psa_login_refused").count() == 1
    assert post.deliver(A_DAY) == 0

    post.connection.state = PsaConnection.State.OK
    post.connection.save()
    assert post.deliver() == 2
    assert set(PsaPush.objects.values_list("pk", "attempts")) == {(first.pk, 1), (second.pk, 1)}


def test_a_system_that_asks_to_wait_is_left_alone_so_long_by_everybody(cast: Cast) -> None:
    post = Post(cast, "limited")
    post.note()
    post.note()

    assert post.deliver() == 0
    assert post.deliver(timedelta(seconds=80)) == 0
    assert sum(post.system.asked.values()) == 1
    assert post.deliver(timedelta(seconds=20)) == 2
    assert set(PsaPush.objects.values_list("attempts", flat=True)) == {1}


def test_what_cannot_be_reached_is_given_up_after_days_with_its_reason(cast: Cast) -> None:
    post = Post(cast, *["unreachable"] * 20)
    push = post.note()
    for _day in range(12):
        post.deliver(timedelta(days=2))

    push.refresh_from_db()
    assert (push.state, push.attempts, push.error) == ("dead", MOST_ATTEMPTS, "No route to the host")
    assert post.system.counted == {}


def test_a_status_waits_for_the_notes_of_its_session(cast: Cast) -> None:
    post = Post(cast, "unreachable")
    session = uuid4()
    post.note(session)
    post.status(session)

    assert post.deliver() == 0
    assert post.deliver(A_DAY) == 2
    assert post.system.written == ["note", "status closed"]


def test_the_same_status_may_be_set_twice_without_a_look(cast: Cast) -> None:
    post = Post(cast, "after")
    push = post.status(uuid4())
    post.deliver()

    assert post.deliver(A_DAY) == 1
    push.refresh_from_db()
    assert push.attempts == 2


def test_failed_retries_are_not_counted_as_eventual_successes(cast: Cast) -> None:
    """Each push counts once, however often it was tried."""
    post = Post(cast, *["unreachable"] * 3, "ok", "refused")
    since = timezone.now() - A_DAY
    post.note()
    for _time in range(6):
        post.deliver(A_DAY)
    post.note()
    post.deliver(A_DAY)

    told = metrics.delivery(cast.account.pk, since, since + 2 * A_DAY)

    assert (told.at_first, told.delivered, told.attempted, told.dead) == (0, 1, 2, 1)
    assert (told.first_attempt_rate, told.eventual_rate) == (0, 0.5)
    assert told.dead_by_class == {"Refused": 1}


def test_what_a_person_had_tried_again_did_not_arrive_at_first(cast: Cast) -> None:
    post = Post(cast, "refused")
    push = post.note()
    post.deliver()
    with account_scope(cast.account.pk):
        outbox.retry(push, by=cast.account_admin)
    assert post.deliver(A_DAY) == 1

    told = metrics.delivery(cast.account.pk, timezone.now() - A_DAY, timezone.now() + A_DAY)
    assert (told.at_first, told.delivered, told.attempted) == (0, 1, 1)


def test_a_note_that_comes_when_another_was_written_is_counted_as_a_duplicate_and_told(cast: Cast) -> None:
    post = Post(cast, "too late")
    push, plain = post.note(), post.note()
    post.deliver()
    assert post.deliver(2 * QUIET) == 1
    assert post.deliver(LATER / 2) == 0

    now = timezone.now()
    told = metrics.delivery(cast.account.pk, now - A_DAY, now + A_DAY)
    assert (told.delivered, told.duplicates, told.counted, told.to_count) == (2, 0, 0, 1)
    post.deliver(LATER)

    told = metrics.delivery(cast.account.pk, now - A_DAY, now + A_DAY)
    assert post.system.counted == {push.marker: 2, plain.marker: 1}
    assert (told.delivered, told.duplicates, told.counted, told.to_count) == (2, 1, 1, 0)
    said = Notification.objects.get(user=cast.account_admin, kind="psa_duplicate")
    assert said.text == "A note is 2 times in ticket 77 of “Failing”."
    assert PsaPush.objects.get(pk=plain.pk).copies is None, "of it there was no doubt"


@pytest.mark.parametrize(
    ("answers", "counted"),
    [
        (["unreachable"], True),
        (["limited"], True),
        (["unreachable"] * 400, False),
        (["no look"], False),
    ],
)
def test_a_count_waits_for_the_system_a_day_and_no_longer(
    cast: Cast, answers: list[str], counted: bool
) -> None:
    post = Post(cast, "after", "", *answers)
    push = post.note()
    post.deliver()
    assert post.deliver(2 * QUIET) == 1
    for _time in range(3):
        post.deliver(A_DAY * 0.6)

    push.refresh_from_db()
    assert (push.state, push.copies, push.count_again_at) == ("delivered", 1 if counted else None, None)


def test_who_has_lost_the_lock_stops_and_no_push_is_two_couriers(cast: Cast) -> None:
    """The second begins while the first, whose lock the server gave up, is in the middle of a call."""
    post, second = Post(cast), list[int]()
    made = [post.note() for _push in range(3)]
    other = FailingSystem(post.clock)

    def another_takes_over() -> None:
        post.loses_its_lock()
        second.append(Courier(post.connection, other, post.clock).deliver())

    post.system.meanwhile = another_takes_over
    assert post.deliver() == 1

    assert second == [2]
    assert post.system.asked + other.asked == {push.marker: 1 for push in made}
    assert set(PsaPush.objects.values_list("state", "attempts")) == {("delivered", 1)}


@pytest.mark.django_db(transaction=True)
def test_what_another_courier_takes_in_this_moment_is_passed_over() -> None:
    post = Post(make_cast("acme"))
    first, second = post.note(), post.note()
    parameters = {name: connection.settings_dict[name.upper()] for name in ("host", "port", "user")}

    with psycopg.connect(**parameters, dbname=connection.settings_dict["NAME"]) as another:
        another.execute("SELECT set_config('app.account_id', %s, false)", [str(first.account_id)])
        another.execute("SELECT FROM psa_psapush WHERE id = %s FOR UPDATE", [first.pk])
        assert post.deliver() == 1

    assert post.deliver() == 1
    assert post.system.asked == {second.marker: 1, first.marker: 1}


FAULTS = [
    "",
    "",
    "",
    "lost",
    "after",
    "late",
    "unreachable",
    "limited",
    "refused",
    "no look",
    "killed before",
    "killed after",
]


def a_person_looks(push: PsaPush, *, is_there: bool, by: User) -> None:
    with account_scope(push.account_id):
        if is_there:
            outbox.arrived(push, by=by)
        else:
            outbox.retry(push, missing=True, by=by)


@pytest.mark.parametrize("pushes", [60, pytest.param(1_000, marks=pytest.mark.soak)])
def test_whatever_fails_nothing_is_lost_and_nothing_doubled(cast: Cast, pushes: int) -> None:
    """Random faults and deaths; the system's own count is the truth that the metrics have to agree with."""
    chance = Random(20)
    post = Post(cast, *(chance.choice(FAULTS) for _fault in range(pushes * 2)))
    since = timezone.now() - A_DAY
    made = [post.note() for _push in range(pushes)]

    for _round in range(pushes * 10):
        for push in PsaPush.objects.filter(state="unknown"):
            a_person_looks(push, is_there=bool(post.system.counted[push.marker]), by=cast.account_admin)
        if not PsaPush.objects.filter(OPEN).exists():
            break
        try:
            post.deliver(timedelta(minutes=10))
        except Killed:
            continue

    states = dict(PsaPush.objects.values_list("marker", "state"))
    there = {marker for marker, state in states.items() if state == "delivered"}
    assert set(states.values()) <= {"delivered", "dead"}
    assert post.system.counted == dict.fromkeys(there, 1)
    told = metrics.delivery(cast.account.pk, since, since + 2 * A_DAY)
    assert (told.delivered, told.dead) == (len(there), len(made) - len(there))
    assert told.at_first == sum(post.system.sent[marker] == 1 for marker in there)
    assert told.pending == told.unknown == told.duplicates == told.to_count == 0
    assert told.counted == PsaPush.objects.filter(copies=1).count() > 0
