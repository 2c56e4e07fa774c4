"""Rows for tests: plain functions, everything optional, each account with its own cast."""

from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from itertools import count
from typing import Any

from django.utils import timezone
from PIL import Image

from analytics.models import GapSession, KnowledgeGap
from flowpilot.accounts.actions import invitations, saving
from flowpilot.accounts.models import (
    Account,
    Client,
    Invitation,
    Notification,
    SavedView,
    Team,
    TeamMembership,
    User,
)
from flowpilot.accounts.notifications import notify
from flowpilot.ai.contracts import StepKind
from flowpilot.core.uploads.intake import prepared
from flowpilot.flows import actions as flow_actions
from flowpilot.flows.document import Tree, parse
from flowpilot.flows.models import FlowVersion
from flowpilot.psa.models import PracticeTicket, PsaConnection, PsaPush
from proposals.models import FlowProposal, ProposalDraft, ProposalEvidence
from sessions import actions as session_actions
from sessions.actions import attachments, intakes, turns
from sessions.models import AISession, Attachment, GeneratedScript, IntakeFile, Turn

PASSWORD = "correct horse battery staple"
_numbers = count(30_001)
"""All of the same length, and no years: in texts a number means the same whichever test comes first."""


@dataclass(frozen=True)
class Cast:
    """The people of one account: two teams, an engineer in the first, an admin of each, one above."""

    account: Account
    team: Team
    other_team: Team
    client: Client
    engineer: User
    colleague: User
    team_admin: User
    other_team_admin: User
    account_admin: User


def make_user(account: Account | None, name: str, **extra: Any) -> User:
    """Somebody who can sign in; superusers without a second factor."""
    domain = account.slug if account else "flowpilot"
    extra.setdefault("mfa_exempt", account is None)
    return User.objects.create_user(
        f"{name}@{domain}.example", PASSWORD, name=name.title(), account=account, **extra
    )


def join(user: User, team: Team, role: str = TeamMembership.Role.ENGINEER) -> None:
    TeamMembership.objects.create(account_id=team.account_id, user=user, team=team, role=role)


def make_cast(slug: str) -> Cast:
    account = Account.objects.create(name=slug.title(), slug=slug)
    team = Team.objects.create(account=account, name="Service desk")
    other_team = Team.objects.create(account=account, name="Projects")
    cast = Cast(
        account=account,
        team=team,
        other_team=other_team,
        client=Client.objects.create(account=account, name="Northwind"),
        engineer=make_user(account, "engineer"),
        colleague=make_user(account, "colleague"),
        team_admin=make_user(account, "lead"),
        other_team_admin=make_user(account, "otherlead"),
        account_admin=make_user(account, "owner", account_admin=True),
    )
    join(cast.engineer, team)
    join(cast.colleague, team)
    join(cast.team_admin, team, TeamMembership.Role.TEAM_ADMIN)
    join(cast.other_team_admin, other_team, TeamMembership.Role.TEAM_ADMIN)
    return cast


def make_invitation(cast: Cast, email: str = "new@acme.example") -> Invitation:
    """An open invitation into the first team."""
    roles = {cast.team: TeamMembership.Role.ENGINEER}
    made, _token = invitations.invite(email, roles=roles, account_admin=False, by=cast.account_admin)
    return made


def make_notification(person: User, text: str = "Your session became a flow.") -> Notification:
    notify(person, kind="flow_published", text=text, url="/flows/")
    return Notification.objects.filter(user=person).latest("created_at")


def small_tree(title: str = "Does the printer show an error?") -> Tree:
    """A question with two ways, one action, both ends."""
    return parse(
        {
            "schema": 1,
            "root": "n1",
            "nodes": [
                _node("n1", "question", title, [("o1", "Yes", "n2"), ("o2", "No", "n4")]),
                _node(
                    "n2",
                    "action",
                    "Restart the print spooler",
                    [("o1", "Solved", "n3"), ("o2", "Not solved", "n4")],
                ),
                _node("n3", "resolution", "Pages come out again", []),
                _node("n4", "escalation", "Hand over with the error text", []),
            ],
        }
    )


def _node(pk: str, kind: str, title: str, options: list[tuple[str, str, str]]) -> dict[str, Any]:
    return {
        "id": pk,
        "kind": kind,
        "title": title,
        "body": "",
        "script": None,
        "options": [{"id": option, "label": label, "next": target} for option, label, target in options],
    }


def make_version(cast: Cast, tree: Tree | None = None, **extra: Any) -> FlowVersion:
    """A published flow's first version."""
    flow = flow_actions.create_flow(
        cast.account.pk, **{"title": f"Printer prints nothing {next(_numbers)}", "team": cast.team, **extra}
    )
    return flow_actions.publish_version(flow, tree or small_tree(), base=None, by=cast.team_admin)


def make_session(cast: Cast, **extra: Any) -> AISession:
    """An active session of the cast's engineer; in the other team, of its admin."""
    given: dict[str, Any] = {
        "user": cast.other_team_admin if extra.get("team") == cast.other_team else cast.engineer,
        "team": cast.team,
        "client": cast.client,
        "problem_summary": f"Printer prints nothing {next(_numbers)}",
        "intake_content": {"text": "The printer on the second floor prints nothing since this morning."},
    }
    return session_actions.open_session(**{**given, **extra})


def picture(width: int = 40, height: int = 30, kind: str = "PNG", **saved: Any) -> bytes:
    """An image with something to see on it."""
    image = Image.effect_mandelbrot((width, height), (-2, -1.5, 1, 1.5), 20).convert("RGB")
    written = BytesIO()
    image.save(written, kind, **saved)
    return written.getvalue()


