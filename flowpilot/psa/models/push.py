"""What is to be written into a ticket system, and every try at it."""

from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from flowpilot.core.models import TenantModel, TenantQuerySet
from flowpilot.psa.mapping import Mapping
from flowpilot.psa.models.connection import PsaConnection


def for_people(before: str = "") -> models.Q:
    """With which only a person can go on, and nobody has: what was not written, of what nobody knows whether
    it was, and what was written and is in its ticket no more. `before`: the path from another model."""
    given_up = models.Q((f"{before}state__in", [PsaPush.State.DEAD, PsaPush.State.UNKNOWN]))
    gone = models.Q((f"{before}state", PsaPush.State.DELIVERED), (f"{before}copies", 0))
    gone &= ~models.Q((f"{before}external_id", ""))
    return (given_up | gone) & models.Q((f"{before}put_aside_at__isnull", True))


class PsaPushQuerySet(TenantQuerySet):
    def due(self, now: datetime) -> "PsaPushQuerySet":
        """Those that may be tried now, the longest waiting first; what a dead process had in hand, too."""
        waiting = models.Q(state=PsaPush.State.PENDING, next_attempt_at__lte=now)
        lost = models.Q(state=PsaPush.State.SENDING, lease_until__lte=now)
        return self.filter(waiting | lost).order_by("created_at", "id")

    def in_turn(self) -> "PsaPushQuerySet":
        """Without the statuses whose turn it is not yet. A status follows the notes of its session: it waits
        until each of them is there or a person has put it aside, for a closed ticket may refuse notes, and
        nobody reads why it was closed. And it follows the statuses before it."""
        session = PsaPush.objects.filter(
            account_id=models.OuterRef("account_id"), session_id=models.OuterRef("session_id")
        )
        notes = session.filter(created_at__lte=models.OuterRef("created_at")).exclude(
            models.Q(kind=PsaPush.Kind.STATUS)
            | models.Q(state=PsaPush.State.DELIVERED)
            | models.Q(put_aside_at__isnull=False)
        )
        statuses = session.filter(
            created_at__lt=models.OuterRef("created_at"),
            kind=PsaPush.Kind.STATUS,
            state__in=[PsaPush.State.PENDING, PsaPush.State.SENDING],
        )
        waits = models.Exists(notes) | models.Exists(statuses)
        return self.filter(~models.Q(kind=PsaPush.Kind.STATUS) | ~waits)

    def to_count(self, now: datetime) -> "PsaPushQuerySet":
        """Those that are to be counted in their tickets now."""
        return self.filter(state=PsaPush.State.DELIVERED, count_again_at__lte=now).order_by(
            "count_again_at", "id"
        )

    def for_people(self) -> "PsaPushQuerySet":
        return self.filter(for_people())


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
    asked_again_after = models.PositiveIntegerField(_("attempts before somebody asked again"), default=0)
    tries_before = models.PositiveIntegerField(_("tries before somebody asked again"), default=0)
    """Those that only looked included."""
    look_first = models.BooleanField(_("may be there already"), default=False)
    next_attempt_at = models.DateTimeField(_("next attempt"), default=timezone.now)
    lease_until = models.DateTimeField(_("in hand until"), null=True, blank=True)
    external_id = models.CharField(_("id there"), max_length=200, blank=True)
    delivered_at = models.DateTimeField(_("written at"), null=True, blank=True)
    count_again_at = models.DateTimeField(_("to be counted at"), null=True, blank=True)
    """Set where it arrived after a call without an answer, until it has been counted in the ticket."""
    copies = models.PositiveSmallIntegerField(_("times in the ticket"), null=True, blank=True)
    """As counted there some minutes after it arrived; None where that was certain or not to be counted."""
    put_aside_at = models.DateTimeField(_("put aside at"), null=True, blank=True)
    """When a person decided to leave it as it is: nothing is expected of it any more, and no status waits."""
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
            models.Index(
                fields=["account", "connection", "count_again_at"],
                condition=models.Q(count_again_at__isnull=False),
                name="push_to_count_by_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} → {self.ticket_id}"

    @property
    def sent_since_asked(self) -> int:
        """Attempts since its session ended, or since a person had it tried again."""
        return self.attempts - self.asked_again_after

    @property
    def status_name(self) -> str:
        """Of a status, as people call it there."""
        return Mapping.of(self.connection.mapping).status_names.get(self.body, self.body)

    @property
    def is_doubled(self) -> bool:
        return self.copies is not None and self.copies > 1

    @property
    def is_gone(self) -> bool:
        """It was written, and was not found when it was counted. A person who has seen it there is believed:
        then its id is unknown."""
        return self.state == self.State.DELIVERED and self.copies == 0 and bool(self.external_id)

    @property
    def is_miscounted(self) -> bool:
        return self.is_doubled or self.is_gone

    @property
    def is_for_people(self) -> bool:
        """As `for_people`."""
        given_up = self.state in (self.State.DEAD, self.State.UNKNOWN)
        return self.put_aside_at is None and (given_up or self.is_gone)

    @property
    def is_in_doubt(self) -> bool:
        """A note that may be in its ticket, though nobody has seen it there."""
        return self.kind != self.Kind.STATUS and (self.look_first or self.state != self.State.DEAD)

    @property
    def may_be_put_aside(self) -> bool:
        """Nobody has it in hand: whoever had it may be gone, and a paused connection has nobody go on."""
        lease = self.lease_until
        lost = self.state == self.State.SENDING and lease is not None and lease <= timezone.now()
        return self.state == self.State.PENDING or lost or self.is_for_people

    @property
    def is_held_up(self) -> bool:
        """Nothing is written until an admin sees to the connection."""
        open_states = (self.State.PENDING, self.State.SENDING)
        return self.state in open_states and self.connection.state != PsaConnection.State.OK

    @property
    def expected_at(self) -> datetime:
        """When it is tried next: not before the system wants to be asked again."""
        until = self.connection.asked_to_wait_until
        return max(self.next_attempt_at, until) if until else self.next_attempt_at

    @property
    def is_to_come(self) -> bool:
        """A status of its session waits for it."""
        return self.state != self.State.DELIVERED and self.put_aside_at is None

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
