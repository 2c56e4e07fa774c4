"""Who signs in and out, as Django and allauth tell it, for the audit."""

from typing import Any

from allauth.account.signals import password_changed, password_reset
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


def _tell(verb: str, user: User | None, note: str = "") -> None:
    if user is not None and user.account_id is not None:
        audit.record(verb, account_id=user.account_id, subject=user, note=note, by=user)
