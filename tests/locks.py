"""For tests of what happens at the same moment: wait until somebody waits for a row."""

from time import monotonic, sleep

from django.db import connection

WAITED_SECONDS = 30.0
_WAITING = """SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE NOT granted AND datname = current_database()"""


def until_somebody_waits() -> None:
    deadline = monotonic() + WAITED_SECONDS
    while monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(_WAITING)
            if cursor.fetchone():
                return
        sleep(0.01)
    raise AssertionError("Nobody waits.")
