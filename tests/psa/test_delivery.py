from datetime import timedelta
from random import Random
from uuid import uuid4

import pytest
from django.utils import timezone

from flowpilot.accounts.models import Notification
from flowpilot.core.scope import account_scope
from flowpilot.psa import metrics, outbox
from flowpilot.psa.delivery import LEASE, MOST_ATTEMPTS, QUIET, Courier
from flowpilot.psa.models import PsaConnection, PsaPush
from tests.factories import Cast
from tests.psa.system import Clock, FailingSystem, Killed

pytestmark = pytest.mark.django_db

A_DAY = timedelta(days=1)


class Post:
    """One connection of the cast's account to a system that fails as told, and who delivers to it."""

    def __init__(self, cast: Cast, *faults: str, finds: bool = True, seed: int = 1) -> None:
        self.cast = cast
        self.connection = PsaConnection.objects.create(
            account=cast.account, provider="failing", name="Failing"
        )
        self.clock = Clock(timezone.now() + timedelta(minutes=1))
        self.system = FailingSystem(self.clock, iter(faults), finds)
        self.chance = Random(seed)

    def note(self, session_id: object = None) -> PsaPush:
        return outbox.put_note(
            self.connection, "77", session_id=session_id or uuid4(), text="Printer works again.", minutes=12
        )

    def status(self, session_id: object) -> PsaPush:
        return outbox.put_status(self.connection, "77", session_id=session_id, status_id="closed")

    def deliver(self, after: timedelta = timedelta()) -> int:
        self.clock.passes(after)
        self.connection.refresh_from_db()
        courier = Courier(self.connection, self.system, self.clock, self.chance)
        with account_scope(self.cast.account.pk):
            return courier.deliver()


def outcomes(push: PsaPush) -> list[str]:
    return list(push.tries.values_list("outcome", flat=True))


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
        outbox.arrived(push)
    push.refresh_from_db()
    assert push.state == "delivered"
    assert post.deliver(A_DAY) == 0


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
        outbox.retry(push, body="Printer works again, with fewer words.")
    assert post.deliver() == 1
    with account_scope(cast.account.pk), pytest.raises(outbox.NotForPeople):
        outbox.retry(push)


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
    "killed before",
    "killed after",
]


@pytest.mark.parametrize("pushes", [60, pytest.param(1_000, marks=pytest.mark.soak)])
def test_whatever_fails_nothing_is_lost_and_nothing_doubled(cast: Cast, pushes: int) -> None:
    """Random faults and deaths; the system's own count is the truth that the metrics have to agree with."""
    chance = Random(20)
    post = Post(cast, *(chance.choice(FAULTS) for _fault in range(pushes * 2)))
    since = timezone.now() - A_DAY
    made = [post.note() for _push in range(pushes)]

    for _round in range(pushes * 10):
        if not PsaPush.objects.filter(state__in=["pending", "sending"]).exists():
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
    assert told.pending == told.unknown == 0
