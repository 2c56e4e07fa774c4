"""What ticket systems said of themselves: that something about a ticket has changed."""

from datetime import datetime

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from flowpilot.core.models import TenantModel, TenantQuerySet
from flowpilot.psa.models.connection import PsaConnection


class PsaWebhookQuerySet(TenantQuerySet):
    def due(self, now: datetime) -> "PsaWebhookQuerySet":
        """Those that are to be looked into now; what failed before comes behind what did not."""
        return self.filter(due_at__lte=now).order_by("tries", "due_at", "id")


class PsaWebhook(TenantModel):
    """One verified call, kept once however often it is sent. Of what it says only the ticket's id is kept:
    how the ticket stands is asked of the system."""

    connection = models.ForeignKey(PsaConnection, models.CASCADE, related_name="webhooks")
    digest = models.CharField(_("digest of the delivery"), max_length=64)
    ticket_id = models.CharField(_("ticket"), max_length=100)
    said_at = models.DateTimeField(_("said last"), default=timezone.now, editable=False)
    """Of the last repetition, where one may tell of another change."""
    due_at = models.DateTimeField(_("to be looked into at"), null=True, blank=True, default=timezone.now)
    """None: it was, or was given up."""
    tries = models.PositiveSmallIntegerField(_("tries in vain"), default=0)
    taken_at = models.DateTimeField(_("looked into"), null=True, blank=True)

    objects = PsaWebhookQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("webhook")
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["connection", "digest", "ticket_id"], name="psa_webhook_counts_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["connection", "tries", "due_at", "id"],
                condition=models.Q(due_at__isnull=False),
                name="psa_webhook_due",
            ),
            models.Index(fields=["account", "said_at"], name="psa_webhook_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.connection_id}: {self.ticket_id}"
