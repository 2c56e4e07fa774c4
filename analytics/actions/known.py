"""Look up what was known before sessions, once each."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from analytics import known
from analytics.actions import rollups
from flowpilot.accounts.models import Account
from flowpilot.flows.matching.formerly import library_of_the_past
from sessions.models import AISession

log = logging.getLogger(__name__)

AT_ONCE: Final = 50
A_RUN: Final = 300
"""Sessions that one run looks up, the newest first; the next one goes on."""


class NoneCouldBeLookedUp(Exception):
    """So many failed in one run that it is not the sessions."""


def look_up(account: Account, now: datetime) -> int:
    """Returns how many were looked up; their days are counted anew. One that fails is logged, and tried again
    by the next run. Raises `NoneCouldBeLookedUp`."""
    done, failed = 0, set[UUID]()
    while done < A_RUN:
        sessions = list(known.not_looked_up(account.pk, now).exclude(pk__in=failed)[:AT_ONCE])
        if not sessions:
            break
        found = _look(account.pk, sessions)
        failed |= {session.pk for session in sessions} - found
        done += len(found)
        if len(failed) >= A_RUN:
            raise NoneCouldBeLookedUp(f"{len(failed)} sessions, see the log")
    return done


def _look(account_id: UUID, sessions: Sequence[AISession]) -> set[UUID]:
    """The keys of those that were looked up."""
    found: list[AISession] = []
    with library_of_the_past(account_id) as library:
        for session in sessions:
            there = library.as_of(session.created_at)
            try:
                with transaction.atomic():
                    known.known_before(session, there).save()
            except Exception:
                log.exception("What was known before session %s cannot be looked up", session.pk)
            else:
                found.append(session)
        rollups.mark(account_id, rollups.days_in_utc(session.created_at for session in found))
    return {session.pk for session in found}
