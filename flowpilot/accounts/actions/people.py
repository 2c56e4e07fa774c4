"""Who may what in an account, and who may sign in."""

from allauth.mfa.models import Authenticator
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from flowpilot.accounts import audit, logins
from flowpilot.accounts.actions import invitations
from flowpilot.accounts.models import Account, Team, TeamMembership, User
from flowpilot.accounts.refusals import Changed, LastAdmin, OwnLogin, StillInUse
from flowpilot.accounts.roles import NotAllowed

NONE = ""
"""The role of somebody who is not in the team."""


def set_role(person: User, team: Team, *, role: str, seen: str, by: User) -> None:
    """Make the person `role` in the team; `NONE` takes them out of it. `seen` is the role that was shown."""
    _refuse_unless_may_set(person, team, role=role, seen=seen, by=by)
    if role == seen:
        return
    with transaction.atomic():
        if role:
            _refuse_archived(team)
        _write_role(person, team, role=role, seen=seen)
        _tell(
            audit.Verb.ROLE_CHANGED,
            person,
            changes={team.name: (_role_name(seen), _role_name(role))},
            by=by,
        )


def set_account_admin(person: User, *, admin: bool, by: User) -> None:
    """Let somebody administer the account, or no more. The last one stays. Who does no more has no open
    invitations either."""
    _refuse_unless_admin_of(person, by)
    with transaction.atomic():
        _lock(person)
        changed = User.objects.filter(pk=person.pk, account_admin=not admin).update(account_admin=admin)
        if not changed:
            raise Changed
        _refuse_without_admin(person)
        before, now = (NONE, _("Account admin")) if admin else (_("Account admin"), NONE)
        _tell(audit.Verb.ROLE_CHANGED, person, changes={"account": (before, now)}, by=by)
        if not admin:
            invitations.revoke_those_of(person, by=by)
    person.account_admin = admin


def deactivate(person: User, *, by: User) -> None:
    """Switch the login off: it ends wherever the person is signed in, and so do the links of open invitations
    that the person sent. The person's work stays."""
    _refuse_unless_admin_of(person, by)
    if person.pk == by.pk:
        raise OwnLogin(_("You cannot switch your own login off. Another account admin can."))
    with transaction.atomic():
        _lock(person)
        _set_active(person, active=False)
        _refuse_without_admin(person)
        _tell(audit.Verb.DEACTIVATED, person, by=by)
        logins.end_all(person)
        invitations.revoke_those_of(person, by=by)


def reactivate(person: User, *, by: User) -> None:
    """Switch the login on again, with the password and the roles that it had."""
    _refuse_unless_admin_of(person, by)
    with transaction.atomic():
        _lock(person)
        _set_active(person, active=True)
        _tell(audit.Verb.REACTIVATED, person, by=by)


def reset_second_factor(person: User, *, by: User | None) -> None:
    """For somebody whose phone or key is lost: the password alone signs in, until a new one is set up.

    Without `by` it is done on the server, for those whom no account admin can help.
    """
    if by is not None:
        _refuse_unless_admin_of(person, by)
    with transaction.atomic():
        gone, _by_model = Authenticator.objects.filter(user_id=person.pk).delete()
        if not gone:
            raise Changed
        note = _("by an account admin") if by else _("on the server")
        _tell(audit.Verb.FACTOR_REMOVED, person, note=note, by=by)
        logins.end_all(person)


def _refuse_unless_may_set(person: User, team: Team, *, role: str, seen: str, by: User) -> None:
    """Account admins set every role; team admins change those of the people in their teams."""
    same_account = person.account_id == by.account_id == team.account_id and by.account_id is not None
    if same_account and by.account_admin:
        return
    if not same_account or team.pk not in by.admin_team_ids:
        raise NotAllowed(_("Roles in a team are given by its admins."))
    if not seen or not role:
        raise NotAllowed(_("Account admins say who is in a team."))


def _refuse_archived(team: Team) -> None:
    """As it stands now, and stays until this is written: nobody comes into a team that is being put away."""
    rows = Team.objects.current().select_for_update(of=("self",), no_key=True)
    if rows.filter(pk=team.pk).first() is None:
        raise StillInUse(_("“%s” is archived: take it back first.") % team)


def _refuse_unless_admin_of(person: User, by: User) -> None:
    if by.account_id is None or person.account_id != by.account_id or not by.account_admin:
        raise NotAllowed(_("That takes an account admin."))


def _write_role(person: User, team: Team, *, role: str, seen: str) -> None:
    held = TeamMembership.objects.filter(user=person, team=team, role=seen)
    if seen and role:
        changed = held.update(role=role)
    elif seen:
        changed, _by_model = held.delete()
    else:
        changed = _join(person, team, role)
    if not changed:
        raise Changed


def _join(person: User, team: Team, role: str) -> int:
    try:
        with transaction.atomic():
            TeamMembership.objects.create(account_id=team.account_id, user=person, team=team, role=role)
    except IntegrityError:
        return 0
    return 1


def _lock(person: User) -> None:
    """One change of who administers an account at a time: two admins could demote each other."""
    Account.objects.select_for_update(of=("self",)).get(users=person)


def _set_active(person: User, *, active: bool) -> None:
    if not User.objects.filter(pk=person.pk, is_active=not active).update(is_active=active):
        raise Changed
    person.is_active = active


def _refuse_without_admin(person: User) -> None:
    if not User.objects.filter(account_id=person.account_id).account_admins().exists():
        raise LastAdmin


def _role_name(role: str) -> str:
    return str(TeamMembership.Role(role).label) if role else ""


def _tell(
    verb: str, person: User, *, changes: audit.Changes | None = None, note: str = "", by: User | None
) -> None:
    if person.account_id is not None:
        audit.record(verb, account_id=person.account_id, subject=person, changes=changes, note=note, by=by)
