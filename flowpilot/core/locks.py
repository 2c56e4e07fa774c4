"""Single-instance work: a session-level advisory lock that dies with its process.

The lock lives on a connection of its own, outside Django's pool. On a pooled connection it would
stay held after the connection was returned, and a second caller on the same connection would get
it again, because advisory locks are re-entrant within one session.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from hashlib import blake2b

import psycopg
from django.db import connection
from django.utils import timezone


def lock_key(name: str) -> int:
    """The 64-bit signed key of a named lock."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)


class Instance:
    """What `single_instance` yields: true for the holder, false for everybody else."""

    def __init__(self, connection: psycopg.Connection, *, held: bool) -> None:
        self._connection, self._held = connection, held

    def __bool__(self) -> bool:
        return self._held

    def still_holds(self) -> bool:
        """Ask the server: it gives the lock to somebody else once it has given up the connection."""
        with suppress(psycopg.OperationalError):
            self._connection.execute("SELECT 1")
            return self._held
        return False


@contextmanager
def single_instance(name: str) -> Iterator[Instance]:
    """Yield what is true for the one holder of the named lock in this database, false for everybody else.

    The holder gives it back by name: the server notices a closed connection only a moment later, and
    whoever asks in that moment, perhaps the same process for its next account, would be refused.
    """
    parameters = connection.get_connection_params()
    for unwanted in ("cursor_factory", "context", "pool"):
        parameters.pop(unwanted, None)
    with psycopg.connect(**parameters, autocommit=True) as dedicated:
        row = dedicated.execute("SELECT pg_try_advisory_lock(%s)", [lock_key(name)]).fetchone()
        held = bool(row and row[0])
        try:
            yield Instance(dedicated, held=held)
        finally:
            if held:
                with suppress(psycopg.OperationalError):  # a server that went away has let go of it
                    dedicated.execute("SELECT pg_advisory_unlock(%s)", [lock_key(name)])


HOLDER = """
SELECT extract(epoch FROM clock_timestamp() - coalesce(activity.backend_start, 'epoch'))::float
FROM pg_locks AS lock LEFT JOIN pg_stat_activity AS activity USING (pid)
WHERE lock.locktype = 'advisory' AND lock.granted AND lock.objsubid = 1
  AND lock.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND lock.classid = %s AND lock.objid = %s
"""
"""A 64-bit key is shown in two halves. How long the holder's connection, which only holds, has existed; since
ever, when the server does not tell: a transaction goes on seeing the connections of its first look."""


def held_since(name: str) -> datetime | None:
    """Since when `single_instance` has somebody holding the named lock; None while nobody does.

    Told by our clock: the server says how long it is, so that it may be another machine.
    """
    key, now = lock_key(name) % 2**64, timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(HOLDER, [key >> 32, key % 2**32])
        row = cursor.fetchone()
    return now - timedelta(seconds=row[0]) if row else None
