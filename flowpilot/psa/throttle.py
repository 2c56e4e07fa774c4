"""How often a ticket system is asked: one count for a connection, shared by all workers and the web.

Each call takes a turn. The count is in the database and committed before the call, so whoever dies in it has
still been counted, and no more than a vendor allows run at the same time in however many processes.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from time import monotonic, sleep
from typing import Final
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import QuerySet, Value
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from flowpilot.psa.models import PsaCall, PsaConnection
from flowpilot.psa.ports import RateLimited

HOUR: Final = timedelta(hours=1)
LONGEST_WAIT: Final = HOUR
"""No vendor is waited for longer, whatever it asks."""
LONGEST_CALL: Final = timedelta(minutes=2)
"""A call that has not ended by then was lost with its process."""
PATIENCE: Final = 10.0
"""Seconds that a call waits for its turn; people are at the other end."""
_LOOK_AGAIN: Final = 0.1
_WHEN_FULL: Final = 2
_API: Final = re.compile(r"^.*?/(?:v1\.0|apis/3\.0|rest/2\.0|api)/", re.IGNORECASE)


@dataclass(frozen=True)
class Pace:
    """What may be asked of a vendor; None where it names no limit."""

    per_hour: int | None = None
    at_once: int | None = None
    """Calls that run at the same time, by endpoint."""


PACES: Final = {"autotask": Pace(per_hour=1_000, at_once=3)}
"""By provider. Autotask allows 10,000 calls an hour to everything that uses a customer's database together,
slows everybody down from half of them on, and lets three calls run at each endpoint: we keep to a tenth."""


@dataclass(frozen=True)
class Used:
    """The last hour of a connection."""

    calls: int
    budget: int | None

    @property
    def left(self) -> int | None:
        return None if self.budget is None else max(self.budget - self.calls, 0)


def used(connection: PsaConnection) -> Used:
    """For the health of a connection."""
    return Used(_since(connection, timezone.now() - HOUR).count(), _pace(connection).per_hour)


@contextmanager
def turn(connection: PsaConnection, path: str, *, patience: float = PATIENCE) -> Iterator[None]:
    """One call, which `client.Http` makes within: waits until its endpoint may run another one, and counts
    it, however it ends.

    Raises `RateLimited`, and nothing is asked, while the system wants to be left alone, the hour's budget is
    used up, or no other call ended in `patience` seconds. A system that answers so within the block is left
    alone by everybody. Must not be within a transaction: nobody else would see the call.
    """
    call = _begun(connection, endpoint_of(path), patience)
    try:
        yield
    except RateLimited as error:
        leave_alone(connection, error.retry_after, now=timezone.now())
        raise
    finally:
        PsaCall.objects.filter(pk=call.pk).update(ended_at=timezone.now())


def endpoint_of(path: str) -> str:
    """A path or an address without its numbers and without what every address of an API begins with:
    `Tickets/7/Notes` is `Tickets/Notes`."""
    below = _API.sub("", urlsplit(path).path).split("/")
    return "/".join(part for part in below if part and not part.isdecimal() and part != "query")[:60]


def leave_alone(connection: PsaConnection, seconds: int, *, now: datetime) -> None:
    """Nobody asks the system anything for so long, at most `LONGEST_WAIT`; who was told a longer time before
    waits that."""
    until = now + min(timedelta(seconds=max(seconds, 1)), LONGEST_WAIT)
    rows = PsaConnection.objects.filter(pk=connection.pk)
    rows.update(asked_to_wait_until=Greatest("asked_to_wait_until", Value(until)))
    connection.refresh_from_db(fields=["asked_to_wait_until"])


def _begun(connection: PsaConnection, endpoint: str, patience: float) -> PsaCall:
    until = monotonic() + patience
    while True:
        call = _may_begin(connection, endpoint)
        if call is not None:
            return call
        if monotonic() >= until:
            raise RateLimited(_("Too many calls of this system are running."), retry_after=_WHEN_FULL)
        sleep(_LOOK_AGAIN)


@transaction.atomic(durable=True)
def _may_begin(connection: PsaConnection, endpoint: str) -> PsaCall | None:
    """One after the other: whoever looks holds the connection's row. None while too many calls run."""
    locked = PsaConnection.objects.select_for_update(no_key=True).get(pk=connection.pk)
    pace, now = _pace(locked), timezone.now()
    _refuse_while_asked_to_wait(locked, now)
    PsaCall.objects.filter(connection=locked, created_at__lt=now - HOUR).delete()
    _refuse_beyond_budget(locked, pace, now)
    running = _since(locked, now - LONGEST_CALL).filter(endpoint=endpoint, ended_at=None)
    if pace.at_once is not None and running.count() >= pace.at_once:
        return None
    return PsaCall.objects.create(
        account_id=locked.account_id, connection=locked, endpoint=endpoint, created_at=now
    )


def _refuse_while_asked_to_wait(connection: PsaConnection, now: datetime) -> None:
    until = connection.asked_to_wait_until
    if until is not None and until > now:
        raise _not_before(_("The system asked to be left alone."), until - now)


def _refuse_beyond_budget(connection: PsaConnection, pace: Pace, now: datetime) -> None:
    """The hour goes along with the clock: there is room again when the call that filled it is an hour old."""
    if pace.per_hour is None:
        return
    newest = _since(connection, now - HOUR).order_by("-created_at").values_list("created_at", flat=True)
    filled = newest[pace.per_hour - 1 : pace.per_hour].first()
    if filled is not None:
        said = _("The %(n)d calls that are allowed in an hour are used up.") % {"n": pace.per_hour}
        raise _not_before(said, filled + HOUR - now)


def _not_before(said: str, wait: timedelta) -> RateLimited:
    minutes = max(ceil(wait / timedelta(minutes=1)), 1)
    when = ngettext("Try again in %(n)d minute.", "Try again in %(n)d minutes.", minutes) % {"n": minutes}
    return RateLimited(f"{said} {when}", retry_after=max(ceil(wait.total_seconds()), 1))


def _since(connection: PsaConnection, moment: datetime) -> QuerySet[PsaCall]:
    rows: QuerySet[PsaCall] = PsaCall.objects.filter(connection=connection, created_at__gt=moment)
    return rows


def _pace(connection: PsaConnection) -> Pace:
    return PACES.get(connection.provider, Pace())
