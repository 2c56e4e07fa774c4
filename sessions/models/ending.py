"""How sessions end or change hands: the columns that the verbs of ending fill."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from flowpilot.accounts.models import Team

MOST_MINUTES = 100_000


class RootCause(models.TextChoices):
    """What the incident came from, roughly; the words beside it say it exactly."""

    CONFIGURATION = "configuration", _("Configuration")
    CHANGE = "change", _("Update or change")
    SOFTWARE = "software", _("Fault in software")
    HARDWARE = "hardware", _("Hardware")
    NETWORK = "network", _("Network or connection")
    ACCESS = "access", _("Account, rights or licence")
    CAPACITY = "capacity", _("Full or overloaded")
    SECURITY = "security", _("Attack or protection")
    PROVIDER = "provider", _("Outage at a provider")
    HANDLING = "handling", _("Handling")
    UNKNOWN = "unknown", _("Not found out")


class WriteBack(models.TextChoices):
    """What an ending writes into the ticket; without a choice, what its connection is set to."""

    INTERNAL = "internal", _("A note for colleagues")
    CUSTOMER = "customer", _("A note that the customer reads, too")
    NOTHING = "nothing", _("Nothing: neither note nor status")


class EscalationCode(models.TextChoices):
    """Why somebody else is needed, roughly."""

    ACCESS = "access", _("Access or rights are missing")
    KNOWLEDGE = "knowledge", _("Needs other knowledge")
    ON_SITE = "on_site", _("Somebody has to be there")
    APPROVAL = "approval", _("Needs an approval")
    PROVIDER = "provider", _("Matter of a provider or vendor")
    TIME = "time", _("Shift or time is over")
    OTHER = "other", _("Other")


class Ending(models.Model):
    """What became of a session: resolution, hand-over, rating, and when."""

    resolution_summary = models.TextField(_("what fixed it"), null=True, blank=True)  # noqa: DJ001
    resolution_action = models.TextField(_("the step that did"), null=True, blank=True)  # noqa: DJ001
    root_cause = models.CharField(_("root cause"), max_length=20, choices=RootCause, blank=True)
    root_cause_note = models.CharField(_("root cause in words"), max_length=500, blank=True)
    worked_minutes = models.PositiveIntegerField(
        _("minutes worked"), null=True, blank=True, validators=[MaxValueValidator(MOST_MINUTES)]
    )
    flow_helped = models.BooleanField(_("the flow helped"), null=True, blank=True)
    resolution_no = models.PositiveIntegerField(_("resolutions"), default=0)
    escalation_reason = models.TextField(_("reason of escalation"), null=True, blank=True)  # noqa: DJ001
    escalation_package = models.JSONField(_("escalation package"), null=True, blank=True)
    escalation_destination = models.CharField(_("escalated to (outside)"), max_length=200, blank=True)
    escalation_requested_at = models.DateTimeField(_("escalation requested"), null=True, blank=True)
    escalation_code = models.CharField(
        _("kind of escalation"), max_length=20, choices=EscalationCode, blank=True
    )
    asked_user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("who is asked to take over"),
    )
    asked_team = models.ForeignKey(
        Team,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("team that is asked to take over"),
    )
    escalated_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    session_rating = models.IntegerField(
        _("rating"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    session_feedback = models.TextField(_("feedback"), null=True, blank=True)  # noqa: DJ001

    resolved_at = models.DateTimeField(_("resolved"), null=True, blank=True)
    reopened_at = models.DateTimeField(_("reopened"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="session_rating_one_to_five",
                condition=models.Q(session_rating__isnull=True)
                | models.Q(session_rating__gte=1, session_rating__lte=5),
            ),
            models.CheckConstraint(
                name="resolved_session_says_how",
                condition=~models.Q(status="resolved")
                | models.Q(
                    resolved_at__isnull=False,
                    resolution_no__gte=1,
                    resolution_summary__isnull=False,
                    resolution_action__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="session_ended_at_when_ended",
                condition=models.Q(status__in=["resolved", "escalated", "abandoned"], ended_at__isnull=False)
                | models.Q(status__in=["active", "paused", "requesting_escalation"], ended_at__isnull=True),
            ),
            models.CheckConstraint(
                name="session_root_cause_known", condition=models.Q(root_cause__in=["", *RootCause.values])
            ),
            models.CheckConstraint(
                name="session_escalation_code_known",
                condition=models.Q(escalation_code__in=["", *EscalationCode.values]),
            ),
        ]