def make_attachment(session: AISession, name: str = "error.png", content: bytes | None = None) -> Attachment:
    files = [prepared(name, picture() if content is None else content)]
    return attachments.attach(session, files=files, by=session.user)[0]


def make_script(session: AISession, **extra: Any) -> GeneratedScript:
    """One that the rules took from the library."""
    told = {
        "shell": "powershell",
        "purpose": "Show the disks",
        "title": "Show the disks",
        "body": "Get-Volume\n",
        "risk": "read",
        "engine": "offline",
        **extra,
    }
    return GeneratedScript.objects.create(
        account_id=session.account_id, session=session, asked_by=session.user, **told
    )


def make_turn(session: AISession) -> Turn:
    """A turn that somebody is producing."""
    turn = turns.ask(session, by=session.user)
    assert turn is not None
    return turn


def make_intake_file(user: User, name: str = "error.png", content: bytes | None = None) -> IntakeFile:
    """A file that is kept for somebody's intake."""
    files = [prepared(name, picture() if content is None else content)]
    return intakes.keep_files(files, pen=intakes.Pen(), by=user)[0]


def make_practice_ticket(cast: Cast, **extra: Any) -> PracticeTicket:
    """A ticket in the account's practice PSA, which is connected with the first one."""
    connection, _made = PsaConnection.objects.get_or_create(
        account=cast.account, name="Practice PSA", defaults={"provider": "practice"}
    )
    given = {"number": next(_numbers) + 10_000, "title": "Printer prints nothing", "body": "Since today."}
    return PracticeTicket.objects.create(account=cast.account, connection=connection, **{**given, **extra})


def make_push(cast: Cast, **extra: Any) -> PsaPush:
    """What an abandoned session told its ticket; given up, unless `extra` says else."""
    ticket = make_practice_ticket(cast)
    session = make_session(
        cast, psa_connection=ticket.connection, ticket_data={"id": str(ticket.number), "title": ticket.title}
    )
    session_actions.abandon(session, reason="Nobody answers.", by=session.user)
    push: PsaPush = PsaPush.objects.get(session_id=session.pk)
    for name, value in {"state": "dead", "error": "The ticket is closed", **extra}.items():
        setattr(push, name, value)
    push.save()
    return push


def add_answered(
    session: AISession, title: str, *, kind: StepKind = "action", outcome: str = "", **answer: Any
) -> None:
    by = answer.get("by", session.user)
    step = session_actions.add_step(session, kind=kind, source="engineer", title=title, by=by)
    session_actions.answer(step, outcome=outcome, response=answer.get("response", "done"), by=by)


def make_resolved(cast: Cast, **extra: Any) -> AISession:
    """A resolved session that awaits its analysis."""
    session = make_session(cast, **extra)
    add_answered(session, "Restart the print spooler", outcome="worked")
    session_actions.resolve(
        session,
        summary="The print spooler had stopped after the update; restarting the service fixed it.",
        action="Restart the print spooler",
        by=session.user,
    )
    return session


def make_view(cast: Cast, name: str = "Mine", **extra: Any) -> SavedView:
    """A view of the engineer's list of sessions that the account sees."""
    given: dict[str, Any] = {
        "screen": "sessions",
        "query": "status=open",
        "shared": True,
        "by": cast.engineer,
    }
    return saving.save(name, **{**given, **extra})


def make_gap(cast: Cast, *sessions: AISession, **extra: Any) -> KnowledgeGap:
    """A topic of the first team without a flow, shown by these sessions or by a resolved one."""
    shown = sessions or (make_resolved(cast),)
    given: dict[str, Any] = {
        "kind": "uncovered_topic",
        "key": f"gap-{next(_numbers)}",
        "severity": "medium",
        "title": "spooler · printer · stopped",
        "team": cast.team,
        "evidence": {"terms": ["spooler"], "n": len(shown), "sessions": [str(each.pk) for each in shown]},
        "demand": len(shown),
        "first_seen_at": timezone.now(),
        "last_seen_at": timezone.now(),
    }
    gap = KnowledgeGap.objects.create(account=cast.account, **{**given, **extra})
    for session in shown:
        GapSession.objects.create(account=cast.account, gap=gap, session=session)
    return gap


def redraft(proposal: FlowProposal, tree: Tree | dict[str, Any], **extra: Any) -> ProposalDraft:
    """The next draft of a proposal, which becomes its current one, as the job makes it."""
    draft = ProposalDraft.objects.create(
        account=proposal.account,
        proposal=proposal,
        number=proposal.drafts.count() + 1,
        title=proposal.title,
        tree=tree.to_json() if isinstance(tree, Tree) else tree,
        engine="offline",
        **extra,
    )
    proposal.current_draft = draft
    proposal.save()
    return draft


def make_proposal(cast: Cast, *, version: FlowVersion | None = None, **extra: Any) -> FlowProposal:
    """A pending proposal with one draft and one evidence session; an enhancement when a version is given."""
    number = next(_numbers)
    given: dict[str, Any] = {
        "account": cast.account,
        "team": cast.team,
        "proposal_type": "enhancement" if version else "new_flow",
        "target_flow": version.flow if version else None,
        "base_version": version,
        "title": f"Printer prints nothing after an update {number}",
        "summary": "Gets the spooler going again.",
        "fingerprint": f"fingerprint-{number}",
        "terms": [f"term{number}"],
        "expires_at": timezone.now() + timedelta(days=90),
    }
    proposal = FlowProposal.objects.create(**{**given, **extra})
    redraft(proposal, small_tree(), summary=proposal.summary)
    session = make_resolved(cast, team=proposal.team)
    ProposalEvidence.objects.create(account=cast.account, proposal=proposal, session=session, resolution_no=1)
    proposal.evidence_count = proposal.client_count = 1
    proposal.save()
    return proposal
