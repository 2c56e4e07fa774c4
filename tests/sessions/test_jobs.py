from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from flowpilot.accounts.models import Account, Notification
from flowpilot.accounts.rounds import AccountsFailed
from sessions import actions, jobs
from sessions.models import AISession
from tests.factories import Cast, make_session

LONG_AGO = timedelta(days=15)


def idle(cast: Cast) -> AISession:
    """An open session that nobody has touched for longer than the account's days, as its holder was told."""
    session = make_session(cast)
    left_alone(session)
    return session


def left_alone(session: AISession) -> None:
    now = timezone.now()
    AISession.objects.filter(pk=session.pk).update(
        updated_at=now - LONG_AGO, idle_warned_at=now - timedelta(days=3)
    )


def states() -> dict[Any, str]:
    return dict(AISession.objects.values_list("pk", "status"))


@contextmanager
def before_the_first_lock(happens: Callable[[], object]) -> Iterator[None]:
    """Let something happen between what the sweep has read and what it locks."""
    waiting = [happens]

    def watch(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if "FOR NO KEY UPDATE" in sql and waiting:
            waiting.pop()()
        return execute(sql, *rest)

    with connection.execute_wrapper(watch):
        yield
    assert not waiting


def test_the_sweep_abandons_idle_sessions_of_its_account_only(cast: Cast, outsiders: Cast) -> None:
    old, fresh, foreign = idle(cast), make_session(cast), idle(outsiders)

    assert jobs.sweep(cast.account.pk, idle_days=14) == 1

    assert states() == {old.pk: "abandoned", fresh.pk: "active", foreign.pk: "active"}
    event = old.events.get(verb="abandon")
    assert (event.actor, event.reason) == (None, "Nothing happened for 14 days.")


def test_every_account_is_swept_after_its_own_days(cast: Cast, outsiders: Cast) -> None:
    Account.objects.filter(pk=outsiders.account.pk).update(idle_abandon_days=30)
    old, foreign = idle(cast), idle(outsiders)

    assert jobs.abandon_idle() == "abandoned 1"

    assert states() == {old.pk: "abandoned", foreign.pk: "active"}


@pytest.mark.parametrize(
    ("verb", "arguments", "status"),
    [("resolve", {"summary": "It hung", "action": "Restarted it"}, "resolved"), ("pause", {}, "paused")],
)
def test_a_session_that_was_touched_since_it_was_found_idle_is_left_alone(
    cast: Cast, verb: str, arguments: dict[str, str], status: str
) -> None:
    touched, other = idle(cast), idle(cast)

    def somebody_comes_back() -> None:
        getattr(actions, verb)(AISession.objects.get(pk=touched.pk), **arguments, by=cast.engineer)

    with before_the_first_lock(somebody_comes_back):
        assert jobs.sweep(cast.account.pk, idle_days=14) == 1

    assert states() == {touched.pk: status, other.pk: "abandoned"}


def test_one_accounts_error_stops_no_other_account_and_is_named(cast: Cast, outsiders: Cast) -> None:
    broken, foreign = idle(cast), idle(outsiders)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'no space left'; END $$"
        )
        cursor.execute(
            "CREATE TRIGGER refuse BEFORE UPDATE ON ai_sessions FOR EACH ROW"
            f" WHEN (OLD.account_id = '{cast.account.pk}') EXECUTE FUNCTION refuse()"
        )

    with pytest.raises(AccountsFailed, match="abandoned 1; failed in acme"):
        jobs.abandon_idle()

    assert states() == {broken.pk: "active", foreign.pk: "abandoned"}


def test_a_step_or_an_answer_makes_a_session_busy_again(cast: Cast) -> None:
    session = idle(cast)
    step = actions.add_step(session, kind="question", source="offline", title="Is it on?", by=cast.engineer)
    assert jobs.abandon_idle() == "abandoned 0"

    left_alone(session)
    actions.answer(step, response="Yes", by=cast.engineer)
    assert jobs.abandon_idle() == "abandoned 0"

    assert timezone.now() - step.session.updated_at < timedelta(minutes=1)


def test_the_holder_is_warned_once_in_each_idle_period(cast: Cast) -> None:
    session = make_session(cast, problem_summary="Mail is late")
    quiet = make_session(cast)
    for days in (13, 26):
        AISession.objects.filter(pk=session.pk).update(updated_at=timezone.now() - timedelta(days=days))
        assert jobs.abandon_idle() == "abandoned 0"
        assert jobs.warn(cast.account.pk, idle_days=14) == 0
        AISession.objects.filter(pk=session.pk).update(updated_at=timezone.now(), idle_warned_at=None)

    told = Notification.objects.filter(user=cast.engineer).values_list("kind", "text", "url")
    assert list(told) == [
        (
            "session_idle",
            "“Mail is late” has been idle for days. It will be abandoned unless you go on.",
            f"/sessions/{session.pk}/",
        )
    ]
    quiet.refresh_from_db()
    assert quiet.idle_warned_at is None


def test_what_nobody_was_warned_of_in_time_is_not_abandoned_yet(cast: Cast) -> None:
    session = idle(cast)
    AISession.objects.filter(pk=session.pk).update(idle_warned_at=None)

    assert jobs.abandon_idle() == "abandoned 0"
    assert jobs.abandon_idle() == "abandoned 0"

    session.refresh_from_db()
    assert session.idle_warned_at is not None
