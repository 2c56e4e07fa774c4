"""Scripts that an engine made for a session. FlowPilot runs none of them."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from flowpilot.core.models import TenantModel
from sessions.models.session import AISession
from sessions.models.step import AISessionStep


class GeneratedScript(TenantModel):
    """A script for one purpose, or the reason why there is none; what came of it, once an engineer ran it."""

    class Shell(models.TextChoices):
        POWERSHELL = "powershell", _("PowerShell")
        BASH = "bash", _("Bash")
        CMD = "cmd", _("Command Prompt")

    class Risk(models.TextChoices):
        READ = "read", _("Reads only")
        CHANGE = "change", _("Makes changes")
        DESTRUCTIVE = "destructive", _("Destructive")

    session = models.ForeignKey(AISession, models.CASCADE, related_name="scripts")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    shell = models.CharField(_("shell"), max_length=10, choices=Shell)
    purpose = models.TextField(_("purpose"))
    title = models.CharField(_("title"), max_length=200)
    body = models.TextField(_("script"), blank=True)
    """Empty when it was refused."""
    parameters = models.JSONField(_("parameters"), default=list, blank=True)
    """[{"name": …, "type": …, "value": …, "help": …}, …] as `ai.contracts.ScriptParameter`."""
    risk = models.CharField(_("risk"), max_length=11, choices=Risk)
    explanation = models.TextField(_("explanation"), blank=True)
    dry_run = models.TextField(_("dry run"), blank=True)
    undo = models.TextField(_("way back"), blank=True)
    refused = models.TextField(_("why there is none"), blank=True)
    engine = models.CharField(_("engine"), max_length=10)
    basis = models.JSONField(_("basis"), default=list, blank=True)
    prompt_version = models.CharField(_("prompt"), max_length=20, blank=True)
    """As `Spoken.prompt_version`."""
    fallback = models.TextField(_("why not the preferred engine"), blank=True)
    suspected_injection = models.BooleanField(_("orders to a model suspected"), default=False)
    shortened = models.BooleanField(_("shortened for the model"), default=False)
    step = models.OneToOneField(
        AISessionStep, models.SET_NULL, null=True, blank=True, related_name="script", verbose_name=_("step")
    )
    """The step that it became when it was run."""
    run_at = models.DateTimeField(_("run"), null=True, blank=True)
    run_outcome = models.CharField(_("outcome"), max_length=12, choices=AISessionStep.Outcome, blank=True)

    class Meta:
        verbose_name = _("script")
        ordering = ("-created_at", "-id")
        constraints = [
            *TenantModel.Meta.constraints,
            models.CheckConstraint(
                name="script_shell_known", condition=models.Q(shell__in=["powershell", "bash", "cmd"])
            ),
            models.CheckConstraint(
                name="script_risk_known", condition=models.Q(risk__in=["read", "change", "destructive"])
            ),
            models.CheckConstraint(
                name="script_or_why_not",
                condition=models.Q(body="", refused__gt="") | models.Q(body__gt="", refused=""),
            ),
            models.CheckConstraint(
                name="script_run_has_outcome",
                condition=models.Q(run_at__isnull=True, run_outcome="")
                | models.Q(run_at__isnull=False, run_outcome__gt="", body__gt=""),
            ),
        ]
        indexes = [models.Index(fields=["session", "-created_at", "-id"], name="script_by_session")]

    def __str__(self) -> str:
        return self.title
