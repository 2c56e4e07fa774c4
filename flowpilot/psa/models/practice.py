"""The tickets of the built-in practice PSA: a ticket system to try things on that belongs to nobody else."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from flowpilot.core.models import TenantModel, TenantQuerySet
from flowpilot.psa.models.connection import PsaConnection


class PracticeTicketQuerySet(TenantQuerySet):
    def newest_first(self) -> "PracticeTicketQuerySet":
        return self.order_by("-created_at", "-id")


class PracticeTicket(TenantModel):
    class Status(models.TextChoices):
        NEW = "new", _("New")
        IN_PROGRESS = "in_progress", _("In progress")
        WAITING = "waiting", _("Waiting for the customer")
        CLOSED = "closed", _("Closed")

    class Priority(models.TextChoices):
        CRITICAL = "critical", _("Critical")
        HIGH = "high", _("High")
        MEDIUM = "medium", _("Medium")
        LOW = "low", _("Low")

    connection = models.ForeignKey(PsaConnection, models.CASCADE, related_name="practice_tickets")
    number = models.PositiveIntegerField(_("number"))
    title = models.CharField(_("title"), max_length=200)
    body = models.TextField(_("description"))
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.NEW)
    priority = models.CharField(_("priority"), max_length=8, choices=Priority, default=Priority.MEDIUM)
    board = models.CharField(_("board"), max_length=100, blank=True)
    client = models.CharField(_("client"), max_length=200, blank=True)
    """Its name, as other systems send one: which of the account's clients that is, is for others to find."""
    contact = models.CharField(_("contact"), max_length=200, blank=True)
    assignee = models.CharField(_("assignee"), max_length=200, blank=True)
    assets = models.JSONField(_("devices"), default=list, blank=True)
    """Names of configuration items."""
    refuses_notes = models.BooleanField(
        _("refuses notes"), default=False, help_text=_("To see what becomes of notes that are not taken.")
    )

    objects = PracticeTicketQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("practice ticket")
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["account", "number"], name="practice_number_unique_in_account"),
            models.CheckConstraint(
                name="practice_status_known",
                condition=models.Q(status__in=["new", "in_progress", "waiting", "closed"]),
            ),
            models.CheckConstraint(
                name="practice_priority_known",
                condition=models.Q(priority__in=["critical", "high", "medium", "low"]),
            ),
        ]
        indexes = [models.Index(fields=["account", "-created_at", "-id"], name="practice_newest")]

    def __str__(self) -> str:
        return f"#{self.number} {self.title}"


class PracticeNote(TenantModel):
    """What somebody wrote on a practice ticket, or FlowPilot did."""

    ticket = models.ForeignKey(PracticeTicket, models.CASCADE, related_name="notes")
    written_at = models.DateTimeField(_("written"), default=timezone.now)
    written_by = models.CharField(_("by"), max_length=200)
    text = models.TextField(_("text"))
    internal = models.BooleanField(_("internal"), default=True)
    minutes = models.PositiveIntegerField(_("minutes worked"), null=True, blank=True)
    marker = models.CharField(_("marker"), max_length=40, blank=True)
    """By which FlowPilot finds its own note again; "" for what people wrote."""

    class Meta:
        verbose_name = _("practice note")
        ordering = ("written_at", "id")
        constraints = [*TenantModel.Meta.constraints]
        indexes = [models.Index(fields=["ticket", "written_at", "id"], name="practice_note_by_ticket")]

    def __str__(self) -> str:
        return f"{self.written_by}: {self.text[:60]}"
