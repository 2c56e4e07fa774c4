"""Inviting people into an account, and their joining it.

The link carries the account and the invitation, signed, and a secret of which the row keeps a hash. Whoever
joins is a stranger to the database: the signature is what says in which account to look.
"""

import hashlib
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core import signing
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from flowpilot.accounts import audit
from flowpilot.accounts.models import Account, Invitation, InvitedRole, Team, TeamMembership, User
from flowpilot.accounts.refusals import AlreadyThere, Changed, LinkDead, Refused, TooMany
from flowpilot.accounts.roles import NotAllowed
from flowpilot.core.scope import account_scope

LASTS = timedelta(days=7)
AGAIN_AFTER = timedelta(minutes=1)
MOST_OPEN = 200
"""Unanswered invitations that an account may have: what is mailed to strangers has a bound."""
_SALT = "flowpilot.accounts.invitation"


@dataclass(frozen=True)
class _Claim:
    account_id: UUID
    invitation_id: UUID
    secret: str


def invite(email: str, *, roles: Mapping[Team, str], account_admin: bool, by: User) -> tuple[Invitation, str]:
    """A new invitation and the token of its link, which is kept nowhere.

    Whether somebody elsewhere has the address makes no difference here: the mail differs (`mail.invite`).
    """
    account = _account_of_admin(by)
    if not roles and not account_admin:
        raise Refused(_("Choose at least one team, or make the person an account admin."))
    email = User.normalize_username(email)
    if User.objects.filter(account=account, email=email).exists():
        raise AlreadyThere(_("%s is in this account already.") % email)
    secret = secrets.token_urlsafe(32)
    try:
        with transaction.atomic():
            invitation = _created(email, account, secret, account_admin=account_admin, by=by)
            InvitedRole.objects.bulk_create(
                InvitedRole(account=account, invitation=invitation, team=team, role=role)
                for team, role in roles.items()
            )
            audit.record(audit.Verb.INVITED, account_id=account.pk, subject=invitation, by=by)
    except IntegrityError as error:
        raise AlreadyThere(_("%s has an open invitation. Send that one again.") % email) from error
    return invitation, _token(invitation, secret)


def send_again(invitation: Invitation, *, by: User) -> str:
    """A new link for seven more days; the former one does not work any more. Returns its token."""
    _account_of_admin(by, invitation)
    now, secret = timezone.now(), secrets.token_urlsafe(32)
    with transaction.atomic():
        unanswered = Invitation.objects.unanswered().filter(pk=invitation.pk)
        renewed = unanswered.filter(sent_at__lte=now - AGAIN_AFTER).update(
            link_hash=_hash(secret), sent_at=now, expires_at=now + LASTS
        )
        if not renewed and unanswered.exists():
            raise TooMany(_("It was sent a moment ago. Wait a minute."))
        if not renewed:
            raise Changed
        audit.record(
            audit.Verb.INVITATION_SENT_AGAIN, account_id=invitation.account_id, subject=invitation, by=by
        )
    return _token(invitation, secret)


def revoke(invitation: Invitation, *, by: User) -> None:
    """The link does not work any more."""
    _account_of_admin(by, invitation)
    _revoke(invitation, by)


def revoke_those_of(person: User, *, by: User) -> None:
    """The links that somebody sent and nobody used, when the person administers the account no more or the
    login is switched off: who leaves could come back by one sent to an address of one's own."""
    sent = Invitation.objects.for_account(person.account_id).unanswered().filter(invited_by=person)
    for invitation in sent:
        with suppress(Changed):
            _revoke(invitation, by)


def _revoke(invitation: Invitation, by: User) -> None:
    with transaction.atomic():
        open_one = Invitation.objects.unanswered().filter(pk=invitation.pk)
        if not open_one.update(revoked_at=timezone.now()):
            raise Changed
        audit.record(
            audit.Verb.INVITATION_REVOKED, account_id=invitation.account_id, subject=invitation, by=by
        )


def offered(token: str) -> Invitation:
    """The invitation, with its account, that a link leads to. Raises `LinkDead`."""
    claim = _claim(token)
    with account_scope(claim.account_id):
        found = _answerable(claim).select_related("account").first()
    if found is None:
        raise LinkDead
    return found


def accept(token: str, *, name: str, password: str) -> User:
    """The person who was invited, new in the account. A link works once.

    An address that has a login already cannot get a second one, and is refused like a link that is too old.
    """
    claim = _claim(token)
    try:
        with account_scope(claim.account_id), transaction.atomic():
            if not _answerable(claim).update(accepted_at=timezone.now()):
                raise LinkDead
            invitation = Invitation.objects.select_related("account").get(pk=claim.invitation_id)
            person = User.objects.create_user(
                invitation.email,
                password,
                name=name,
                account=invitation.account,
                account_admin=invitation.account_admin,
            )
            _join_teams(person, invitation)
            audit.record(
                audit.Verb.INVITATION_ACCEPTED,
                account_id=claim.account_id,
                subject=person,
                by=person,
            )
    except IntegrityError as error:
        raise LinkDead from error
    return person


def _account_of_admin(by: User, invitation: Invitation | None = None) -> Account:
    foreign = invitation is not None and invitation.account_id != by.account_id
    if by.account is None or not by.account_admin or foreign:
        raise NotAllowed(_("That takes an account admin."))
    return by.account


def _created(email: str, account: Account, secret: str, **given: Any) -> Invitation:
    now = timezone.now()
    Account.objects.select_for_update().get(pk=account.pk)
    unanswered = Invitation.objects.for_account(account.pk).unanswered()
    unanswered.filter(email=email, expires_at__lte=now).update(revoked_at=now)
    if unanswered.count() >= MOST_OPEN:
        raise TooMany(_("There are %s open invitations. Revoke some first.") % MOST_OPEN)
    return Invitation.objects.create(
        account=account,
        email=email,
        account_admin=given["account_admin"],
        invited_by=given["by"],
        link_hash=_hash(secret),
        sent_at=now,
        expires_at=now + LASTS,
    )


def _join_teams(person: User, invitation: Invitation) -> None:
    """Teams that were archived meanwhile are left out; those that are not stay so until this is written."""
    invited = dict(invitation.roles.values_list("team_id", "role"))
    teams = Team.objects.current().select_for_update(of=("self",), no_key=True).filter(pk__in=invited)
    TeamMembership.objects.bulk_create(
        TeamMembership(account_id=invitation.account_id, user=person, team_id=team.pk, role=invited[team.pk])
        for team in teams.order_by("pk")
    )


def _answerable(claim: _Claim) -> Any:
    rows = Invitation.objects.unanswered().filter(pk=claim.invitation_id, expires_at__gt=timezone.now())
    return rows.filter(account_id=claim.account_id, link_hash=_hash(claim.secret))


def _token(invitation: Invitation, secret: str) -> str:
    claim = [invitation.account_id.hex, invitation.pk.hex, secret]
    return signing.dumps(claim, salt=_SALT)


def _claim(token: str) -> _Claim:
    try:
        account, invitation, secret = signing.loads(token, salt=_SALT)
    except signing.BadSignature as error:
        raise LinkDead from error
    return _Claim(UUID(account), UUID(invitation), secret)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
