"""From the outbox into the ticket system: a note is never lost, and never sent again without first looking
whether it is there.

One process at a time works for a connection. A push is `sending`, and that is committed, before the system is
asked; whoever dies in between leaves a lease that runs out, which counts like a call without an answer. What
may have arrived is looked for by its marker, after a pause in which a slow server can finish (measured: a
server that commits three seconds after the client gave up makes a second note of an immediate retry).

A doubt stays: after one write without an answer, whatever later ones are answered, every further one is
preceded by a look, until it is found or a person has seen that it is missing.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from time import monotonic
from typing import Any, Final, TypeAlias

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from flowpilot.core.locks import Instance, single_instance
from flowpilot.core.text import clean_line
from flowpilot.psa import counting, telling
from flowpilot.psa.mapping import Mapping
from flowpilot.psa.models import PsaConnection, PsaPush, PsaPushAttempt
from flowpilot.psa.models.push import PsaPushQuerySet
from flowpilot.psa.ports import (
    Connector,
    Forbidden,
    LoginRefused,
    NewNote,
    PsaError,
    RateLimited,
    Refused,
    TicketNotFound,
    Uncertain,
    Unreachable,
)
from flowpilot.psa.throttle import leave_alone

log = logging.getLogger(__name__)

State, Kind = PsaPush.State, PsaPush.Kind
Outcome: TypeAlias = PsaPushAttempt.Outcome
LEASE: Final = timedelta(minutes=6)
"""Longer than the slowest write: one that is refused, a new token for it, and the write again, each of at
most a minute and its connecting and waiting. It begins anew with the write, after the look."""
QUIET: Final = timedelta(seconds=60)
"""Between a call without an answer and the look for its marker: twice the longest time that is waited for an
answer, and never less than this."""
PAUSES: Final = tuple(timedelta(seconds=seconds) for seconds in (30, 120, 600, 3_600, 6 * 3_600, 24 * 3_600))
"""Before each further attempt; after the last one it is given up."""
JITTER: Final = 0.2
MOST_ATTEMPTS: Final = len(PAUSES) + 1
ERROR_LENGTH: Final = 2_000
LONGEST: Final = 60.0
"""Seconds after which a run begins nothing further: other connections wait, and the next run goes on."""
MOST_SILENT: Final = 3
"""Calls without an answer, one after the other, that end a run: each may have taken its whole time."""
MARKED: Final = "FlowPilot ref %s"
"""The last line of a note: by it the note is found again."""


class LostLease(Exception):
    """Another courier has it in hand: the look took longer than the lease."""


@dataclass
class Courier:
    """Delivers what one connection has to deliver. `clock` and `chance` are given by tests."""

    connection: PsaConnection
    connector: Connector
    clock: Callable[[], datetime] = timezone.now
    chance: Random = field(default_factory=Random)
    _until: float = field(default=0.0, init=False)
    _silent: int = field(default=0, init=False)
    """Calls without an answer since the last one that had one."""

    def deliver(self, *, at_most: int = 200) -> int:
        """Work off what is due, for `LONGEST`; returns how many arrived. Another process at it: none."""
        self._until, self._silent = monotonic() + LONGEST, 0
        with single_instance(f"psa {self.connection.pk}") as instance:
            if not instance:
                return 0
            arrived = self._work_off(instance, at_most)
            self._count_again(instance, at_most)
            return arrived

    def _work_off(self, instance: Instance, at_most: int) -> int:
        arrived = 0
        for _turn in range(at_most):
            push = self._take() if self._may_go_on(instance) else None
            if push is None:
                break
            arrived += self._try(push)
            if self._is_enough():
                break
        return arrived

    def _count_again(self, instance: Instance, at_most: int) -> None:
        for push in self._pushes().to_count(self.clock())[:at_most]:
            if self._silent >= MOST_SILENT or not self._may_go_on(instance):
                return
            try:
                counting.count(push, self.connector, self.clock())
            except (LoginRefused, RateLimited) as error:
                self._leave_alone(error)
            if self._is_enough():
                return

    def _is_enough(self) -> bool:
        return self._silent >= MOST_SILENT or monotonic() >= self._until

    def _may_go_on(self, instance: Instance) -> bool:
        # Asked anew for each push: somebody may have paused it meanwhile, or the lock may be another's.
        if not instance.still_holds():
            return False
        self.connection.refresh_from_db(fields=["state", "asked_to_wait_until"])
        until = self.connection.asked_to_wait_until
        return self.connection.state == PsaConnection.State.OK and (until is None or until <= self.clock())

    def _pushes(self) -> PsaPushQuerySet:
        rows: PsaPushQuerySet = PsaPush.objects.for_account(self.connection.account_id)
        return rows.filter(connection=self.connection)

    @transaction.atomic
    def _take(self) -> PsaPush | None:
        """The next push, marked as being in hand. By its row it is one courier's, even should two of them
        believe to have the lock."""
        now = self.clock()
        free = self._pushes().due(now).in_turn().select_for_update(skip_locked=True, of=("self",))
        push: PsaPush | None = free.first()
        if push is not None:
            push.state, push.lease_until = State.SENDING, now + LEASE
            push.save(update_fields=["state", "lease_until"])
        return push

    def _try(self, push: PsaPush) -> bool:
        """Look, if it may be there already, then write; True when it is there."""
        attempt = PsaPushAttempt.objects.create(
            account_id=push.account_id, push=push, number=push.tries.count() + 1, started_at=self.clock()
        )
        doubted = push.look_first
        if doubted and not self.connector.capabilities.find_marker:
            self._end(attempt, Outcome.UNCERTAIN, push, state=State.UNKNOWN)
            return False
        writing = False
        try:
            found = self._found(push) if doubted else None
            if found is None and push.sent_since_asked >= MOST_ATTEMPTS:
                self._end(attempt, Outcome.FAILED, push, state=State.DEAD)
                return False
            writing = found is None
            written = self._write(push) if found is None else found
        except LostLease:
            push.error, push.error_class = _("Another worker took it over before it was written."), ""
            self._end(attempt, Outcome.FAILED, push)
        except PsaError as error:
            self._failed(push, attempt, error, writing=writing, doubted=doubted)
        except Exception as error:
            log.exception("Push %s failed as no connector should", push.pk)
            unknown = Uncertain(type(error).__name__)
            self._failed(push, attempt, unknown, writing=writing, doubted=doubted)
        else:
            self._arrived(push, attempt, written, Outcome.DELIVERED if writing else Outcome.FOUND)
            return True
        return False

    def _found(self, push: PsaPush) -> str | None:
        return next(self.connector.find_marker(push.ticket_id, push.marker), None)

    def _write(self, push: PsaPush) -> str:
        """Ask the system to write. That it may be there from now on is committed first. Or `LostLease`."""
        takes_time = self.connector.capabilities.takes_time(Mapping.of(self.connection.mapping))
        sent = {
            "attempts": push.attempts + 1,
            "look_first": push.kind != Kind.STATUS,
            "minutes": push.minutes if takes_time else None,
        }
        if not self._held(push, lease_until=self.clock() + LEASE, **sent):
            raise LostLease
        if push.kind == Kind.STATUS:
            self.connector.set_status(push.ticket_id, push.body, ours=self._last_status(push))
            return ""
        note = NewNote(
            text=f"{push.body}\n\n{MARKED % push.marker}",
            marker=push.marker,
            internal=push.internal,
            minutes=push.minutes,
            by=push.written_by,
        )
        return self.connector.add_note(push.ticket_id, note)

    def _last_status(self, push: PsaPush) -> str:
        """What FlowPilot was the last to make of the ticket's status; "" where it made nothing of it."""
        set_by_us = self._pushes().filter(ticket_id=push.ticket_id, kind=Kind.STATUS, state=State.DELIVERED)
        return set_by_us.order_by("-delivered_at", "-created_at").values_list("body", flat=True).first() or ""

    def _arrived(self, push: PsaPush, attempt: PsaPushAttempt, written: str, outcome: Outcome) -> None:
        now, self._silent = self.clock(), 0
        self._connection_is(last_ok_at=now, trouble="")
        push.error, push.error_class = "", ""
        may_be = [Outcome.UNCERTAIN, Outcome.BEGUN, Outcome.DELIVERED]
        doubtful = push.tries.filter(outcome__in=may_be).exclude(pk=attempt.pk)
        count = push.kind != Kind.STATUS and doubtful.exists()
        self._end(
            attempt,
            outcome,
            push,
            state=State.DELIVERED,
            delivered_at=now,
            count_again_at=now + counting.LATER if count else None,
            external_id=written,
            look_first=False,
        )

    def _failed(
        self, push: PsaPush, attempt: PsaPushAttempt, error: PsaError, *, writing: bool, doubted: bool
    ) -> None:
        """What kind of error it is, and whether it came while writing, decides what happens next. `doubted`:
        whether it may have been there before."""
        push.error, push.error_class = clean_line(error, limit=ERROR_LENGTH), type(error).__name__
        attempt.http_status = error.status
        self._silent = self._silent + 1 if isinstance(error, Unreachable) else 0
        if writing:
            push.look_first = doubted or (isinstance(error, Uncertain) and push.kind != Kind.STATUS)
        if isinstance(error, LoginRefused | RateLimited):
            self._leave_alone(error)
            push.attempts -= writing
            self._end(attempt, Outcome.PUT_OFF, push, state=State.PENDING, next_attempt_at=self.clock())
        elif not writing:
            self._not_looked(push, attempt, error)
        elif _is_final(error):
            self._end(attempt, Outcome.REFUSED, push, state=State.DEAD)
        else:
            self._not_written(push, attempt, error)

    def _not_looked(self, push: PsaPush, attempt: PsaPushAttempt, error: PsaError) -> None:
        """Whether it is there could not be found out, so nothing is written. Where looking is refused, or has
        failed for days, only a person can say."""
        since_asked = push.tries.filter(number__gt=push.tries_before)
        before = since_asked.filter(outcome=Outcome.UNCERTAIN).count()
        if _is_final(error) or before > len(PAUSES):
            self._end(attempt, Outcome.UNCERTAIN, push, state=State.UNKNOWN)
            return
        again = self._next(push, before)
        self._end(attempt, Outcome.UNCERTAIN, push, state=State.PENDING, next_attempt_at=again)

    def _not_written(self, push: PsaPush, attempt: PsaPushAttempt, error: PsaError) -> None:
        outcome = Outcome.UNCERTAIN if isinstance(error, Uncertain) else Outcome.FAILED
        if push.sent_since_asked >= MOST_ATTEMPTS and not push.look_first:
            self._end(attempt, outcome, push, state=State.DEAD)
            return
        again = self._next(push, push.sent_since_asked)
        self._end(attempt, outcome, push, state=State.PENDING, next_attempt_at=again)

    def _next(self, push: PsaPush, tried: int) -> datetime:
        pause = PAUSES[min(max(tried, 1), len(PAUSES)) - 1] * self.chance.uniform(1 - JITTER, 1 + JITTER)
        return self.clock() + (max(pause, QUIET) if push.look_first else pause)

    @transaction.atomic
    def _end(self, attempt: PsaPushAttempt, outcome: Outcome, push: PsaPush, **fields: Any) -> None:
        attempt.outcome, attempt.ended_at = outcome, self.clock()
        attempt.vendor_message, attempt.error_class = push.error, push.error_class
        attempt.save(update_fields=["outcome", "ended_at", "http_status", "vendor_message", "error_class"])
        told = {name: getattr(push, name) for name in ("attempts", "look_first", "error", "error_class")}
        if not self._held(push, **{**told, **fields}, lease_until=None):
            log.warning("Push %s ended in the hands of another worker", push.pk)
        elif push.is_for_people:
            telling.not_written(self.connection)

    def _held(self, push: PsaPush, **fields: Any) -> bool:
        """Change a push that is in our hands; False, and nothing is changed, where it is in another's."""
        ours = self._pushes().filter(pk=push.pk, state=State.SENDING, lease_until=push.lease_until)
        changed = ours.update(**fields) == 1
        for name, value in fields.items() if changed else ():
            setattr(push, name, value)
        return changed

    def _leave_alone(self, error: LoginRefused | RateLimited) -> None:
        if isinstance(error, RateLimited):
            leave_alone(self.connection, error.retry_after, now=self.clock())
            return
        self.connection.refresh_from_db(fields=["state"])
        if self.connection.state != PsaConnection.State.OK:
            return  # paused by somebody, or found out by another
        self._connection_is(state=PsaConnection.State.FAILED, trouble=clean_line(error, limit=ERROR_LENGTH))
        telling.login_refused(self.connection, error)

    def _connection_is(self, **fields: Any) -> None:
        for name, value in fields.items():
            setattr(self.connection, name, value)
        self.connection.save(update_fields=[*fields])


def _is_final(error: PsaError) -> bool:
    """Whether asking again would change nothing. What is forbidden may be allowed tomorrow."""
    return isinstance(error, TicketNotFound | Refused) and not isinstance(error, Forbidden)
