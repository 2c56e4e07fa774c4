"""What the pages of the sessions room show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from flowpilot.accounts.models import TeamMembership, User
from flowpilot.ai.offline.logs import LogLine, digest
from flowpilot.core.web import find, visible
from sessions.models import AISession, Attachment, SessionEvent
from sessions.problem import problem_of
from sessions.similar import Similar, similar
from sessions.snapshots import Package, Ticket, package_of, text_in, ticket_of

SHORT_LOG = 20
"""Lines up to which a log is simply read."""

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
class Happened:
    """A line of the history."""

    event: SessionEvent
    verb: str | Promise | None


@dataclass(frozen=True)
class Log:
    text: str

    @cached_property
    def found(self) -> Sequence[LogLine]:
        """The lines worth reading, in the order of the text; none of a short one."""
        if self.length <= SHORT_LOG:
            return ()
        return sorted(digest(self.text).lines, key=lambda line: line.number)

    @property
    def numbers(self) -> str:
        """Of its lines, one below the other."""
        return "\n".join(map(str, range(1, self.length + 1)))

    @property
    def length(self) -> int:
        return self.text.count("\n") + 1


@dataclass(frozen=True)
class Detail:
    """A session and what stands beside its thread: where it came from, its history, its files."""

    session: AISession
    events: list[Happened]
    ticket: Ticket | None
    ticket_read_at: datetime
    """When it stood as it is shown."""
    package: Package | None
    problem_text: str
    log: Log | None
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
        "account",
        "user",
        "team",
        "client",
        "matched_flow__current_version",
        "flow_version__flow",
        "escalated_to",
        "asked_user",
        "asked_team",
        "psa_connection",
    ).defer(
        "psa_connection__credentials",
        "conversation_messages",
        "system_prompt_snapshot",
        "flow_version__grounding",
        "matched_flow__current_version__tree_structure",
        "matched_flow__current_version__grounding",
    )
    session = find(rows, user, pk)
    events = list(session.events.select_related("actor").order_by("created_at", "id"))
    ended = [
        event for event in events if event.to_status == session.status and event.to_status in AISession.ENDED
    ]
    log = text_in(session.intake_content, "log_content").rstrip()
    raw = session.ticket_data or session.intake_content.get("ticket_data")
    ticket = raw if isinstance(raw, dict) else {}
    return Detail(
        session=session,
        events=[Happened(event, VERBS.get(event.verb)) for event in events],
        ticket=ticket_of(ticket) if ticket else None,
        ticket_read_at=max(
            (event.created_at for event in events if event.verb == "ticket_changed"),
            default=session.created_at,
        ),
        package=package_of(session.escalation_package),
        problem_text=text_in(session.intake_content, "text") or text_in(ticket, "body"),
        log=Log(log) if log else None,
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
    return session, similar(f"{session.title}\n{problem_of(session)}", user, without=[session.pk])


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
