"""What is to be written into a ticket system, and every try at it."""

from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from flowpilot.core.models import TenantModel, TenantQuerySet
from flowpilot.psa.models.connection import PsaConnection


class PsaPushQuerySet(TenantQuerySet):
    def due(self, now: datetime) -> "PsaPushQuerySet":
        """Those that may be tried now, the longest waiting first; what a dead process had in hand, too."""
        waiting = models.Q(state=PsaPush.State.PENDING, next_attempt_at__lte=now)
        lost = models.Q(state=PsaPush.State.SENDING, lease_until__lte=now)
        return self.filter(waiting | lost).order_by("created_at", "id")

    def for_people(self) -> "PsaPushQuerySet":
        """Those with which only a person can go on."""
        return self.filter(state__in=[PsaPush.State.DEAD, PsaPush.State.UNKNOWN])


class PsaPush(TenantModel):
    """One thing to write into a ticket, kept until it is there or somebody has decided about it."""

    class Kind(models.TextChoices):
        NOTE = "note", _("Note")
        TIME = "time", _("Time")
        STATUS = "status", _("Status")

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting")
        SENDING = "sending", _("Being written")
        DELIVERED = "delivered", _("Written")
        UNKNOWN = "unknown", _("Nobody knows")
        DEAD = "dead", _("Not written")

    connection = models.ForeignKey(PsaConnection, models.CASCADE, related_name="pushes")
    session_id = models.UUIDField(_("session"))
    """Plain: sessions stand above this room."""
    ticket_id = models.CharField(_("ticket"), max_length=100)
    kind = models.CharField(_("kind"), max_length=6, choices=Kind)
    body = models.TextField(_("text"))
    """Of a note its text without the marker, of a status its id there."""
    internal = models.BooleanField(_("internal"), default=True)
    minutes = models.PositiveIntegerField(_("minutes worked"), null=True, blank=True)
    written_by = models.CharField(_("by"), max_length=200, blank=True)
    marker = models.CharField(_("marker"), max_length=40)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.PENDING)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    """How often it was sent. Waiting for the vendor's leave and looking for the marker do not count."""
    look_first = models.BooleanField(_("may be there already"), default=False)
    next_attempt_at = models.DateTimeField(_("next attempt"), default=timezone.now)
    lease_until = models.DateTimeField(_("in hand until"), null=True, blank=True)
    external_id = models.CharField(_("id there"), max_length=200, blank=True)
    delivered_at = models.DateTimeField(_("written at"), null=True, blank=True)
    error_class = models.CharField(_("kind of error"), max_length=40, blank=True)
    error = models.TextField(_("error"), blank=True)
    """The last one, in the vendor's words."""

    objects = PsaPushQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("push")
        verbose_name_plural = _("pushes")
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["account", "marker"], name="push_marker_unique_in_account"),
            models.CheckConstraint(
                name="push_kind_known", condition=models.Q(kind__in=["note", "time", "status"])
            ),
            models.CheckConstraint(
                name="push_state_known",
                condition=models.Q(state__in=["pending", "sending", "delivered", "unknown", "dead"]),
            ),
            models.CheckConstraint(
                name="push_delivered_says_when",
                condition=~models.Q(state="delivered") | models.Q(delivered_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-created_at", "-id"], name="push_newest"),
            models.Index(fields=["account", "session_id", "created_at"], name="push_by_session"),
            models.Index(
                fields=["account", "connection", "next_attempt_at"],
                condition=models.Q(state__in=["pending", "sending"]),
                name="push_open_by_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} → {self.ticket_id}"

    @property
    def waited(self) -> timedelta | None:
        """From the ending of the session to its arrival; None until then."""
        return self.delivered_at - self.created_at if self.delivered_at else None


class PsaPushAttempt(TenantModel):
    """One try: begun before the call, so that a process that dies in it leaves its trace."""

    class Outcome(models.TextChoices):
        BEGUN = "begun", _("Begun")
        DELIVERED = "delivered", _("Written")
        FOUND = "found", _("Found there")
        PUT_OFF = "put_off", _("Put off by the system")
        FAILED = "failed", _("Failed")
        UNCERTAIN = "uncertain", _("Without an answer")
        REFUSED = "refused", _("Refused")

    push = models.ForeignKey(PsaPush, models.CASCADE, related_name="tries")
    number = models.PositiveIntegerField(_("number"))
    started_at = models.DateTimeField(_("begun"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=9, choices=Outcome, default=Outcome.BEGUN)
    http_status = models.PositiveSmallIntegerField(_("HTTP status"), null=True, blank=True)
    error_class = models.CharField(_("kind of error"), max_length=40, blank=True)
    vendor_message = models.TextField(_("the system's words"), blank=True)

    class Meta:
        verbose_name = _("try at a push")
        verbose_name_plural = _("tries at pushes")
        ordering = ("number",)
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["push", "number"], name="push_attempt_number_unique"),
            models.CheckConstraint(
                name="push_attempt_outcome_known",
                condition=models.Q(
                    outcome__in=[
                        "begun",
                        "delivered",
                        "found",
                        "put_off",
                        "failed",
                        "uncertain",
                        "refused",
                    ]
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.push} #{self.number}"
