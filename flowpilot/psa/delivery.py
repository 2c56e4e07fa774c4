"""From the outbox into the ticket system: a note is never lost, and never sent again without first looking
whether it is there.

One process at a time works for a connection. A push is `sending`, and that is committed, before the system is
asked; whoever dies in between leaves a lease that runs out, which counts like a call without an answer. What
may have arrived is looked for by its marker, after a pause in which a slow server can finish (measured: a
server that commits three seconds after the client gave up makes a second note of an immediate retry).
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final, TypeAlias

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from flowpilot.accounts.models import User
from flowpilot.accounts.notifications import notify
from flowpilot.core.locks import single_instance
from flowpilot.psa.models import PsaConnection, PsaPush, PsaPushAttempt
from flowpilot.psa.ports import (
    Connector,
    LoginRefused,
    NewNote,
    PsaError,
    RateLimited,
    Refused,
    TicketNotFound,
    Uncertain,
)

log = logging.getLogger(__name__)

State, Kind = PsaPush.State, PsaPush.Kind
Outcome: TypeAlias = PsaPushAttempt.Outcome
LEASE: Final = timedelta(minutes=3)
QUIET: Final = timedelta(seconds=60)
"""Between a call without an answer and the look for its marker: twice the longest time that is waited for an
answer, and never less than this."""
PAUSES: Final = tuple(timedelta(seconds=seconds) for seconds in (30, 120, 600, 3_600, 6 * 3_600, 24 * 3_600))
"""Before each further attempt; after the last one it is given up."""
JITTER: Final = 0.2
LONGEST_WAIT: Final = timedelta(hours=1)
"""No vendor is waited for longer, whatever it asks."""
MOST_ATTEMPTS: Final = len(PAUSES) + 1
ERROR_LENGTH: Final = 2_000
MARKED: Final = "FlowPilot ref %s"
"""The last line of a note: by it the note is found again."""


@dataclass
class Courier:
    """Delivers what one connection has to deliver. `clock` and `chance` are given by tests."""

    connection: PsaConnection
    connector: Connector
    clock: Callable[[], datetime] = timezone.now
    chance: Random = field(default_factory=Random)

    def deliver(self, *, at_most: int = 200) -> int:
        """Work off what is due; returns how many pushes arrived. Another process at it: none."""
        with single_instance(f"psa {self.connection.pk}") as instance:
            if not instance:
                return 0
            return self._work_off(at_most)

    def _work_off(self, at_most: int) -> int:
        arrived = 0
        for _turn in range(at_most):
            push = self._take() if self._open() else None
            if push is None:
                break
            arrived += self._try(push)
        return arrived

    def _open(self) -> bool:
        until = self.connection.asked_to_wait_until
        return self.connection.state == PsaConnection.State.OK and (until is None or until <= self.clock())

    @transaction.atomic
    def _take(self) -> PsaPush | None:
        """The next push, marked as being in hand."""
        now = self.clock()
        rows = PsaPush.objects.for_account(self.connection.account_id).filter(connection=self.connection)
        push: PsaPush | None = next((row for row in rows.due(now) if self._in_turn(row)), None)
        if push is not None:
            push.state, push.lease_until = State.SENDING, now + LEASE
            push.save(update_fields=["state", "lease_until"])
        return push

    def _in_turn(self, push: PsaPush) -> bool:
        """A status waits for the notes of its session: a closed ticket may refuse them."""
        if push.kind != Kind.STATUS:
            return True
        rows = PsaPush.objects.for_account(push.account_id).filter(session_id=push.session_id)
        before = rows.exclude(kind=Kind.STATUS).filter(created_at__lte=push.created_at)
        return not before.filter(state__in=[State.PENDING, State.SENDING]).exists()

    def _try(self, push: PsaPush) -> bool:
        """Look, if it may be there already, then write; True when it is there."""
        attempt = PsaPushAttempt.objects.create(
            account_id=push.account_id, push=push, number=push.tries.count() + 1, started_at=self.clock()
        )
        if push.look_first and not self.connector.capabilities.find_marker:
            self._end(attempt, Outcome.UNCERTAIN, push, state=State.UNKNOWN)
            return False
        writing = False
        try:
            found = self.connector.find_marker(push.ticket_id, push.marker) if push.look_first else None
            if found is None and push.attempts >= MOST_ATTEMPTS:
                self._end(attempt, Outcome.FAILED, push, state=State.DEAD)
                return False
            writing = found is None
            written = self._write(push) if found is None else found
        except PsaError as error:
            self._failed(push, attempt, error, writing=writing)
        except Exception as error:
            log.exception("Push %s failed as no connector should", push.pk)
            self._failed(push, attempt, Uncertain(type(error).__name__), writing=writing)
        else:
            self._arrived(push, attempt, written, Outcome.DELIVERED if writing else Outcome.FOUND)
            return True
        return False

    def _write(self, push: PsaPush) -> str:
        """Ask the system to write. That it may be there from now on is committed first."""
        push.attempts, push.look_first = push.attempts + 1, push.kind != Kind.STATUS
        push.save(update_fields=["attempts", "look_first"])
        if push.kind == Kind.STATUS:
            self.connector.set_status(push.ticket_id, push.body)
            return ""
        note = NewNote(
            text=f"{push.body}\n\n{MARKED % push.marker}",
            marker=push.marker,
            internal=push.internal,
            minutes=push.minutes,
            by=push.written_by,
        )
        return self.connector.add_note(push.ticket_id, note)

    def _arrived(self, push: PsaPush, attempt: PsaPushAttempt, written: str, outcome: Outcome) -> None:
        now = self.clock()
        self._connection_is(last_ok_at=now, trouble="")
        push.error, push.error_class = "", ""
        self._end(
            attempt,
            outcome,
            push,
            state=State.DELIVERED,
            delivered_at=now,
            external_id=written,
            look_first=False,
        )

    def _failed(self, push: PsaPush, attempt: PsaPushAttempt, error: PsaError, *, writing: bool) -> None:
        """What kind of error it is, and whether it came while writing, decides what happens next."""
        push.error, push.error_class = str(error)[:ERROR_LENGTH], type(error).__name__
        if isinstance(error, TicketNotFound | Refused):
            self._end(attempt, Outcome.REFUSED, push, state=State.DEAD, look_first=False)
            return
        if writing:
            push.look_first = isinstance(error, Uncertain) and push.kind != Kind.STATUS
        if isinstance(error, LoginRefused | RateLimited):
            self._leave_alone(error)
            push.attempts -= writing
            self._end(attempt, Outcome.PUT_OFF, push, state=State.PENDING, next_attempt_at=self.clock())
            return
        outcome = Outcome.UNCERTAIN if push.look_first else Outcome.FAILED
        if push.attempts >= MOST_ATTEMPTS and not push.look_first:
            self._end(attempt, outcome, push, state=State.DEAD)
            return
        self._end(attempt, outcome, push, state=State.PENDING, next_attempt_at=self._next(push))

    def _next(self, push: PsaPush) -> datetime:
        step = min(max(push.attempts, 1), len(PAUSES)) - 1
        pause = PAUSES[step] * self.chance.uniform(1 - JITTER, 1 + JITTER)
        return self.clock() + (max(pause, QUIET) if push.look_first else pause)

    @transaction.atomic
    def _end(self, attempt: PsaPushAttempt, outcome: Outcome, push: PsaPush, **fields: Any) -> None:
        attempt.outcome, attempt.ended_at = outcome, self.clock()
        attempt.vendor_message, attempt.error_class = push.error, push.error_class
        attempt.save(update_fields=["outcome", "ended_at", "vendor_message", "error_class"])
        for name, value in fields.items():
            setattr(push, name, value)
        push.lease_until = None
        push.save(update_fields=["lease_until", "attempts", "look_first", "error", "error_class", *fields])

    def _leave_alone(self, error: LoginRefused | RateLimited) -> None:
        if isinstance(error, RateLimited):
            wait = min(timedelta(seconds=max(error.retry_after, 1)), LONGEST_WAIT)
            self._connection_is(asked_to_wait_until=self.clock() + wait)
            return
        self._connection_is(state=PsaConnection.State.FAILED, trouble=str(error)[:ERROR_LENGTH])
        for admin in User.objects.for_account(self.connection.account_id).account_admins():
            said = _("“%(name)s” refuses FlowPilot's login: %(error)s")
            notify(
                admin,
                kind="psa_login_refused",
                text=said % {"name": self.connection.name, "error": error},
                url=reverse("settings:account"),
            )

    def _connection_is(self, **fields: Any) -> None:
        for name, value in fields.items():
            setattr(self.connection, name, value)
        self.connection.save(update_fields=[*fields])
