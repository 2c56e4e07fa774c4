"""The named lock: one holder at a time, free the moment it is given back, and when its holder dies."""

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from flowpilot.core.locks import held_since, lock_key, single_instance

pytestmark = pytest.mark.django_db(transaction=True)

NAME = "tests.lock"


def test_one_holder_at_a_time_and_names_do_not_meet() -> None:
    with single_instance(NAME) as first, single_instance(NAME) as second, single_instance("other") as other:
        assert (bool(first), bool(second), bool(other)) == (True, False, True)


def test_it_is_given_back_before_the_connection_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server notices a closed connection a moment later; the next caller must not depend on that."""
    still_held = []
    close = psycopg.Connection.close

    def watched(self: psycopg.Connection) -> None:
        still_held.append(_holders())
        close(self)

    with single_instance(NAME) as held:
        assert held
        assert _holders() == 1
        monkeypatch.setattr(psycopg.Connection, "close", watched)
    assert still_held == [0]


def test_an_error_of_the_holder_gives_it_back() -> None:
    with pytest.raises(ZeroDivisionError), single_instance(NAME):
        1 / 0  # noqa: B018
    with single_instance(NAME) as again:
        assert again


def test_a_holder_whose_server_went_away_ends_in_peace() -> None:
    with single_instance(NAME) as held:
        assert held.still_holds()
        _end_the_holder()
        assert not held.still_holds()
    with single_instance(NAME) as again:
        assert again
        with single_instance(NAME) as refused:
            assert not refused.still_holds()


def _end_the_holder() -> None:
    """Terminate the backend that holds the lock, and wait until the server has let go."""
    assert _over_holders("pg_terminate_backend(pid, 5000)") == [(True,)]


def _holders() -> int:
    return len(_over_holders("pid"))


def _over_holders(what: str) -> list[tuple[object, ...]]:
    high, low = divmod(lock_key(NAME) % 2**64, 2**32)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {what} FROM pg_locks WHERE locktype = 'advisory' AND granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            " AND classid = %s AND objid = %s",
            [high, low],
        )
        return list(cursor.fetchall())


def test_the_lock_dies_with_its_connection() -> None:
    parameters = connection.get_connection_params()
    for unwanted in ("cursor_factory", "context", "pool"):
        parameters.pop(unwanted, None)
    with psycopg.connect(**parameters, autocommit=True) as dying:
        dying.execute("SELECT pg_advisory_lock(%s)", [lock_key(NAME)])
        with single_instance(NAME) as held:
            assert not held
        _end_the_holder()
    with single_instance(NAME) as held:
        assert held


def test_others_see_since_when_it_is_held() -> None:
    assert held_since(NAME) is None
    with single_instance(NAME), single_instance("other"):
        now = timezone.now()
        since = held_since(NAME)
        assert since is not None
        assert since <= now
        assert held_since("a third") is None
    assert held_since(NAME) is None
