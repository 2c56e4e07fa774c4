"""Verbs that bring a session into other hands: asked for, accepted, returned, handed outside, reassigned."""

from collections.abc import Iterable
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from flowpilot.accounts.models import Team, User
from flowpilot.accounts.notifications import notify
from flowpilot.accounts.roles import NotAllowed
from flowpilot.core.redaction import mask_secrets
from sessions.actions.ticketing import tell_ticket, worked
from sessions.actions.writing import ASKED, lock, move, page_of, write_move
from sessions.models import AISession
from sessions.rules import (
    Incomplete,
    TakenOver,
    refuse_unless,
    refuse_unless_admin,
    refuse_unless_could_hold,
    refuse_unless_seen,
    require,
)

Status = AISession.Status
DESTINATION_LIMIT: Final = 200
ANSWERED: Final = "escalation_answered"
NOBODY: Final[dict[str, Any]] = {"asked_user": None, "asked_team": None}


@transaction.atomic
def request_escalation(
    session: AISession,
    *,
    reason: str,
    code: str = "",
    package: dict[str, Any] | None = None,
    to: User | None = None,
    to_team: Team | None = None,
    by: User,
) -> None:
    """Ask a colleague to take over; the session waits until somebody accepts or it is cancelled.

    `to` a person who could hold it, or `to_team`, whose people then see it; without both, whoever of the
    session's team is free, or the account's admins where it has none. `code` is a key of `EscalationCode`.
    """
    require("reason", reason, _("Say why it needs somebody else."))
    locked = lock(session)
    _refuse_wrong_addressee(locked, to, to_team)
    move(
        session,
        "request_escalation",
        {Status.ACTIVE, Status.PAUSED},
        Status.REQUESTING_ESCALATION,
        reason=_addressed(reason, to or to_team),
        by=by,
        escalation_reason=reason,
        escalation_code=code,
        escalation_package=package,
        escalation_requested_at=timezone.now(),
        asked_user=to,
        asked_team=to_team,
    )
    said = _("%(name)s asks you to take over “%(title)s”.") % {"name": by, "title": session.title}
    _tell(_asked(locked, to, to_team, but=by), ASKED, said, page_of(session))


@transaction.atomic
def cancel_escalation(session: AISession, *, by: User) -> None:
    move(session, "cancel_escalation", {Status.REQUESTING_ESCALATION}, Status.ACTIVE, by=by, **NOBODY)


@transaction.atomic
def accept_escalation(session: AISession, *, by: User) -> None:
    """Take over. The row lock makes exactly one of several takers win; the others are told by whom, also
    where they see it no more.

    Whoever is of the asked team and not of the session's takes it into that team, or could not open it.
    """
    locked = lock(session)
    if locked.status == Status.ACTIVE and locked.escalated_to_id not in (None, by.pk):
        raise TakenOver(locked.escalated_to)
    refuse_unless(locked, "accept_escalation", {Status.REQUESTING_ESCALATION})
    refuse_unless_seen(locked, by)
    if locked.holder_id == by.pk:
        raise NotAllowed(_("You asked for this escalation yourself; somebody else has to accept it."))
    former = User.objects.get(pk=locked.holder_id)
    moved: dict[str, Any] = {"team": locked.asked_team} if _comes_from_asked_team(locked, by) else {}
    taken: dict[str, Any] = {**moved, **NOBODY, **_in_hands_of(by)}
    write_move(locked, session, "accept_escalation", Status.ACTIVE, by=by, **taken)
    said = _("%(name)s took over “%(title)s”.") % {"name": by, "title": session.title}
    sees_it = AISession.objects.visible_to(former).filter(pk=session.pk).exists()
    _tell([former], ANSWERED, said, page_of(session) if sees_it else "")


@transaction.atomic
def decline_escalation(session: AISession, *, reason: str, by: User) -> None:
    """Whoever was asked by name returns it: the session is active again in the hands it came from."""
    require("reason", reason, _("Say why you return it."))
    locked = lock(session)
    refuse_unless(locked, "decline_escalation", {Status.REQUESTING_ESCALATION})
    if locked.asked_user_id != by.pk:
        raise NotAllowed(_("Only the person who was asked can return it."))
    write_move(locked, session, "decline_escalation", Status.ACTIVE, reason=reason, by=by, **NOBODY)
    said = _("%(name)s returned “%(title)s”: %(reason)s") % {
        "name": by,
        "title": session.title,
        "reason": mask_secrets(reason).text,
    }
    _tell(User.objects.filter(pk=locked.holder_id), ANSWERED, said, page_of(session))


@transaction.atomic
def escalate(
    session: AISession,
    *,
    reason: str,
    destination: str,
    code: str = "",
    package: dict[str, Any] | None = None,
    worked_minutes: int | None = None,
    write_back: str = "",
    by: User,
) -> None:
    """Hand the incident to somebody outside FlowPilot; this ends the session."""
    require("reason", reason, _("Say why it is handed over."))
    require("destination", destination, _("Say to whom it is handed over."))
    kept: dict[str, Any] = {"escalation_package": package} if package is not None else {}
    kept |= worked(lock(session), worked_minutes, write_back=write_back)
    move(
        session,
        "escalate",
        AISession.OPEN,
        Status.ESCALATED,
        reason=reason,
        by=by,
        escalation_reason=reason,
        escalation_code=code,
        escalation_destination=mask_secrets(destination).text[:DESTINATION_LIMIT],
        ended_at=timezone.now(),
        **kept,
        **NOBODY,
    )
    tell_ticket(session, reason=reason, write_back=write_back, by=by)


@transaction.atomic
def reassign(session: AISession, *, to: User, by: User) -> None:
    """Put an open session into somebody else's hands; a team admin's decision."""
    locked = lock(session)
    refuse_unless(locked, "reassign", AISession.OPEN)
    refuse_unless_admin(locked, by)
    refuse_unless_could_hold(locked, to)
    given = _in_hands_of(to)
    write_move(locked, session, "reassign", Status(locked.status), reason=str(to), by=by, **given)


def _in_hands_of(holder: User) -> dict[str, Any]:
    """What somebody else was typing is not the new holder's to send."""
    return {"escalated_to": holder, "draft_answer": ""}


def _refuse_wrong_addressee(session: AISession, to: User | None, team: Team | None) -> None:
    if to is not None:
        refuse_unless_could_hold(session, to)
        if to.pk == session.holder_id:
            raise Incomplete("to", _("That is who holds the session now."))
    if team is not None and (team.account_id != session.account_id or team.archived_at is not None):
        raise Incomplete("to_team", _("That team is not in this account."))


def _addressed(reason: str, to: User | Team | None) -> str:
    return _("To %(to)s: %(reason)s") % {"to": to, "reason": reason} if to else reason


def _comes_from_asked_team(session: AISession, by: User) -> bool:
    at_home = by.account_admin or session.team_id in by.team_ids
    return session.asked_team_id in by.team_ids and not at_home


def _asked(session: AISession, to: User | None, to_team: Team | None, *, but: User) -> Iterable[User]:
    if to is not None:
        return [to]
    team = to_team or session.team
    everybody: QuerySet[User] = User.objects.for_account(session.account_id).filter(is_active=True)
    asked = everybody.filter(account_admin=True) if team is None else everybody.filter(teams=team)
    return asked.exclude(pk=but.pk)


def _tell(people: Iterable[User], kind: str, said: str, url: str) -> None:
    for person in people:
        notify(person, kind=kind, text=said, url=url)
