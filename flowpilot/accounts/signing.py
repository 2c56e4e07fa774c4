"""Who signs in and out and changes the own login, as Django and allauth tell it, for the audit."""

from typing import Any

from allauth.account.signals import password_changed, password_reset
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import (
    authentication_failed,
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
    authenticator_used,
)
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.utils.translation import gettext as _

from flowpilot.accounts import audit
from flowpilot.accounts.models import User

Verb = audit.Verb


def listen() -> None:
    """Connect, once, when the app is ready."""
    user_logged_in.connect(_signed_in, dispatch_uid="audit")
    user_logged_out.connect(_signed_out, dispatch_uid="audit")
    user_login_failed.connect(_failed, dispatch_uid="audit")
    password_changed.connect(_password_changed, dispatch_uid="audit")
    password_reset.connect(_password_reset, dispatch_uid="audit")
    authenticator_added.connect(_factor_added, dispatch_uid="audit")
    authenticator_removed.connect(_factor_removed, dispatch_uid="audit")
    authenticator_reset.connect(_codes_made, dispatch_uid="audit")
    authenticator_used.connect(_factor_used, dispatch_uid="audit")
    authentication_failed.connect(_second_step_failed, dispatch_uid="audit")


def _signed_in(sender: object, user: User, **told: Any) -> None:
    _tell(Verb.SIGNED_IN, user)


def _signed_out(sender: object, user: User | None, **told: Any) -> None:
    _tell(Verb.SIGNED_OUT, user)


def _failed(sender: object, credentials: dict[str, Any], **told: Any) -> None:
    """An address that nobody has belongs to no account, so there is nobody to tell."""
    email = str(credentials.get("email") or credentials.get("username") or "")
    _tell(Verb.SIGN_IN_FAILED, User.objects.filter(email=User.normalize_username(email)).first())


def _password_changed(sender: object, user: User, **told: Any) -> None:
    _tell(Verb.PASSWORD_CHANGED, user)


def _password_reset(sender: object, user: User, **told: Any) -> None:
    _tell(Verb.PASSWORD_CHANGED, user, note=_("by a link in an e-mail"))


def _factor_added(sender: object, user: User, authenticator: Authenticator, **told: Any) -> None:
    made = authenticator.type == Authenticator.Type.RECOVERY_CODES
    _tell(Verb.CODES_MADE if made else Verb.FACTOR_ADDED, user, note="" if made else str(authenticator))


def _factor_removed(sender: object, user: User, authenticator: Authenticator, **told: Any) -> None:
    _tell(Verb.FACTOR_REMOVED, user, note=str(authenticator))


def _codes_made(sender: object, user: User, **told: Any) -> None:
    _tell(Verb.CODES_MADE, user)


def _factor_used(sender: object, user: User, authenticator: Authenticator, **told: Any) -> None:
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        _tell(Verb.CODE_USED, user)


def _second_step_failed(sender: object, user: User, **told: Any) -> None:
    _tell(Verb.SIGN_IN_FAILED, user, note=_("second factor"))


def _tell(verb: str, user: User | None, note: str = "") -> None:
    if user is not None and user.account_id is not None:
        audit.record(verb, account_id=user.account_id, subject=user, note=note, by=user)
