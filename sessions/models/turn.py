"""One question to whatever thinks, and what came of it so far."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from flowpilot.core.models import TenantModel
from sessions.models.session import AISession
from sessions.models.step import AISessionStep


class Turn(TenantModel):
    """Asked for the next step of a session. Stored before anybody thinks; a task of the web process produces
    it while it holds the lease, and everybody who watches reads what is stored."""

    class State(models.TextChoices):
        RUNNING = "running", _("Thinking")
        DONE = "done", _("Done")
        STOPPED = "stopped", _("Stopped")
        FAILED = "failed", _("Failed")

    class Proposes(models.TextChoices):
        NOTHING = "", _("Nothing")
        RESOLUTION = "resolution", _("To resolve")
        ESCALATION = "escalation", _("To escalate")

    session = models.ForeignKey(AISession, models.CASCADE, related_name="turns")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.RUNNING)
    engine = models.CharField(_("engine"), max_length=10, blank=True)
    """Who speaks, once that is known."""
    fallback = models.TextField(_("why not the preferred engine"), blank=True)
    suspected_injection = models.BooleanField(_("orders to a model suspected"), default=False)
    shortened = models.BooleanField(_("shortened for the model"), default=False)
    text = models.TextField(_("text so far"), blank=True)
    basis = models.JSONField(_("basis"), default=list, blank=True)
    """Ids of what it rests on, as `Spoken.basis`."""
    prompt_version = models.CharField(_("prompt"), max_length=20, blank=True)
    """As `Spoken.prompt_version`."""
    confidence = models.FloatField(_("confidence"), null=True, blank=True)
    confidence_reason = models.TextField(_("why so sure"), blank=True)
    proposes = models.CharField(_("proposes"), max_length=10, choices=Proposes, blank=True)
    escalation_reason = models.TextField(_("reason to escalate"), blank=True)
    error = models.TextField(_("error"), blank=True)
    """A sentence for people."""
    step = models.OneToOneField(
        AISessionStep, models.SET_NULL, null=True, blank=True, related_name="turn", verbose_name=_("step")
    )
    lease_until = models.DateTimeField(_("lease"))
    """Renewed by whoever produces it; when it is over, nobody does any more."""
    stop_requested_at = models.DateTimeField(_("asked to stop"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("turn")
        ordering = ("created_at", "id")
        constraints = [
            *TenantModel.Meta.constraints,
            models.CheckConstraint(
                name="turn_state_known",
                condition=models.Q(state__in=["running", "done", "stopped", "failed"]),
            ),
            models.CheckConstraint(
                name="turn_ended_when_over",
                condition=models.Q(state="running", ended_at__isnull=True)
                | (~models.Q(state="running") & models.Q(ended_at__isnull=False)),
            ),
            models.UniqueConstraint(
                fields=["session"], condition=models.Q(state="running"), name="turn_one_at_a_time"
            ),
        ]
        indexes = [models.Index(fields=["session", "created_at", "id"], name="turn_by_session")]

    def __str__(self) -> str:
        return f"{self.session_id}: {self.state}"

    @property
    def is_running(self) -> bool:
        return self.state == self.State.RUNNING

    @property
    def broke_off(self) -> bool:
        """Whoever produced it is gone: its process was killed, or the machine was."""
        return self.is_running and self.lease_until < timezone.now()
