"""The supervisor's way into the queue. Every verb may raise `DATABASE_ERRORS`."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import Error, connection
from django.db.models import DurationField, ExpressionWrapper, F
from django.utils import timezone
from django_q.conf import Conf
from django_q.models import OrmQ, Schedule
from django_q.tasks import async_task

from flowpilot.core.worker.heartbeat import beat

# The driver's, and those of starting the embedded server.
DATABASE_ERRORS = (Error, OSError)
MARGIN = timedelta(seconds=30)
HEARTBEAT = f"{beat.__module__}.{beat.__name__}"
HEARTBEAT_TIMEOUT_SECONDS = 30


class WorkQueue:
    """The table of django-q2."""

    def send_heartbeat(self) -> str:
        """Returns the task's id. Heartbeats leave no result rows (`save=False`), which would push those of
        real jobs out of the history; the monitor deals with them, and reports so, all the same."""
        options = {"save": False, "timeout": HEARTBEAT_TIMEOUT_SECONDS, "task_name": "heartbeat"}
        with _fresh_connection_after_error():
            return str(async_task(HEARTBEAT, q_options=options))

    def ask(self) -> None:
        """Only see whether the database answers."""
        with _fresh_connection_after_error(), connection.cursor() as cursor:
            cursor.execute("SELECT 1")

    def mend_times(self) -> None:
        """Make due what lies further ahead than anything is put off: the clock was set back since, and
        django-q2 would let schedules and tasks rest until it has caught up."""
        interval = ExpressionWrapper(F("minutes") * timedelta(minutes=1), DurationField())
        now = timezone.now()
        longest_lock = timedelta(seconds=Conf.RETRY)
        with _fresh_connection_after_error():
            Schedule.objects.filter(next_run__gt=now + MARGIN + interval).update(next_run=now)
            OrmQ.objects.filter(lock__gt=now + MARGIN + longest_lock).update(lock=now)

    def release(self, rows: Collection[int]) -> None:
        """Hand out again at once what a dead cluster had pulled, instead of when the lock on it ends."""
        with _fresh_connection_after_error():
            OrmQ.objects.filter(pk__in=rows).update(lock=timezone.now())


@contextmanager
def _fresh_connection_after_error() -> Iterator[None]:
    try:
        yield
    except DATABASE_ERRORS:
        connection.close()
        raise
