"""The tenant, and what is set for it."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from flowpilot.core.ids import uuid7

LONGEST_DAYS = 3650
"""Ten years: no waiting time of an account is longer."""


class Account(models.Model):
    """One MSP: the tenant. Nothing crosses from one account to another."""

    class AiMode(models.TextChoices):
        AUTO = "auto", _("Automatic")
        OFFLINE = "offline", _("Rule-based engine only")
        ANTHROPIC = "anthropic", _("Claude only")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(_("name"), max_length=200)
    slug = models.SlugField(_("slug"), max_length=60, unique=True)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    ai_mode = models.CharField(_("engine"), max_length=12, choices=AiMode, default=AiMode.AUTO)
    ai_daily_budget_usd = models.DecimalField(
        _("daily AI budget (USD)"),
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    ai_monthly_budget_usd = models.DecimalField(
        _("monthly AI budget (USD)"),
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    ai_send_screenshots = models.BooleanField(_("send screenshots to the AI vendor"), default=False)
    ai_batch_allowed = models.BooleanField(_("allow the vendor's batch interface"), default=False)
    redact_identifiers = models.BooleanField(_("mask identifiers before sending"), default=True)
    idle_abandon_days = models.PositiveSmallIntegerField(
        _("abandon idle sessions after (days)"),
        default=14,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_DAYS)],
    )
    reopen_days = models.PositiveSmallIntegerField(
        _("reopen within (days)"), default=7, validators=[MaxValueValidator(LONGEST_DAYS)]
    )
    proposal_expiry_days = models.PositiveSmallIntegerField(
        _("proposals expire after (days)"),
        default=90,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_DAYS)],
    )
    mfa_required = models.BooleanField(_("require a second factor"), default=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        ordering = ("name",)
        constraints = [
            models.CheckConstraint(
                name="account_ai_mode_known", condition=models.Q(ai_mode__in=["auto", "offline", "anthropic"])
            )
        ]

    def __str__(self) -> str:
        return self.name
