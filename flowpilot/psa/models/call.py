"""What is asked of a ticket system: vendors allow so many calls an hour, and so many at once."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from flowpilot.core.models import TenantModel
from flowpilot.psa.models.connection import PsaConnection


class PsaCall(TenantModel):
    """One call of the last hour, made when it begins, by whichever process. Older ones are removed."""

    connection = models.ForeignKey(PsaConnection, models.CASCADE, related_name="calls", db_index=False)
    endpoint = models.CharField(_("endpoint"), max_length=60)
    """What the vendor counts calls at the same time by."""
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("call of a ticket system")
        verbose_name_plural = _("calls of ticket systems")
        constraints = [*TenantModel.Meta.constraints]
        indexes = [models.Index(fields=["connection", "created_at"], name="psa_call_by_time")]

    def __str__(self) -> str:
        return f"{self.endpoint} {self.created_at:%H:%M:%S}"
