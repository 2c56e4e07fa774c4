"""Where knowledge is missing, as the detectors found it and people judged it."""

from typing import Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from flowpilot.accounts.models import Team, User
from flowpilot.core.models import TenantModel, TenantQuerySet
from sessions.models import AISession


class GapQuerySet(TenantQuerySet):
    def visible_to(self, user: User) -> Self:  # type: ignore[override]
        """Those of the teams that the user leads; all of the account for account admins."""
        rows = self.for_account(user.account_id)
        return rows if user.account_admin else rows.filter(team__in=user.admin_team_ids)

    def standing(self) -> Self:
        return self.filter(state__in=KnowledgeGap.STANDING)


class KnowledgeGap(TenantModel):
    """Something that the library lacks or gets wrong. Kinds and severities may come that this version does
    not know: they are shown in their own words."""

    class Kind(models.TextChoices):
        UNCOVERED_TOPIC = "uncovered_topic", _("Uncovered topic")
        WEAK_OPTION = "weak_option", _("Weak option")
        HIGH_ESCALATION = "high_escalation", _("High escalation")
        DECAYING_FLOW = "decaying_flow", _("Decaying flow")
        UNFINDABLE_FLOW = "unfindable_flow", _("Flow that is not found")

    class Severity(models.TextChoices):
        CRITICAL = "critical", _("Critical")
        HIGH = "high", _("High")
        MEDIUM = "medium", _("Medium")
        LOW = "low", _("Low")

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        ACKNOWLEDGED = "acknowledged", _("Acknowledged")
        RESOLVED = "resolved", _("Resolved")
        DISMISSED = "dismissed", _("Dismissed")

    STANDING = (State.OPEN, State.ACKNOWLEDGED)

    kind = models.CharField(_("kind"), max_length=30)
    key = models.CharField(_("what it is about"), max_length=200)
    """The same for the same finding in every run of the detectors, within its kind."""
    severity = models.CharField(_("severity"), max_length=20)
    title = models.CharField(_("title"), max_length=200)
    team = models.ForeignKey(Team, models.SET_NULL, null=True, blank=True, related_name="+")
    domain = models.CharField(_("domain"), max_length=100, blank=True)
    evidence = models.JSONField(_("evidence"), default=dict)
    """Plain numbers, by kind: see the detectors in `analytics.gaps`."""
    demand = models.PositiveIntegerField(_("sessions"), default=0)
    escalated = models.PositiveIntegerField(_("of them escalated"), default=0)
    priority = models.FloatField(_("priority"), default=0)
    """Sessions × (1 − their durable rate) × their median minutes: minutes of work that did not last."""
    weeks = models.JSONField(_("sessions by week"), default=list)
    """Of the detectors' window, the oldest first."""
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.OPEN)
    first_seen_at = models.DateTimeField(_("first seen"))
    last_seen_at = models.DateTimeField(_("last seen"))
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    """Nobody, where it closed by itself."""
    demand_when_closed = models.PositiveIntegerField(_("sessions when it was closed"), default=0)

    objects = GapQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("knowledge gap")
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["account", "kind", "key"], name="gap_known_once_by_key"),
            models.CheckConstraint(
                name="gap_state_known",
                condition=models.Q(state__in=["open", "acknowledged", "resolved", "dismissed"]),
            ),
        ]
        indexes = [
            models.Index(fields=["account", "state", "-priority", "-id"], name="gap_by_priority"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def stands(self) -> bool:
        return self.state in self.STANDING

    @property
    def is_one_problem(self) -> bool:
        """What a flow could be drafted for: not the escalations of a whole domain or client."""
        if self.kind == self.Kind.HIGH_ESCALATION:
            return isinstance(self.evidence, dict) and self.evidence.get("scope") == "node"
        return self.kind in self.Kind.values

    @property
    def closed_itself(self) -> bool:
        return self.state == self.State.RESOLVED and self.decided_by_id is None


class GapSession(TenantModel):
    """A session that shows the gap, as of the last run: the newest some thousand of very many."""

    gap = models.ForeignKey(KnowledgeGap, models.CASCADE, related_name="shown_by", db_index=False)
    session = models.ForeignKey(AISession, models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("session of a gap")
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["gap", "session"], name="session_once_in_gap"),
        ]

    def __str__(self) -> str:
        return f"{self.gap_id} ← {self.session_id}"
