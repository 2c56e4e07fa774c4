"""What the product tells one person."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from flowpilot.accounts.models.people import User
from flowpilot.core.models import TenantModel, TenantQuerySet

TEXT_LENGTH = 300
URL_LENGTH = 300


class NotificationQuerySet(TenantQuerySet):
    def visible_to(self, user: User) -> Self:  # type: ignore[override]
        """Nobody reads what was told to somebody else."""
        return self.for_account(user.account_id).filter(user=user)

    def unread(self) -> Self:
        return self.filter(read_at__isnull=True)


class Notification(TenantModel):
    """One thing that happened to what a person did or answers for."""

    user = models.ForeignKey(
        User, models.CASCADE, related_name="notifications", db_index=False, verbose_name=_("user")
    )
    kind = models.CharField(_("kind"), max_length=32)
    """Which happening it is, "flow_published"; screens show one that they do not know, too."""
    text = models.CharField(_("text"), max_length=TEXT_LENGTH)
    url = models.CharField(_("address"), max_length=URL_LENGTH, blank=True)
    """A path within the product, "" when there is nothing to open."""
    read_at = models.DateTimeField(_("read"), null=True, blank=True)

    objects = NotificationQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("notification")
        constraints = [*TenantModel.Meta.constraints]
        indexes = [
            models.Index(fields=["account", "user", "-created_at", "-id"], name="notification_newest"),
            models.Index(
                fields=["account", "user"],
                condition=models.Q(read_at__isnull=True),
                name="notification_unread",
            ),
        ]

    def __str__(self) -> str:
        return self.text
