"""What becomes of webhooks: the ticket is read, and open sessions that came from it are told."""

import logging
from datetime import datetime, timedelta
from enum import Enum
from itertools import groupby
from operator import attrgetter
from time import monotonic
from uuid import UUID

from django.db.models import Case, F, Q, QuerySet, Value, When
from django.utils import timezone

from flowpilot.accounts.rounds import in_every_account
from flowpilot.core.scope import account_scope
from flowpilot.psa.lookup import read_ticket
from flowpilot.psa.models import PsaConnection, PsaWebhook
from flowpilot.psa.ports import LoginRefused, PsaError, RateLimited, TicketNotFound
from flowpilot.psa.registry import usable
from flowpilot.psa.snapshot import in_order
from flowpilot.psa.webhooks.receiving import AGAIN_AFTER
from sessions.actions.ticketing import lose_ticket, take_over_ticket
from sessions.models import AISession

log = logging.getLogger(__name__)
AT_ONCE = 200
"""Calls of a connection that one run looks into; the next one goes on."""
LONGEST = 60.0
"""Seconds after which a run asks a system for no further ticket: others wait, too."""
LONGEST_PAUSE = timedelta(hours=1)
"""Between two tries at a ticket; the first is a minute, each further one twice as long."""
MOST_TRIES = 29
"""Together a day. A pause of the connection is none of them."""


class Came(Enum):
    """What came of asking for a ticket."""

    READ = "read"
    FAILED = "failed"
    PUT_OFF = "put off"
    """The system asked to be left alone: that is no fault of the ticket."""
    SHUT_OUT = "shut out"
    """It refuses the login: no other ticket is asked for."""


def take_all() -> str:
    """What is due in every account."""
    return in_every_account("looked into", lambda account: _take(account.pk))


def take_account(account_id: str) -> str:
    """What is due in one account, at once."""
    with account_scope(UUID(account_id)):
        return f"looked into {_take(UUID(account_id))}"


def _take(account_id: UUID) -> int:
    return sum(map(_take_of, usable(account_id).filter(state=PsaConnection.State.OK)))


def _take_of(connection: PsaConnection) -> int:
    """Each ticket is read once, however many calls there are about it."""
    rows = PsaWebhook.objects.for_account(connection.account_id).filter(connection=connection)
    due = sorted(rows.due(timezone.now())[:AT_ONCE], key=attrgetter("ticket_id"))
    taken, until = 0, monotonic() + LONGEST
    for ticket_id, calls in groupby(due, key=attrgetter("ticket_id")):
        of_ticket, began = rows.filter(pk__in=[call.pk for call in calls]), timezone.now()
        came = _look_into(connection, ticket_id)
        if came is Came.READ:
            taken += _done(of_ticket, began)
        elif came is not Came.PUT_OFF:
            _try_later(of_ticket)
        if came in (Came.PUT_OFF, Came.SHUT_OUT) or monotonic() >= until:
            break
    return taken


def _look_into(connection: PsaConnection, ticket_id: str) -> Came:
    """Read a ticket once, for all sessions about it."""
    sessions = list(_about(connection, ticket_id))
    if not sessions:
        return Came.READ
    began = timezone.now()
    try:
        found = read_ticket(connection, ticket_id)
    except TicketNotFound:
        for session in sessions:
            lose_ticket(session, in_order(began))
        return Came.READ
    except RateLimited:
        return Came.PUT_OFF
    except PsaError as error:
        log.warning("A changed ticket of %s could not be read", connection.pk, exc_info=error)
        return Came.SHUT_OUT if isinstance(error, LoginRefused) else Came.FAILED
    except Exception:
        log.exception("A changed ticket of %s was answered as no connector should", connection.pk)
        return Came.FAILED
    for session in sessions:
        take_over_ticket(session, found.data)
    return Came.READ


def _about(connection: PsaConnection, ticket_id: str) -> QuerySet[AISession]:
    rows: QuerySet[AISession] = AISession.objects.for_account(connection.account_id)
    own = rows.filter(psa_connection=connection, status__in=AISession.OPEN)
    return own.filter(Q(ticket_data__id=ticket_id) | Q(ticket_data__id__isnull=True, psa_ticket_id=ticket_id))


def _done(calls: QuerySet[PsaWebhook], began: datetime) -> int:
    """What was said again since the reading began is due again."""
    now = timezone.now()
    again = Case(When(said_at__gt=began, then=Value(now + AGAIN_AFTER)), default=None)
    return calls.update(taken_at=now, tries=0, due_at=again)


def _try_later(calls: QuerySet[PsaWebhook]) -> None:
    for call in calls:
        pause = min(timedelta(minutes=2**call.tries), LONGEST_PAUSE)
        again = timezone.now() + pause if call.tries + 1 < MOST_TRIES else None
        calls.filter(pk=call.pk).update(tries=F("tries") + 1, due_at=again)
