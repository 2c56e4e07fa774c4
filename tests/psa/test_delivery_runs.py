"""How far one run goes, and what a person may ask of the next."""

from datetime import timedelta

import pytest

from flowpilot.core.scope import account_scope
from flowpilot.psa import delivery, jobs, outbox, registry
from flowpilot.psa.delivery import QUIET
from flowpilot.psa.models import PsaPush
from flowpilot.psa.ports import Refused
from tests.factories import Cast, make_push
from tests.psa.post import A_DAY, Post
from tests.psa.system import REFUSALS

pytestmark = pytest.mark.django_db


def test_a_run_begins_nothing_further_after_its_time(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "LONGEST", 0.0)
    post = Post(cast)
    for _push in range(2):
        post.note()

    assert [post.deliver(), post.deliver(), post.deliver()] == [1, 1, 0]


def test_a_system_that_is_silent_is_asked_three_times_in_a_run(cast: Cast) -> None:
    post = Post(cast, "", "unreachable", "refused", *["unreachable"] * 3)
    for _push in range(7):
        post.note()

    assert post.deliver() == 1
    assert sum(post.system.asked.values()) == 6
    assert post.deliver() == 1


def test_one_connection_that_is_broken_stops_no_other(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(row: object) -> object:
        raise ValueError("Port could not be cast to integer value")

    Post(cast).note()
    monkeypatch.setitem(registry.PROVIDERS, "failing", ("Broken", broken))
    arrives = make_push(cast, state="pending", error="")

    assert jobs.deliver_account(str(cast.account.pk)) == "delivered 1"
    arrives.refresh_from_db()
    assert arrives.state == "delivered"


def test_what_a_system_says_is_kept_without_what_no_database_takes(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(REFUSALS, "refused", Refused("Closed\x00 \ud800since"))
    push = Post(cast, "refused")
    noted = push.note()
    push.deliver()

    noted.refresh_from_db()
    assert (noted.state, noted.error) == ("dead", "Closed since")


def test_a_person_who_asks_again_does_not_shorten_the_time_of_a_slow_server(cast: Cast) -> None:
    post = Post(cast, "late", "no look")
    push = post.note()
    post.deliver()
    PsaPush.objects.update(state="unknown")
    with account_scope(cast.account.pk):
        outbox.retry(push, by=cast.account_admin)

    assert post.deliver(QUIET / 2) == 0
    assert post.system.asked[push.marker] == 1
    post.system.faults = iter(())
    assert post.deliver(QUIET) == 1
    assert post.system.counted == {push.marker: 1}


def test_what_is_asked_for_again_is_not_counted_before_it_is_there(cast: Cast) -> None:
    post = Post(cast, "after")
    push = post.note()
    post.deliver()
    post.deliver(2 * QUIET)
    PsaPush.objects.update(copies=0)
    with account_scope(cast.account.pk):
        outbox.retry(push, by=cast.account_admin)

    push.refresh_from_db()
    assert (push.state, push.count_again_at) == ("pending", None)
    PsaPush.objects.update(count_again_at=post.clock())
    assert list(PsaPush.objects.to_count(post.clock() + A_DAY)) == []


def test_minutes_that_were_left_out_by_decision_are_told_by_the_next_ending(cast: Cast) -> None:
    post = Post(cast, "refused")
    push = post.note()
    post.deliver(timedelta())
    assert outbox.minutes_of(cast.account.pk, push.session_id) == 12

    with account_scope(cast.account.pk):
        outbox.put_aside(push, by=cast.account_admin)

    assert outbox.minutes_of(cast.account.pk, push.session_id) == 0
