"""The mail that invites."""

import logging
from smtplib import SMTPException
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from flowpilot.accounts.models import Invitation, User

log = logging.getLogger(__name__)
PRINTED = "django.core.mail.backends.console.EmailBackend"


def link(url: str) -> str:
    """An address, made for a request, as a mail tells it: where FlowPilot is said to be. The name in a
    request is its sender's word; where all names are allowed, a link could lead to a server of theirs."""
    return f"{settings.MAILED_URL}{urlsplit(url).path}" if settings.MAILED_URL else url


def invite(invitation: Invitation, url: str) -> bool:
    """Mail the link; False when it reached nobody, so that the admin hands it over in another way.

    Somebody who has a login elsewhere is told so instead, in the mail alone: whoever invites an address does
    not learn that it is known.
    """
    taken = User.objects.filter(email=User.normalize_username(invitation.email)).exists()
    template = "accounts/email/invitation_taken.txt" if taken else "accounts/email/invitation.txt"
    body = render_to_string(template, {"invitation": invitation, "url": url})
    subject = _("Invitation to %(account)s on FlowPilot") % {"account": invitation.account.name}
    try:
        send_mail(" ".join(subject.split()), body.strip(), None, [invitation.email])
    except (OSError, SMTPException):
        log.exception("An invitation could not be mailed")
        return False
    return settings.EMAIL_BACKEND != PRINTED
