"""Heartbeats: tasks that do nothing but show that the queue works, and the row in which they show it."""

import logging
from datetime import datetime, timedelta

from django.db import Error
from django.utils import timezone

from flowpilot.core.models import Heartbeat

log = logging.getLogger(__name__)

NAME = "worker"
# A heartbeat older than this says that no worker is at work: a replaced cluster is back within it.
RECENT = timedelta(seconds=120)


def beat() -> None:
    """The task. An error does not fail it: the queue keeps a row of each failed task for good."""
    try:
        Heartbeat.objects.update_or_create(name=NAME, defaults={"beat_at": timezone.now()})
    except Error as error:
        log.warning("The heartbeat could not be written down: %s", " ".join(str(error).split()))


def last_beat() -> datetime | None:
    """When a worker last ran a heartbeat; None before the first."""
    return Heartbeat.objects.filter(name=NAME).values_list("beat_at", flat=True).first()


def is_recent(seen: datetime | None) -> bool:
    """Whether a worker that was last seen then counts as at work now. One seen in the future does not: the
    clock was set back since, and whoever is at work says so anew within seconds."""
    return seen is not None and abs(timezone.now() - seen) <= RECENT
