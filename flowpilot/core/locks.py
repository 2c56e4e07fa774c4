"""Single-instance work: a session-level advisory lock that dies with its process.

The lock lives on a connection of its own, outside Django's pool. On a pooled connection it would
stay held after the connection was returned, and a second caller on the same connection would get
it again, because advisory locks are re-entrant within one session.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import blake2b

import psycopg
from django.db import connection


def lock_key(name: str) -> int:
    """The 64-bit signed key of a named lock."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)


@contextmanager
def single_instance(name: str) -> Iterator[bool]:
    """Yield True to the one holder of the named lock in this database, False to everybody else.

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
            yield held
        finally:
            if held:
                with suppress(psycopg.OperationalError):  # a server that went away has let go of it
                    dedicated.execute("SELECT pg_advisory_unlock(%s)", [lock_key(name)])
