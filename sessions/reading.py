"""What the pages of the sessions room show."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from flowpilot.accounts.models import TeamMembership, User
from flowpilot.core.web import find, visible
from sessions.models import AISession, AISessionStep, Attachment, SessionEvent
from sessions.similar import Similar, similar
from sessions.snapshots import Package, Ticket, package_of, text_in, ticket_of

VERBS: dict[str, str | Promise] = {
    "open": _("Started"),
    "import": _("Imported"),
    "pause": _("Paused"),
    "resume": _("Resumed"),
    "request_escalation": _("Asked for escalation"),
    "cancel_escalation": _("Took the escalation back"),
    "accept_escalation": _("Took over"),
    "decline_escalation": _("Returned the escalation"),
    "escalate": _("Escalated"),
    "resolve": _("Resolved"),
    "reopen": _("Reopened"),
    "abandon": _("Abandoned"),
    "attach": _("Added files"),
    "detach": _("Removed a file"),
    "reassign": _("Handed to another engineer"),
    "follow": _("Followed a flow"),
    "leave_flow": _("Left the flow"),
    "rejoin_flow": _("Went back to the flow"),
    "tier": _("Confidence moved"),
}


@dataclass(frozen=True)
class Passage:
    """Steps one after the other that count, or that a changed answer has replaced."""

    superseded: bool
    steps: list[AISessionStep]


@dataclass(frozen=True)
class Happened:
    """A line of the history."""

    event: SessionEvent
    verb: str | Promise | None


@dataclass(frozen=True)
class Detail:
    """A session with its steps in order (superseded ones are folded, not hidden) and its history."""

    session: AISession
    passages: list[Passage]
    events: list[Happened]
    ticket: Ticket | None
    package: Package | None
    problem_text: str
    log_text: str
    ended_by: SessionEvent | None
    attachments: list[Attachment]
    may_attach: bool


def sessions(user: User) -> QuerySet[AISession]:
    """Those that the user may see, with all that a list shows beside them."""
    rows: QuerySet[AISession] = visible(AISession, user).with_people()  # type: ignore[attr-defined]
    return rows


def detail(user: User, pk: UUID) -> Detail:
    """404 when the session is not the user's to see."""
    rows: QuerySet[AISession] = AISession.objects.select_related(
        "user",
        "team",
        "client",
        "matched_flow__current_version",
        "flow_version",
        "escalated_to",
        "asked_user",
        "asked_team",
    ).defer(
        "conversation_messages",
        "system_prompt_snapshot",
        "flow_version__tree_structure",
        "flow_version__grounding",
        "matched_flow__current_version__tree_structure",
        "matched_flow__current_version__grounding",
    )
    session = find(rows, user, pk)
    events = list(session.events.select_related("actor").order_by("created_at", "id"))
    ended = [
        event for event in events if event.to_status == session.status and event.to_status in AISession.ENDED
    ]
    raw = session.ticket_data or session.intake_content.get("ticket_data")
    ticket = raw if isinstance(raw, dict) else {}
    return Detail(
        session=session,
        passages=passages(session.steps.order_by("step_order")),
        events=[Happened(event, VERBS.get(event.verb)) for event in events],
        ticket=ticket_of(ticket) if ticket else None,
        package=package_of(session.escalation_package),
        problem_text=text_in(session.intake_content, "text") or text_in(ticket, "body"),
        log_text=text_in(session.intake_content, "log_content"),
        ended_by=ended[-1] if ended else None,
        attachments=list(session.attachments.select_related("uploaded_by")),
        may_attach=session.is_open and session.holder_id == user.pk,
    )


def attachment(user: User, session_pk: UUID, pk: UUID) -> Attachment:
    """A file of a session that the user may see; else 404."""
    session = find(AISession, user, session_pk)
    found: Attachment | None = session.attachments.select_related("session").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def seen_before(user: User, pk: UUID) -> tuple[AISession, list[Similar]]:
    """A session and those resolved ones that resemble it, of what the user may see; 404 when it is not."""
    session = find(AISession, user, pk)
    ticket = session.ticket_data if isinstance(session.ticket_data, dict) else {}
    body = text_in(session.intake_content, "text") or text_in(ticket, "body")
    return session, similar(f"{session.title}\n{body}", user, without=[session.pk])


def passages(steps: Iterable[AISessionStep]) -> list[Passage]:
    grouped = groupby(steps, key=lambda step: step.superseded_at is not None)
    return [Passage(superseded, list(members)) for superseded, members in grouped]


HELD_SHOWN = 25


@dataclass(frozen=True)
class Held:
    """An open session in somebody's hands, and to whom it could be handed."""

    session: AISession
    receivers: list[User]


def held_by(reader: User, pk: UUID) -> tuple[User, list[Held]]:
    """The person and the open sessions in that person's hands which the reader answers for, oldest first and
    at most `HELD_SHOWN`; 404 for a person of another account."""
    person = User.objects.for_account(reader.account_id).filter(pk=pk).first()
    if person is None:
        raise Http404
    in_hand = Q(escalated_to=person) | Q(escalated_to__isnull=True, user=person)
    rows = AISession.objects.administered_by(reader).with_people().filter(in_hand, status__in=AISession.OPEN)
    found = list(rows.order_by("created_at", "id")[:HELD_SHOWN])
    receivers = _receivers(reader, {session.team_id for session in found})
    return person, [
        Held(session, [one for one in receivers.get(session.team_id, []) if one.pk != pk])
        for session in found
    ]


def _receivers(reader: User, teams: set[UUID | None]) -> dict[UUID | None, list[User]]:
    """By team: those who are in it and can sign in; account admins for sessions without one."""
    active = User.objects.for_account(reader.account_id).filter(is_active=True)
    by_team: dict[UUID | None, list[User]] = {None: list(active.filter(account_admin=True))}
    members = TeamMembership.objects.filter(team__in=teams - {None}, user__is_active=True)
    for member in members.select_related("user").order_by("user__name", "user__email"):
        by_team.setdefault(member.team_id, []).append(member.user)
    return by_team
