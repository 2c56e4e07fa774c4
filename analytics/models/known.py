"""What an account knew already when a session began."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from flowpilot.core.models import TenantModel
from sessions.models import AISession


class KnownBefore(TenantModel):
    """Looked up once, after a session that no flow led to its end: what the library and the history held for
    it when it began. Without a row it was not looked up yet."""

    session = models.ForeignKey(AISession, models.CASCADE, related_name="+", db_index=False)
    fitting_flow = models.UUIDField(_("flow that fitted"), null=True, blank=True)
    """One that was published by then and matches with more than "guided"; the key outlives the flow."""
    probability = models.FloatField(_("probability of its match"), default=0)
    resolved_alike = models.PositiveSmallIntegerField(_("earlier resolutions of the same"), default=0)
    """Counted among those that resemble it most."""

    class Meta:
        verbose_name = _("what was known before a session")
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["session"], name="known_before_once"),
        ]

    def __str__(self) -> str:
        return f"{self.session_id} ← {self.fitting_flow or self.resolved_alike}"
