"""What account admins are told of their ticket systems."""

from django.urls import reverse
from django.utils.translation import gettext as _

from flowpilot.accounts.models import User
from flowpilot.accounts.notifications import notify, withdraw
from flowpilot.psa.models import PsaConnection, PsaPush


def login_refused(connection: PsaConnection, error: Exception) -> None:
    """Nothing is written any more until somebody changes the login."""
    said = _("“%(name)s” refuses FlowPilot's login: %(error)s") % {"name": connection.name, "error": error}
    _tell(connection, "psa_login_refused", said, reverse("settings:account"))


def not_written(connection: PsaConnection) -> None:
    """A person has to decide; told once until it is read, however many there are."""
    said = _("What was to be written into tickets of “%(name)s” waits for a decision.")
    page = f"{reverse('connections:pushes')}?state=decide&connection={connection.pk}"
    _tell(connection, "psa_not_written", said % {"name": connection.name}, page)


def counted(push: PsaPush) -> None:
    """That a note is in its ticket more than once, or not at all. What was told before is taken back."""
    page = reverse("connections:push", args=[push.pk])
    named = {"n": push.copies, "ticket": push.ticket_id, "name": push.connection}
    withdraw(push.account_id, kind="psa_duplicate", url=page)
    withdraw(push.account_id, kind="psa_gone", url=page)
    if push.is_doubled:
        said = _("A note is %(n)d times in ticket %(ticket)s of “%(name)s”.") % named
        _tell(push.connection, "psa_duplicate", said, page)
    elif push.is_gone:
        said = _("A note is not in ticket %(ticket)s of “%(name)s” any more.") % named
        _tell(push.connection, "psa_gone", said, page)


def _tell(connection: PsaConnection, kind: str, text: str, page: str) -> None:
    for admin in User.objects.for_account(connection.account_id).account_admins():
        notify(admin, kind=kind, text=text, url=page)
