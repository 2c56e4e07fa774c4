"""Connections to the ticket systems that MSPs live in."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from flowpilot.core.fields import EncryptedField
from flowpilot.core.models import TenantModel


class PsaConnection(TenantModel):
    """One professional services automation system of an account."""

    class State(models.TextChoices):
        OK = "ok", _("Connected")
        PAUSED = "paused", _("Paused")
        FAILED = "failed", _("Failed")

    provider = models.CharField(_("provider"), max_length=40)
    name = models.CharField(_("name"), max_length=200)
    base_url = models.URLField(_("address"), blank=True)
    credentials = EncryptedField(
        _("credentials"),
        null=True,
        blank=True,
        help_text=_(
            "What the system asks of programs, as an object of names and values. It is kept sealed and never"
            " shown; leave it empty to keep what there is."
        ),
    )
    mapping = models.JSONField(_("mapping"), default=dict, blank=True)
    """What FlowPilot does there, as `flowpilot.psa.mapping` reads it."""
    note_template = models.TextField(_("text of notes"), blank=True)
    """As `flowpilot.psa.templating` reads it; empty: the text that comes with the product."""
    hook_number = models.PositiveIntegerField(_("address of webhooks"), default=1, editable=False)
    """Stands in the address; counted up when a new address replaces the one before."""
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.OK)
    last_ok_at = models.DateTimeField(_("last success"), null=True, blank=True)
    asked_to_wait_until = models.DateTimeField(_("asked to wait until"), null=True, blank=True)
    trouble = models.TextField(_("trouble"), blank=True)
    """Why it failed, in words; empty while it works."""

    class Meta:
        verbose_name = _("PSA connection")
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["account", "name"], name="psa_connection_name_unique_in_account"),
            models.CheckConstraint(
                name="psa_connection_state_known", condition=models.Q(state__in=["ok", "paused", "failed"])
            ),
        ]

    def __str__(self) -> str:
        return self.name
