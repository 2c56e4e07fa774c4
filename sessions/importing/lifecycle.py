"""Logs of changes: one line for each change of a ticket, without texts, as ServiceNow and others write them.

They become sessions that tell when they began, changed hands, came back and ended, and nothing else: figures
can be compared with those of the old system, the analysis has nothing to learn from them.
"""

import csv
import gzip
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from io import TextIOWrapper
from pathlib import Path
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from flowpilot.core.text import checked_text, clean_line
from sessions.importing.dates import parse_date
from sessions.importing.errors import Rejected, UnusableFile
from sessions.importing.rows import ID_LIMIT
from sessions.importing.write import Target
from sessions.models import AISession, SessionEvent

COLUMNS: Final = (
    "number",
    "incident_state",
    "reassignment_count",
    "reopen_count",
    "opened_at",
    "sys_updated_at",
    "resolved_at",
    "closed_at",
)
DONE: Final = ("resolved", "closed")
WRITTEN_AT_ONCE: Final = 500
Progress = Callable[[int], None]


@dataclass
class Life:
    """What became of one ticket."""

    number: str
    opened_at: datetime
    reassigned: list[datetime] = field(default_factory=list)
    reopened: list[datetime] = field(default_factory=list)
    undone: list[datetime] = field(default_factory=list)
    """When the resolutions were made that a reopening undid, as far as the log shows them."""
    state: str = ""
    done_since: datetime | None = None
    """Of a ticket that stands as resolved: the first line that says so. `resolved_at` is no help: systems
    write the last resolution's into all lines of a ticket."""
    resolved_at: datetime | None = None
    closed_at: datetime | None = None

    @property
    def ended_at(self) -> datetime | None:
        """Nothing for a ticket that is still open; none ends before it begins."""
        at = self.resolved_at or self.closed_at
        return max(at, self.opened_at) if at and self.state in DONE else None


@dataclass(frozen=True)
class Log:
    lives: list[Life]
    lines: int
    rejected: list[Rejected]


def read_log(path: Path, zone: tzinfo) -> Log:
    """All tickets of a CSV file, plain or .gz, days first. Raises `UnusableFile`; lines that cannot be read
    are in `rejected`."""
    try:
        opener: Any = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rb") as raw, TextIOWrapper(raw, "utf-8-sig", newline="") as file:
            return _lives(csv.DictReader(file), zone)
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise UnusableFile(
            _("%(path)s cannot be read: %(error)s") % {"path": path, "error": error}
        ) from error


def _lives(rows: "csv.DictReader[str]", zone: tzinfo) -> Log:
    if missing := sorted(set(COLUMNS) - set(rows.fieldnames or ())):
        raise UnusableFile(_("These columns are missing: %(names)s") % {"names": ", ".join(missing)})
    lives: dict[str, Life] = {}
    rejected, lines = [], 0
    for lines, row in enumerate(rows, start=1):
        try:
            _tell(lives, row, zone)
        except ValueError as error:
            rejected.append(Rejected(lines + 1, str(error)))
    return Log(list(lives.values()), lines, rejected)


def _tell(lives: dict[str, Life], row: Mapping[str, str | None], zone: tzinfo) -> None:
    """Add one line to what is known of its ticket."""
    number = clean_line(checked_text(row["number"], limit=ID_LIMIT, field="number"), limit=ID_LIMIT)
    if not number:
        raise ValueError(_("there is no number"))
    at, opened = _moment(row, "sys_updated_at", zone), _moment(row, "opened_at", zone)
    if at is None or opened is None:
        raise ValueError(_("opened_at or sys_updated_at is no date"))
    reassigned, reopened = _count(row, "reassignment_count"), _count(row, "reopen_count")
    life = lives.setdefault(number, Life(number, opened))
    life.reassigned += [at] * (reassigned - len(life.reassigned))
    if reopened > len(life.reopened):
        life.reopened += [at] * (reopened - len(life.reopened))
        life.undone += [life.done_since] if life.done_since else []
        life.done_since = None
    life.state = (row["incident_state"] or "").strip().lower()
    life.done_since = (life.done_since or at) if life.state in DONE else None
    life.resolved_at = _moment(row, "resolved_at", zone) or life.resolved_at
    life.closed_at = _moment(row, "closed_at", zone) or life.closed_at


def _moment(row: Mapping[str, str | None], name: str, zone: tzinfo) -> datetime | None:
    return parse_date((row[name] or "").strip(), day_first=True, zone=zone)


def _count(row: Mapping[str, str | None], name: str) -> int:
    text = (row[name] or "").strip()
    if not text.isdecimal():
        raise ValueError(_("%(name)s is %(value)r, not a number") % {"name": name, "value": text[:40]})
    return min(int(text), MOST_CHANGES)


MOST_CHANGES: Final = 1000
"""Of one ticket; more is a slip of the keyboard."""


def write_lives(lives: Iterable[Life], target: Target, progress: Progress) -> int:
    """Write the tickets that are not there yet; returns how many they are."""
    rows, written = list(lives), 0
    for start in range(0, len(rows), WRITTEN_AT_ONCE):
        part = rows[start : start + WRITTEN_AT_ONCE]
        written += _write({life.number: life for life in part}, target)
        progress(len(part))
    return written


@transaction.atomic
def _write(lives: dict[str, Life], target: Target) -> int:
    made = [_session(life, target) for life in lives.values()]
    AISession.objects.bulk_create(made, ignore_conflicts=True)
    rows = AISession.objects.filter(pk__in=[session.pk for session in made])
    new = set(rows.values_list("pk", flat=True))
    kept = [session for session in made if session.pk in new]
    events = [event for session in kept for event in _events(session, lives[session.external_id], target)]
    SessionEvent.objects.bulk_create(events)
    return len(kept)


def _session(life: Life, target: Target) -> AISession:
    """Nobody is known here by name: what changed hands is in those of the importing engineer."""
    ended = life.ended_at
    done = {
        "status": AISession.Status.RESOLVED,
        "resolution_no": len(life.reopened) + 1,
        "resolution_summary": _("Resolved in %(source)s.") % {"source": target.source},
        "resolution_action": _("Not known"),
        "resolved_at": ended,
        "ended_at": ended,
    }
    return AISession(
        account=target.account,
        user=target.user,
        team=target.team,
        source=target.source,
        external_id=life.number,
        psa_ticket_id=life.number[:100],
        problem_summary=_("Ticket %(number)s") % {"number": life.number},
        escalated_to=target.user if life.reassigned else None,
        created_at=life.opened_at,
        reopened_at=life.reopened[-1] if life.reopened else None,
        **(done if ended else {}),
    )


def _events(session: AISession, life: Life, target: Target) -> list[SessionEvent]:
    told = [("import", life.opened_at)]
    told += [("reassign", at) for at in life.reassigned]
    told += [("reopen", at) for at in life.reopened]
    told += [("resolve", at) for at in life.undone]
    told += [("resolve", life.ended_at)] if life.ended_at else []
    return [
        SessionEvent(
            account_id=target.account.pk,
            session=session,
            actor=target.user,
            verb=verb,
            to_status=session.status,
            created_at=at,
        )
        for verb, at in told
    ]
