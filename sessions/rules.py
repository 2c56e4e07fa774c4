"""What the verbs of a session refuse, and how: state, hands, account and what is missing."""

from collections.abc import Collection
from typing import Any

from django.utils.translation import gettext as _

from flowpilot.accounts.models import Client, Team, User
from flowpilot.accounts.roles import NotAllowed, administers
from flowpilot.flows.models import FlowVersion
from sessions.models import AISession


class IllegalTransition(Exception):
    """The verb does not fit the session's state; the message names both."""

    def __init__(self, verb: str, status: str) -> None:
        super().__init__(
            _("“%(verb)s” is not possible while a session is %(status)s.")
            % {"verb": verb.replace("_", " "), "status": AISession.Status(status).label.lower()}
        )
        self.verb, self.status = verb, status


class TakenOver(IllegalTransition):
    """Somebody else was first to accept an escalation; the message says who."""

    def __init__(self, by: User | None) -> None:
        super().__init__("accept_escalation", AISession.Status.ACTIVE)
        self.args = (_("%(name)s has taken it over already.") % {"name": by},)


class Incomplete(Exception):
    """Something that the verb needs is missing or does not fit; `field` names it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class TooLate(Exception):
    """A resolved session can only be reopened within the account's days."""


class StaleStep(Exception):
    """Somebody answered or added a step in between; reload and look again."""


def require(field: str, value: str, message: str) -> None:
    if not value.strip():
        raise Incomplete(field, message)


def refuse_unless(session: AISession, verb: str, allowed: Collection[Any]) -> None:
    if session.status not in allowed:
        raise IllegalTransition(verb, session.status)


def refuse_unless_holder(session: AISession, by: User) -> None:
    if by.pk != session.holder_id:
        raise NotAllowed(_("Only the engineer who holds this session can do that."))


def refuse_unless_holder_or_admin(session: AISession, by: User) -> None:
    if by.pk != session.holder_id and not administers(by, session):
        raise NotAllowed(_("Only the engineer who holds this session, or an admin of its team, can do that."))


def refuse_unless_admin(session: AISession, by: User) -> None:
    if not administers(by, session):
        raise NotAllowed(_("Only an admin of the session's team may reassign it."))


def refuse_unless_seen(session: AISession, by: User) -> None:
    if not AISession.objects.visible_to(by).filter(pk=session.pk).exists():
        raise NotAllowed(_("Only somebody who may see this session can take it over."))


def refuse_unless_could_hold(session: AISession, to: User) -> None:
    """Whoever holds a session must be able to open it; one without a team is opened by its holder."""
    if to.account_id != session.account_id:
        raise Incomplete("to", _("That person is not in this account."))
    if not to.is_active:
        raise Incomplete("to", _("That person cannot sign in any more."))
    if session.team_id is not None and not _works_in(to, session.team_id):
        raise Incomplete("to", _("That person is not in the session's team and could not open it."))


def refuse_foreign(
    user: User, *, team: Team | None, client: Client | None, flow_version: FlowVersion | None
) -> None:
    """What a session points to is of the engineer's account, and the team is one of the engineer's own."""
    given = (
        ("team", team, _("That team is not in this account.")),
        ("client", client, _("That client is not in this account.")),
        ("flow_version", flow_version, _("That flow is not in this account.")),
    )
    for field, row, message in given:
        if row is not None and row.account_id != user.account_id:
            raise Incomplete(field, message)
    if team is not None and not _works_in(user, team.pk):
        raise Incomplete("team", _("Sessions are opened in teams that one belongs to."))


def _works_in(user: User, team_id: Any) -> bool:
    return user.account_admin or team_id in user.team_ids
