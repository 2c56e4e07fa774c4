"""What an ending has to tell the ticket that a session began with, and what a ticket tells an open one."""

from collections.abc import Mapping as Snapshot
from typing import Any

from django.db import transaction
from django.dispatch import receiver
from django.utils.translation import gettext as _

from flowpilot.accounts.models import User
from flowpilot.core.redaction import SecretMasker
from flowpilot.psa import outbox
from flowpilot.psa.connections.actions import in_use
from flowpilot.psa.mapping import ENDINGS, Mapping
from flowpilot.psa.models import PsaConnection
from flowpilot.psa.ports import LONGEST_ENTRY
from sessions.actions.writing import lock, log
from sessions.models import AISession
from sessions.models.ending import MOST_MINUTES, WriteBack
from sessions.rules import Incomplete
from sessions.snapshots import text_in
from sessions.ticket_changes import changes_between
from sessions.ticket_notes import note_on


def tell_ticket(session: AISession, *, reason: str = "", write_back: str = "", by: User | None) -> None:
    """Put note and status into the outbox. Called in the transaction in which the session ended: whatever
    becomes of the ticket system, neither is lost, and a session that did not end tells nothing.

    `reason`: why it was handed over or abandoned. `write_back`: a value of `WriteBack`, or "" for what the
    connection is set to.
    """
    ticket = ticket_of(session)
    if session.psa_connection is None or not _tells(session, write_back):
        return
    mapping = Mapping.of(session.psa_connection.mapping)
    outbox.put_note(
        session.psa_connection,
        ticket,
        session_id=session.pk,
        text=note_on(session, by=by, reason=reason, template=session.psa_connection.note_template),
        internal=write_back == WriteBack.INTERNAL if write_back else mapping.internal,
        minutes=_untold(session, session.worked_minutes or 0) or None,
        by=str(by) if by else "",
    )
    ending = next((each for each in ENDINGS if each == session.status), None)
    status = mapping.statuses.get(ending, "") if ending else ""
    if status:
        outbox.put_status(session.psa_connection, ticket, session_id=session.pk, status_id=status)


def worked(session: AISession, minutes: int | None, *, write_back: str = "") -> dict[str, int | None]:
    """The column of an ending's minutes; without any, it stays as it is. Raises `Incomplete` for what cannot
    be right, and for more than ticket systems take in one entry where one is written."""
    if minutes is None:
        return {}
    if not 0 <= minutes <= MOST_MINUTES:
        raise Incomplete("worked_minutes", _("Give the minutes as a number that can be right."))
    if _tells(session, write_back) and _untold(session, minutes) > LONGEST_ENTRY:
        said = _("Ticket systems take at most 24 hours in one entry: %(most)d minutes.")
        raise Incomplete("worked_minutes", said % {"most": LONGEST_ENTRY})
    return {"worked_minutes": minutes}


def _tells(session: AISession, write_back: str) -> bool:
    there = session.psa_connection_id is not None and ticket_of(session)
    return bool(there) and write_back != WriteBack.NOTHING


def _untold(session: AISession, minutes: int) -> int:
    """Of a session that was reopened, those since it was told the last time: nobody pays twice."""
    return max(minutes - outbox.minutes_of(session.account_id, session.pk), 0)


def ticket_of(session: AISession) -> str:
    """The ticket's id in its system, which may be another than the number that people say."""
    return text_in(session.ticket_data or {}, "id") or session.psa_ticket_id or ""


def take_back_status(session: AISession, *, by: User) -> None:
    """It goes on: what its ending would still have made of the ticket's status is left out."""
    outbox.withdraw_statuses(session.account_id, session.pk, by=by)


@receiver(in_use)
def _has_open_sessions(connection: PsaConnection, **_signal: object) -> bool:
    rows = AISession.objects.for_account(connection.account_id).filter(psa_connection=connection)
    return bool(rows.filter(status__in=AISession.OPEN).exists())


@transaction.atomic
def take_over_ticket(session: AISession, data: Snapshot[str, Any]) -> list[str]:
    """Keep the ticket as it stands now, and say in the thread what is different; returns what is. A session
    that has ended is left as it is, so is one that knows of a later reading, and nothing is said where the
    ticket says the same."""
    locked = lock(session)
    now = SecretMasker().within(dict(data))
    known = locked.ticket_data or {}
    if not locked.is_open or not _is_news(now, known):
        return []
    # Not through `save`: what others do to the ticket is no touch of the session.
    AISession.objects.filter(pk=locked.pk).update(ticket_data=now)
    session.ticket_data = now
    changes = changes_between(known, now)
    if not changes:
        return []
    log(locked, "ticket_changed", locked.status, reason="; ".join(changes), by=None)
    return changes


@transaction.atomic
def lose_ticket(session: AISession, read_at: str) -> bool:
    """Its ticket is not there any more, or not for FlowPilot: said once in the thread of an open session,
    which keeps what was read of it. `read_at` as in a snapshot."""
    locked = lock(session)
    known = locked.ticket_data or {}
    if not locked.is_open or known.get("lost") or not _is_news({"read_at": read_at}, known):
        return False
    AISession.objects.filter(pk=locked.pk).update(ticket_data={**known, "lost": True, "read_at": read_at})
    log(locked, "ticket_changed", locked.status, reason=_("The ticket is not there any more."), by=None)
    return True


def _is_news(now: Snapshot[str, Any], known: Snapshot[str, Any]) -> bool:
    """Two workers may read: what began later is what counts."""
    return text_in(now, "read_at") >= text_in(known, "read_at")
