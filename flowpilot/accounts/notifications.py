"""Telling people what happened, inside the product: verbs of the rooms call `notify` in their transaction."""

from uuid import UUID

from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.text import Truncator

from flowpilot.accounts.models import Notification, User
from flowpilot.accounts.models.notifications import TEXT_LENGTH, URL_LENGTH


def notify(user: User, *, kind: str, text: str, url: str = "") -> None:
    """Tell a person of the account something. The same thing is not told twice before it is read.

    `url` is a path of the product. Superusers and people who were switched off are told nothing.
    """
    if url and not url_has_allowed_host_and_scheme(url, allowed_hosts=None):
        raise ValueError("A notification leads to a path of the product only.")
    if user.account_id is None or not user.is_active:
        return
    cut = Truncator(text).chars(TEXT_LENGTH)
    told = {"kind": kind, "text": cut, "url": url if len(url) <= URL_LENGTH else ""}
    if not Notification.objects.visible_to(user).unread().filter(**told).exists():
        Notification.objects.create(account_id=user.account_id, user=user, **told)


def withdraw(account_id: UUID, *, kind: str, url: str) -> None:
    """What was told is not so any more: whoever has not read it need not."""
    Notification.objects.for_account(account_id).unread().filter(kind=kind, url=url).delete()


def mark_read(notification: Notification) -> None:
    """Once read, it keeps the time of the first reading."""
    Notification.objects.unread().filter(pk=notification.pk).update(read_at=timezone.now())


def mark_all_read(user: User) -> int:
    """How many there were."""
    return Notification.objects.visible_to(user).unread().update(read_at=timezone.now())
