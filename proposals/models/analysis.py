"""The learning job's own rows: its runs, and the claim on each resolution."""

from uuid import UUID

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from flowpilot.core.models import TenantModel
from proposals.models.proposal import FlowProposal
from sessions.models import AISession


class AnalysisRun(TenantModel):
    """One pass of the job over one account."""

    class Trigger(models.TextChoices):
        SCHEDULE = "schedule", _("Schedule")
        COMMAND = "command", _("Command line")
        HAND = "hand", _("By hand")

    trigger = models.CharField(_("trigger"), max_length=10, choices=Trigger)
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    counts = models.JSONField(_("counts"), default=dict, blank=True)

    class Meta:
        verbose_name = _("analysis run")
        constraints = [*TenantModel.Meta.constraints]
        indexes = [models.Index(fields=["account", "-started_at", "-id"], name="run_newest")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.started_at:%Y-%m-%d %H:%M}"


class SessionAnalysis(TenantModel):
    """The claim on one resolution, and what came of it. Unique: nothing is analysed twice."""

    class State(models.TextChoices):
        CLAIMED = "claimed", _("In work")
        SUBMITTED = "submitted", _("Sent to the vendor")
        COMPLETED = "completed", _("Done")
        FAILED = "failed", _("Failed")

    class Outcome(models.TextChoices):
        NEW_FLOW = "new_flow", _("New flow proposed")
        ENHANCEMENT = "enhancement", _("Change to a flow proposed")
        REINFORCED = "reinforced", _("Confirms a flow")
        SUPPORTS_PENDING = "supports_pending", _("Supports an open proposal")
        SUPPRESSED = "suppressed", _("Matches a declined proposal")
        NOTHING = "nothing", _("Too thin")

    session = models.ForeignKey(AISession, models.CASCADE, related_name="analyses", db_index=False)
    resolution_no = models.PositiveIntegerField(_("resolution"))
    request_no = models.PositiveIntegerField(_("request"), default=0)
    """0 by schedule, 1 and up by hand."""
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.CLAIMED)
    claim_token = models.UUIDField(_("claim token"), null=True, blank=True)
    """Of the pass that has it in work; for what was submitted, the id of the question at the vendor."""
    lease_until = models.DateTimeField(_("lease until"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    outcome = models.CharField(_("outcome"), max_length=16, choices=Outcome, blank=True)
    reason = models.TextField(_("reason"), blank=True)
    proposal = models.ForeignKey(
        FlowProposal, models.SET_NULL, null=True, blank=True, related_name="analyses"
    )
    engine = models.CharField(_("engine"), max_length=40, blank=True)
    error = models.TextField(_("error"), blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("session analysis")
        verbose_name_plural = _("session analyses")
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["account", "session", "resolution_no", "request_no"],
                name="one_analysis_per_resolution",
            ),
            models.CheckConstraint(
                name="analysis_state_known",
                condition=models.Q(state__in=["claimed", "submitted", "completed", "failed"]),
            ),
            models.CheckConstraint(
                name="completed_analysis_has_outcome",
                condition=~models.Q(state="completed") | ~models.Q(outcome=""),
            ),
        ]
        indexes = [
            models.Index(
                fields=["account", "lease_until", "id"],
                condition=models.Q(state="claimed"),
                name="analysis_open_claims",
            ),
            # Whatever the planner thinks of an account that is new to it, this one is as good as it looks.
            models.Index(
                fields=["account", "claim_token"],
                condition=models.Q(claim_token__isnull=False),
                name="analysis_by_token",
            ),
            models.Index(fields=["account", "-finished_at", "-id"], name="analysis_newest"),
            models.Index(
                fields=["account", "claim_token"],
                condition=models.Q(state="submitted"),
                name="analysis_submitted",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.session_id}/{self.resolution_no}: {self.state}"

    def holds(self, token: UUID) -> bool:
        return self.state == self.State.CLAIMED and self.claim_token == token
