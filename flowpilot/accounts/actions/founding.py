"""How an account begins."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email, validate_slug
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from flowpilot.accounts import audit
from flowpilot.accounts.models import Account, User


class CannotCreate(Exception):
    """Something given does not fit; the message names what and why."""


def create_account(slug: str, *, name: str, admin_email: str, password: str | None) -> tuple[Account, User]:
    """A new account with its first admin. Without a password the admin asks for a reset link."""
    try:
        validate_slug(slug)
        validate_email(admin_email)
        if password is not None:
            validate_password(password)
    except ValidationError as error:
        raise CannotCreate(" ".join(error.messages)) from error
    if Account.objects.filter(slug=slug).exists():
        raise CannotCreate(_("There is an account with the slug “%s” already.") % slug)
    try:
        with transaction.atomic():
            account = Account.objects.create(slug=slug, name=name)
            admin = User.objects.create_user(
                admin_email, password, name=admin_email.split("@")[0], account=account, account_admin=True
            )
            audit.record(audit.Verb.CREATED, account_id=account.pk, subject=account, by=None)
            audit.record(audit.Verb.CREATED, account_id=account.pk, subject=admin, by=None)
    except IntegrityError as error:
        raise CannotCreate(_("There is a user with the e-mail “%s” already.") % admin_email) from error
    return account, admin
