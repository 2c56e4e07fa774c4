"""What people may decide about what was, or was not, written: and what they may not."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from flowpilot.core.scope import account_scope
from flowpilot.psa import metrics, outbox
from flowpilot.psa.delivery import LEASE, QUIET
from flowpilot.psa.models import PsaConnection, PsaPush
from tests.factories import Cast, make_push
from tests.psa.post import A_DAY, Post
from tests.psa.system import Killed
from tests.screens import words

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("changed", [{"body": "Another text."}, {"minutes": 5}], ids=["text", "minutes"])
def test_what_may_be_there_is_not_changed_unless_it_was_seen_to_be_missing(
    cast: Cast, changed: dict[str, object]
) -> None:
    post = Post(cast, "after", "no look")
    push = post.note()
    post.deliver()
    post.deliver(2 * QUIET)
    with account_scope(cast.account.pk), pytest.raises(outbox.NotForPeople, match="as it was sent"):
        outbox.retry(push, by=cast.account_admin, **changed)
    push.refresh_from_db()
    assert (push.state, push.body, push.minutes) == ("unknown", "Printer works again.", 12)

    post.system.counted.clear()
    with account_scope(cast.account.pk):
        outbox.retry(push, by=cast.account_admin, missing=True, **changed)
    push.refresh_from_db()
    assert (push.state, {"body": push.body, "minutes": push.minutes}.items() >= changed.items()) == (
        "pending",
        True,
    )


def test_a_text_that_a_form_broke_otherwise_is_no_other_text(client: Client, cast: Cast) -> None:
    kept = "Resolved.\n\nFixed it.\n"
    push = make_push(cast, state="unknown", body=kept)
    client.force_login(cast.account_admin)
    url = reverse("connections:retry", args=[push.pk])
    refused = client.post(url, {"body": "Mine.", "minutes": "7"})
    assert (refused.status_code, "Mine." in refused.content.decode()) == (409, True)

    client.post(url, {"body": kept.replace("\n", "\r\n"), "minutes": ""})

    push.refresh_from_db()
    assert (push.state, push.body, push.look_first) == ("pending", kept, True)


def test_what_a_dead_worker_had_in_hand_can_be_put_aside_where_nobody_takes_it_up(
    client: Client, cast: Cast
) -> None:
    post = Post(cast, "killed before")
    push = post.note()
    with pytest.raises(Killed):
        post.deliver()
    PsaConnection.objects.update(state="paused")
    client.force_login(cast.account_admin)
    page = reverse("connections:push", args=[push.pk])
    assert "“Failing” is paused: it is written when an account admin resumes it." in words(client.get(page))
    with account_scope(cast.account.pk), pytest.raises(outbox.NotForPeople):
        outbox.put_aside(push, by=cast.account_admin)

    PsaPush.objects.update(lease_until=push.created_at - LEASE)
    assert client.post(reverse("connections:put-aside", args=[push.pk])).status_code == 303

    push.refresh_from_db()
    assert (push.state, push.put_aside_at is not None, push.lease_until) == ("unknown", True, None)


def test_the_session_says_why_nothing_is_written_while_the_connection_is_paused(
    client: Client, cast: Cast
) -> None:
    push = make_push(cast, state="pending", attempts=1)
    PsaConnection.objects.update(state="paused")
    client.force_login(cast.engineer)
    told = client.get(reverse("sessions:told", args=[push.session_id]))

    assert "is paused: it is written when an account admin resumes it." in words(told)
    assert "Next attempt" not in words(told)
    assert "every 5s" not in told.content.decode(), "nothing changes by itself"


def test_the_next_attempt_is_not_before_the_system_wants_to_be_asked(cast: Cast) -> None:
    post = Post(cast, "limited")
    push = post.note()
    assert push.expected_at == push.next_attempt_at
    post.deliver()

    push = PsaPush.objects.select_related("connection").get()
    assert push.next_attempt_at == post.clock()
    assert push.expected_at == post.clock() + timedelta(seconds=90)


def test_what_closed_a_ticket_for_us_does_not_keep_us_from_what_comes_after(cast: Cast) -> None:
    post = Post(cast)
    post.status(uuid4(), "waiting")
    post.status(uuid4(), "closed")
    post.deliver()
    first = PsaPush.objects.get(body="waiting")
    post.status(uuid4(), "escalated")
    assert post.deliver(timedelta(seconds=1)) == 1
    assert post.system.ours == ["", "waiting", "closed"]

    PsaPush.objects.filter(pk=first.pk).update(state="dead")
    with account_scope(cast.account.pk), pytest.raises(outbox.NotForPeople, match="later status"):
        outbox.retry(first, by=cast.account_admin)


def test_a_session_that_goes_on_leaves_out_the_status_that_was_to_close_its_ticket(cast: Cast) -> None:
    note = make_push(cast, state="pending", error="")
    with account_scope(cast.account.pk):
        status = outbox.put_status(note.connection, "1", session_id=note.session_id, status_id="closed")
        outbox.withdraw_statuses(cast.account.pk, note.session_id, by=cast.engineer)

    status.refresh_from_db()
    note.refresh_from_db()
    assert (status.state, status.put_aside_at is not None, note.state) == ("dead", True, "pending")
    told = metrics.delivery(cast.account.pk, note.created_at - A_DAY, note.created_at + A_DAY)
    assert (told.dead, told.left_out, told.dead_by_class, told.eventual_rate) == (0, 1, {}, None)


def test_what_waits_or_nobody_knows_is_not_among_the_attempted(cast: Cast) -> None:
    post = Post(cast, "", "unreachable", "after", "refused")
    for _push in range(4):
        post.note()
    post.deliver()
    PsaPush.objects.filter(look_first=True).update(state="unknown")

    told = metrics.delivery(cast.account.pk, post.clock() - A_DAY, post.clock() + A_DAY)

    assert (told.at_first, told.attempted, told.pending, told.unknown) == (1, 2, 1, 1)
