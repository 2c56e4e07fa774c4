"""The verb of the import: tickets in, resolved sessions awaiting analysis out, each at most once.

A batch is one short transaction. Identity is (account, source, external id), kept by the database's unique
constraint: rows that exist already are skipped, also when two imports run at once. Nothing here touches
the PSA outbox.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import DatabaseError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from flowpilot.accounts.models import Account, Client, Team, User
from flowpilot.ai.offline.domains import classify_problem
from flowpilot.ai.offline.parsing import ParsedStep, steps_of
from flowpilot.core.redaction import SecretMasker
from sessions.importing.errors import Rejected
from sessions.importing.rows import TicketRow
from sessions.models import AISession, AISessionStep, SessionEvent

MAX_STEPS = 200
TITLE_LIMIT = 300


@dataclass(frozen=True)
class Target:
    """Whose sessions the tickets become."""

    account: Account
    user: User
    team: Team | None
    source: str
    clients: dict[str, UUID]
    """Clients of the account by their name in lower case; others stay a name on the ticket."""


@dataclass(frozen=True)
class Written:
    imported: int
    duplicates: int
    rejected: tuple[Rejected, ...] = ()


Parts = tuple[AISession, list[AISessionStep], SessionEvent]


def clients_of(account: Account) -> dict[str, UUID]:
    names = Client.objects.for_account(account.pk).values_list("name", "pk")
    return {name.casefold(): pk for name, pk in names}


def already_imported(rows: Sequence[TicketRow], target: Target) -> set[str]:
    """Which of the rows' external ids this account has from this source."""
    return set(
        AISession.objects.for_account(target.account.pk)
        .filter(source=target.source, external_id__in=[row.external_id for row in rows])
        .values_list("external_id", flat=True)
    )


def import_tickets(rows: Sequence[TicketRow], target: Target) -> Written:
    """Write one batch. A row that the database refuses is reported, the others go in."""
    known = already_imported(rows, target)
    parts = [(row, _parts(row, target)) for row in rows if row.external_id not in known]
    try:
        imported = _insert([part for _row, part in parts])
        return Written(imported, len(rows) - imported)
    except DatabaseError:
        return _insert_singly(parts, duplicates=len(rows) - len(parts))


def _insert_singly(parts: Sequence[tuple[TicketRow, Parts]], duplicates: int) -> Written:
    imported = 0
    rejected = []
    for row, part in parts:
        try:
            inserted = _insert([part])
        except DatabaseError as error:
            reason = str(error).strip().split("\n", 1)[0]
            rejected.append(Rejected(row.line, _("refused by the database: %(reason)s") % {"reason": reason}))
        else:
            imported += inserted
            duplicates += not inserted
    return Written(imported, duplicates, tuple(rejected))


@transaction.atomic
def _insert(parts: Sequence[Parts]) -> int:
    """Insert those whose identity is new, and only those get steps and an event; returns how many."""
    sessions = [session for session, _steps, _event in parts]
    AISession.objects.bulk_create(sessions, ignore_conflicts=True)
    new = set(
        AISession.objects.filter(pk__in=[session.pk for session in sessions]).values_list("pk", flat=True)
    )
    kept = [part for part in parts if part[0].pk in new]
    AISessionStep.objects.bulk_create([step for _session, steps, _event in kept for step in steps])
    SessionEvent.objects.bulk_create([event for _session, _steps, event in kept])
    return len(kept)


def _parts(row: TicketRow, target: Target) -> Parts:
    masker = SecretMasker()
    title, description, resolution = (
        masker.mask(text).text for text in (row.title, row.description, row.resolution)
    )
    parsed = steps_of(resolution)[:MAX_STEPS]
    ended = row.closed_at or row.opened_at or timezone.now()
    session = AISession(
        account=target.account,
        user=target.user,
        team=target.team,
        client_id=target.clients.get(row.client.casefold()),
        source=target.source,
        external_id=row.external_id,
        problem_summary=title,
        problem_domain=classify_problem(f"{title}\n{row.category}", description).domain,
        status=AISession.Status.RESOLVED,
        analysis_status=AISession.AnalysisStatus.PENDING,
        resolution_no=1,
        resolution_summary=resolution,
        resolution_action=_action(parsed, resolution),
        step_count=len(parsed),
        created_at=row.opened_at or ended,
        resolved_at=ended,
        ended_at=ended,
        **masker.within(_intake(row, target.source, title, description)),
    )
    return session, _steps(session, parsed, ended), _event(session, row, target)


def _intake(row: TicketRow, source: str, title: str, description: str) -> dict[str, Any]:
    """A row with an id came from a ticket system; one without is only a text."""
    content: dict[str, Any] = {
        "text": description or title,
        "image_urls": [],
        "log_content": "",
        "ticket_data": None,
    }
    return {
        "intake_type": AISession.Intake.PSA_TICKET if row.has_id else AISession.Intake.FREE_TEXT,
        "intake_content": content,
        "ticket_data": _ticket(row, source, title, description),
        "psa_ticket_id": row.external_id[:100] if row.has_id else None,
    }


def _ticket(row: TicketRow, source: str, title: str, description: str) -> dict[str, Any]:
    number = row.external_id if row.has_id else ""
    return {
        "provider": source,
        "id": number,
        "number": number,
        "url": "",
        "title": title,
        "body": description,
        "status": row.status,
        "priority": row.priority,
        "board": "",
        "category": row.category,
        "client": row.client,
        "contact": "",
        "assignee": row.assignee,
        "opened_at": row.opened_at.isoformat() if row.opened_at else None,
        "notes": [],
        "assets": [],
    }


def _action(parsed: Sequence[ParsedStep], resolution: str) -> str:
    """The first step that does something, else the first step, else the resolution's first line."""
    doing = [step for step in parsed if step.kind in ("action", "script")] or list(parsed)
    return doing[0].title if doing else resolution.split("\n", 1)[0][:TITLE_LIMIT]


def _steps(session: AISession, parsed: Sequence[ParsedStep], at: datetime) -> list[AISessionStep]:
    return [
        AISessionStep(
            account_id=session.account_id,
            session=session,
            step_order=order,
            kind=step.kind,
            source=AISessionStep.Source.ENGINEER,
            title=step.title[:TITLE_LIMIT],
            body=step.body,
            created_at=at,
        )
        for order, step in enumerate(parsed, start=1)
    ]


def _event(session: AISession, row: TicketRow, target: Target) -> SessionEvent:
    return SessionEvent(
        account_id=session.account_id,
        session=session,
        actor=target.user,
        verb="import",
        to_status=session.status,
        reason=_("Imported from %(source)s, line %(line)d") % {"source": target.source, "line": row.line},
    )
