"""Heartbeats: tasks that do nothing but show that the queue works, and the row in which they show it."""

import logging
from datetime import datetime

from django.db import Error, connection
from django.utils import timezone
from django_q.tasks import async_task

from flowpilot.core.models import Heartbeat

log = logging.getLogger(__name__)

NAME = "worker"
TIMEOUT_SECONDS = 30
# What the queue's table may raise: the driver's errors, and those of starting the embedded server.
DATABASE_ERRORS = (Error, OSError)


def beat() -> None:
    """The task. An error does not fail it: the queue keeps a row of each failed task for good."""
    try:
        Heartbeat.objects.update_or_create(name=NAME, defaults={"beat_at": timezone.now()})
    except Error as error:
        log.warning("The heartbeat could not be written down: %s", " ".join(str(error).split()))


def last_beat() -> datetime | None:
    """When a worker last ran a heartbeat; None before the first."""
    return Heartbeat.objects.filter(name=NAME).values_list("beat_at", flat=True).first()


class Heartbeats:
    """The supervisor's way into the queue. Both verbs raise one of `DATABASE_ERRORS`.

    Heartbeats leave no result rows (`save=False`), which would push those of real jobs out of the history.
    The monitor reports even so that it has dealt with one, and has taken it from the queue's table.
    """

    def send(self) -> str:
        """Enqueue a heartbeat; returns the task's id."""
        try:
            options = {"save": False, "timeout": TIMEOUT_SECONDS, "task_name": "heartbeat"}
            return str(async_task(f"{beat.__module__}.{beat.__name__}", q_options=options))
        except DATABASE_ERRORS:
            connection.close()
            raise

    def ask(self) -> None:
        """Only see whether the database answers."""
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except DATABASE_ERRORS:
            connection.close()
            raise
