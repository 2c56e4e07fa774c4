"""Queued work that waits or runs at most once at a time, whoever asks for it how often.

The queue's own rows say what waits: one stays until its task's result is saved. Reading them means to unpack
them, which is cheap while the queue is short; of a long one the newest rows are read.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django_q.models import OrmQ
from django_q.tasks import async_task

from flowpilot.core.locks import lock_key

READ_AT_MOST = 200


class AlreadyQueued(Exception):
    """The same work waits or runs already."""

    def __init__(self, queued: "Queued") -> None:
        super().__init__(f"queued since {queued.since.isoformat(timespec='seconds')}")
        self.queued = queued


@dataclass(frozen=True)
class Queued:
    """Work in the queue, and since when."""

    since: datetime


def find_queued(function: str, *arguments: str) -> Queued | None:
    """The call of a dotted function with these arguments that waits or runs."""
    for row in OrmQ.objects.order_by("-pk")[:READ_AT_MOST]:
        task = row.task
        if task.get("func") == function and tuple(task["args"]) == arguments:
            return Queued(task["started"])
    return None


@transaction.atomic
def enqueue_once(function: str, *arguments: str) -> None:
    """Queue the call of a dotted function; `AlreadyQueued` when the same one is there. Of two callers at
    the same moment one waits for the other's transaction and finds its row."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock_key(f"queue {function} {arguments}")])
    if queued := find_queued(function, *arguments):
        raise AlreadyQueued(queued)
    async_task(function, *arguments)
