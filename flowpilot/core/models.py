"""The base of every tenant-owned table."""

from typing import Any, Protocol, Self
from uuid import UUID

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from flowpilot.core.ids import uuid7


class Viewer(Protocol):
    """Whoever reads rows: a user. The account is null for superusers, who see none here."""

    @property
    def account_id(self) -> UUID | None: ...


class TenantQuerySet(models.QuerySet[Any]):
    """Rows of tenant-owned tables. Subclasses narrow `visible_to` to what a role may see."""

    def for_account(self, account_id: UUID | None) -> Self:
        """Rows of one account; none at all without an account."""
        return self.filter(account_id=account_id) if account_id else self.none()

    def visible_to(self, user: Viewer) -> Self:
        """Rows that this user may read: here, those of the user's account."""
        return self.for_account(user.account_id)


class TenantModel(models.Model):
    """UUID key, account and creation time; unique (account, id) so that keys can be composite."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.ForeignKey(
        "accounts.Account", models.CASCADE, related_name="+", db_index=False, verbose_name=_("account")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    objects = TenantQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(
                fields=["account", "id"], name="%(app_label)s_%(class)s_account_id_unique"
            )
        ]


class Heartbeat(models.Model):
    """When something that runs unseen last showed that it works. Belongs to no account."""

    name = models.CharField(_("name"), max_length=40, unique=True)
    beat_at = models.DateTimeField(_("last heartbeat"))

    class Meta:
        verbose_name = _("heartbeat")
        verbose_name_plural = _("heartbeats")

    def __str__(self) -> str:
        return f"{self.name}: {self.beat_at.isoformat()}"
