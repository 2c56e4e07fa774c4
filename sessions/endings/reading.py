"""What the dialogs and the inbox show."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.utils import timezone

from flowpilot.accounts.models import User
from flowpilot.core.redaction import SecretMasker
from flowpilot.core.web import find, visible
from sessions.endings.drafting import draft
from sessions.endings.taking import offered
from sessions.endings.worked import worked_so_far
from sessions.models import AISession, SessionEvent
from sessions.snapshots import Package, package_of
from sessions.ticket_notes import note_on

INBOX_SHOWN: Final = 100


@dataclass(frozen=True)
class Waiting:
    """An escalation in the inbox; `directed` says to whom in the reader's eyes: "me", "team" or "".
    `offered`: the query with which the reader takes it over."""

    session: AISession
    directed: str
    package: Package | None
    is_own: bool
    offered: str


def session_of(user: User, pk: UUID) -> AISession:
    """404 when the session is not the user's to see."""
    rows = AISession.objects.select_related(
        "account",
        "user",
        "team",
        "client",
        "escalated_to",
        "asked_user",
        "asked_team",
        "flow_version__flow",
        "psa_connection",
    ).defer("flow_version__tree_structure", "flow_version__grounding")
    return find(rows, user, pk)


def stamp(session: AISession) -> str:
    """Names the state and the hands that a dialog was opened for."""
    return f"{session.status}:{session.holder_id}:{session.resolution_no}"


def last_event(session: AISession) -> SessionEvent | None:
    """What happened last, with who did it."""
    found: SessionEvent | None = (
        session.events.select_related("actor").exclude(verb="tier").order_by("-created_at", "-id").first()
    )
    return found


def resolution_draft(session: AISession) -> dict[str, Any]:
    """What the dialog of a resolution is filled with; after a reopening what was said the last time."""
    steps = list(session.steps.order_by("step_order"))
    drafted = draft(session.title, steps)
    return {
        "summary": session.resolution_summary or drafted.summary,
        "action": session.resolution_action or drafted.action,
        "root_cause": session.root_cause,
        "root_cause_note": session.root_cause_note,
        "worked_minutes": worked_so_far(session.events.all(), steps, timezone.now()),
        **rating_of(session),
    }


def abandonment_draft(session: AISession) -> dict[str, Any]:
    return {"worked_minutes": worked_minutes(session)}


def worked_minutes(session: AISession) -> int | None:
    """The estimate for what a ticket is told; None, and nothing is asked, where there is none."""
    if session.psa_connection is None:
        return None
    return worked_so_far(session.events.all(), session.steps.all(), timezone.now())


def rating_of(session: AISession) -> dict[str, Any]:
    return {"rating": session.session_rating, "feedback": session.session_feedback}


def note_before(session: AISession, user: User, typed: dict[str, Any]) -> str:
    """The note that an ending would write into the ticket, of a session that has not ended."""
    given = SecretMasker().within(typed)
    ended = copy(session)
    ended.status = given["ending"]
    ended.resolution_summary, ended.resolution_action = given["summary"], given["action"]
    ended.escalation_destination = given["destination"]
    ended.root_cause, ended.worked_minutes = given["root_cause"], given["worked_minutes"]
    template = session.psa_connection.note_template if session.psa_connection else ""
    return note_on(ended, by=user, reason=given["reason"], template=template)


def inbox(user: User) -> list[Waiting]:
    """Escalations that wait and that the reader may take over, those directed at the reader first, then those
    at the reader's teams, the longest waiting first; at most `INBOX_SHOWN`."""
    rows = _waiting(user).select_related("user", "team", "client", "escalated_to", "asked_user", "asked_team")
    directed = Case(
        When(asked_user=user, then=Value(0)),
        When(asked_team__in=user.team_ids, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    ordered = rows.annotate(directed=directed).order_by("directed", "escalation_requested_at", "id")
    words = {0: "me", 1: "team"}
    return [
        Waiting(
            session,
            words.get(session.directed, ""),
            package_of(session.escalation_package),
            session.holder_id == user.pk,
            offered(user, session.pk),
        )
        for session in ordered[:INBOX_SHOWN]
    ]


def mark_of(waiting: Sequence[Waiting]) -> str:
    """Another one as soon as the inbox shows something else."""
    shown = ((one.session.pk, one.session.escalation_requested_at, one.directed) for one in waiting)
    return sha256(repr([*shown]).encode()).hexdigest()[:16]


def waiting_for_others(user: User) -> QuerySet[AISession]:
    """What the navigation counts beside the inbox. Own requests wait for others, and do not count."""
    own = Q(escalated_to=user) | Q(escalated_to__isnull=True, user=user)
    return _waiting(user).exclude(own)


def _waiting(user: User) -> QuerySet[AISession]:
    return visible(AISession, user).filter(status=AISession.Status.REQUESTING_ESCALATION)


def is_seen(user: User, session: AISession) -> bool:
    return visible(AISession, user).filter(pk=session.pk).exists()
