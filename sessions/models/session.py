"""Troubleshooting sessions: what was the matter, what was tried, how it ended."""

from datetime import timedelta
from typing import Self
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Left
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from flowpilot.accounts.models import Client, Team, User
from flowpilot.core.models import TenantModel, TenantQuerySet
from flowpilot.flows.models import Flow, FlowVersion
from flowpilot.psa.models import PsaConnection
from sessions.models.ending import Ending

PROBLEM_SEARCH = SearchVector("problem_summary", "psa_ticket_id", config="english")
"""What the search box of the sessions looks in; an index holds exactly this expression,
and the function `sessions_found` of the database searches by it."""
OPENING_LENGTH = 400
"""Characters of an intake that a list reads to find its first line."""
SCORED = ("confidence_score", "confidence_tier", "scored_at", "first_score")
"""What a score writes."""
GUIDED_ABOVE = 0.80
EXPLORING_FROM = 0.40


def tier_for(score: float) -> str:
    """Guided above 0.80, exploring from 0.40 to 0.80 with both ends, discovery below."""
    if score > GUIDED_ABOVE:
        return AISession.Tier.GUIDED
    return AISession.Tier.EXPLORING if score >= EXPLORING_FROM else AISession.Tier.DISCOVERY


def opening_in(intake: str = "intake_content") -> Left:
    """How an intake begins, which names a session without a summary; `intake` leads to the column."""
    return Left(KeyTextTransform("text", intake), OPENING_LENGTH)


def titled(told: str | None) -> str:
    """The title of a session whose summary, or what was typed, is this."""
    return (told or "").strip().split("\n", 1)[0][:200] or str(_("Untitled session"))


class AISessionQuerySet(TenantQuerySet):
    def visible_to(self, user: User) -> Self:  # type: ignore[override]
        """Those of the user's teams, those without a team that are the user's own or wait for the user, and
        those that wait for one of the teams to take over; all of the account for account admins."""
        rows = self.for_account(user.account_id)
        if user.account_admin:
            return rows
        waits = models.Q(status=AISession.Status.REQUESTING_ESCALATION)
        holds = models.Q(user=user) | models.Q(escalated_to=user) | (waits & models.Q(asked_user=user))
        own = models.Q(team__isnull=True) & holds
        asked = waits & models.Q(asked_team__in=user.team_ids)
        return rows.filter(models.Q(team__in=user.team_ids) | own | asked)

    def administered_by(self, user: User) -> Self:
        """Those that the user answers for; the rule is `roles.administers`."""
        rows = self.for_account(user.account_id)
        return rows if user.account_admin else rows.filter(team__in=user.admin_team_ids)

    def with_people(self) -> Self:
        """Everything that a list of sessions shows, without the long texts.

        `opening`: how the intake begins, for sessions that have no summary yet.
        """
        rows = self.select_related("user", "team", "client", "escalated_to", "matched_flow")
        return rows.annotate(opening=opening_in()).defer(
            "intake_content",
            "ticket_data",
            "conversation_messages",
            "system_prompt_snapshot",
            "escalation_package",
            "resolution_summary",
            "resolution_action",
        )

    def newest_first(self) -> Self:
        return self.order_by("-created_at", "-id")

    def awaiting_analysis(self) -> Self:
        return self.filter(status=AISession.Status.RESOLVED, analysis_status=AISession.AnalysisStatus.PENDING)


class AISession(Ending, TenantModel):
    """One incident in the hands of an engineer, from intake to its end."""

    class Intake(models.TextChoices):
        FREE_TEXT = "free_text", _("Free text")
        PSA_TICKET = "psa_ticket", _("PSA ticket")
        SCREENSHOT = "screenshot", _("Screenshot")
        LOG_PASTE = "log_paste", _("Log")
        COMBINED = "combined", _("Combined")

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        PAUSED = "paused", _("Paused")
        REQUESTING_ESCALATION = "requesting_escalation", _("Requesting escalation")
        RESOLVED = "resolved", _("Resolved")
        ESCALATED = "escalated", _("Escalated")
        ABANDONED = "abandoned", _("Abandoned")

    class Tier(models.TextChoices):
        GUIDED = "guided", _("Guided")
        EXPLORING = "exploring", _("Exploring")
        DISCOVERY = "discovery", _("Discovery")

    class AnalysisStatus(models.TextChoices):
        PENDING = "pending", _("Waiting")
        COMPLETED = "completed", _("Done")
        FAILED = "failed", _("Failed")

    OPEN = (Status.ACTIVE, Status.PAUSED, Status.REQUESTING_ESCALATION)
    ENDED = (Status.RESOLVED, Status.ESCALATED, Status.ABANDONED)

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="ai_sessions", verbose_name=_("engineer")
    )
    team = models.ForeignKey(Team, models.SET_NULL, null=True, blank=True, related_name="ai_sessions")
    client = models.ForeignKey(Client, models.SET_NULL, null=True, blank=True, related_name="ai_sessions")

    intake_type = models.CharField(_("intake"), max_length=20, choices=Intake, default=Intake.FREE_TEXT)
    intake_content = models.JSONField(_("intake content"), default=dict, blank=True)
    problem_summary = models.TextField(_("problem"), null=True, blank=True)  # noqa: DJ001 required shape
    problem_domain = models.CharField(_("domain"), max_length=100, null=True, blank=True)  # noqa: DJ001
    described_by = models.JSONField(_("described by"), null=True, blank=True)
    """Who found the summary and the domain that nobody wrote: {"engine", "basis", "prompt_version", "domain"}
    as in `ai.contracts.TriageResult`; and, where there is something to tell of the intake whoever wrote them,
    "suspected_injection", "shortened", "notes" and "fallback"."""
    ticket_data = models.JSONField(_("ticket"), null=True, blank=True)
    psa_ticket_id = models.CharField(_("ticket number"), max_length=100, null=True, blank=True)  # noqa: DJ001
    psa_connection = models.ForeignKey(
        PsaConnection, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    source = models.CharField(_("imported from"), max_length=60, blank=True)
    external_id = models.CharField(_("id at the source"), max_length=200, blank=True)

    status = models.CharField(
        _("status"), max_length=24, choices=Status, default=Status.ACTIVE, db_index=True
    )
    confidence_tier = models.CharField(_("tier"), max_length=20, choices=Tier, default=Tier.DISCOVERY)
    confidence_score = models.FloatField(_("confidence"), default=0)
    scored_at = models.DateTimeField(_("scored"), null=True, blank=True)
    first_score = models.FloatField(_("confidence at first"), null=True, blank=True)
    """When it was scored for the first time. It stays: the last score knows how the session went."""
    confidence_reason = models.TextField(_("why so sure"), blank=True)
    matched_flow = models.ForeignKey(Flow, models.SET_NULL, null=True, blank=True, related_name="+")
    flow_version = models.ForeignKey(FlowVersion, models.SET_NULL, null=True, blank=True, related_name="+")
    match_score = models.FloatField(_("match score"), null=True, blank=True)
    match_probability = models.FloatField(_("probability of the match"), null=True, blank=True)
    """That the followed flow resolves it, as calibrated when it was chosen; null: it was chosen without."""
    left_flow_at = models.DateTimeField(_("left the flow"), null=True, blank=True)
    """Since when it goes on without the pinned flow; null: it follows it, or has none."""

    analysis_status = models.CharField(  # noqa: DJ001
        _("analysis"), max_length=20, choices=AnalysisStatus, null=True, blank=True
    )

    total_input_tokens = models.IntegerField(_("input tokens"), default=0)
    total_output_tokens = models.IntegerField(_("output tokens"), default=0)
    step_count = models.IntegerField(_("steps"), default=0)
    system_prompt_snapshot = models.TextField(_("system prompt"), null=True, blank=True)  # noqa: DJ001
    conversation_messages = models.JSONField(_("vendor messages"), default=list, blank=True)
    """`Exchange.messages` of the last guidance that a vendor gave; the steps are the truth."""

    draft_answer = models.TextField(_("answer being typed"), blank=True)

    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    idle_warned_at = models.DateTimeField(_("warned of being idle"), null=True, blank=True)

    objects = AISessionQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        db_table = "ai_sessions"
        verbose_name = _("session")
        constraints = [
            *TenantModel.Meta.constraints,
            models.CheckConstraint(
                name="session_intake_known",
                condition=models.Q(
                    intake_type__in=["free_text", "psa_ticket", "screenshot", "log_paste", "combined"]
                ),
            ),
            models.CheckConstraint(
                name="session_status_known",
                condition=models.Q(
                    status__in=[
                        "active",
                        "paused",
                        "resolved",
                        "escalated",
                        "requesting_escalation",
                        "abandoned",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="session_tier_known",
                condition=models.Q(confidence_tier__in=["guided", "exploring", "discovery"]),
            ),
            models.CheckConstraint(
                name="session_confidence_is_probability",
                condition=models.Q(confidence_score__gte=0, confidence_score__lte=1),
            ),
            models.CheckConstraint(
                name="session_first_score_is_probability",
                condition=models.Q(first_score__isnull=True)
                | models.Q(first_score__gte=0, first_score__lte=1),
            ),
            models.CheckConstraint(
                name="session_match_probability_in_range",
                condition=models.Q(match_probability__isnull=True)
                | models.Q(match_probability__gte=0, match_probability__lte=1),
            ),
            models.CheckConstraint(
                name="session_match_score_in_range",
                condition=models.Q(match_score__isnull=True)
                | models.Q(match_score__gte=0, match_score__lte=1),
            ),
            *Ending.Meta.constraints,
            models.CheckConstraint(
                name="session_analysis_status_known",
                condition=models.Q(analysis_status__isnull=True)
                | models.Q(analysis_status__in=["pending", "completed", "failed"]),
            ),
            models.CheckConstraint(
                name="only_resolved_sessions_are_analysed",
                condition=models.Q(analysis_status__isnull=True) | models.Q(status="resolved"),
            ),
            models.UniqueConstraint(
                fields=["account", "source", "external_id"],
                condition=~models.Q(external_id=""),
                name="session_import_once",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-created_at", "-id"], name="session_newest"),
            models.Index(fields=["account", "team", "-created_at", "-id"], name="session_team_newest"),
            models.Index(fields=["account", "status", "-created_at", "-id"], name="session_status_newest"),
            models.Index(fields=["account", "problem_domain", "-created_at"], name="session_domain_newest"),
            GinIndex(PROBLEM_SEARCH, name="session_search"),
            models.Index(
                fields=["account", "resolved_at", "id"],
                condition=models.Q(analysis_status="pending"),
                name="session_awaiting_analysis",
            ),
            models.Index(
                fields=["account", "-created_at", "-id"],
                condition=models.Q(analysis_status="failed"),
                name="session_failed_newest",
            ),
            models.Index(
                fields=["account", "reopened_at"],
                condition=models.Q(reopened_at__isnull=False),
                name="session_reopened",
            ),
            models.Index(fields=["account", "client", "-created_at", "-id"], name="session_client_newest"),
            models.Index(fields=["account", "user", "-created_at", "-id"], name="session_user_newest"),
            models.Index(
                fields=["account", "escalated_to", "-created_at", "-id"],
                condition=models.Q(escalated_to__isnull=False),
                name="session_taken_newest",
            ),
            models.Index(
                fields=["account", "matched_flow", "-created_at", "-id"],
                condition=models.Q(matched_flow__isnull=False),
                name="session_flow_newest",
            ),
            models.Index(
                fields=["account", "-ended_at"],
                condition=models.Q(ended_at__isnull=False),
                name="session_latest_ended",
            ),
            models.Index(
                fields=["account", "root_cause", "-created_at", "-id"],
                condition=~models.Q(root_cause=""),
                name="session_cause_newest",
            ),
            models.Index(
                fields=["account", "session_rating", "-created_at", "-id"],
                condition=models.Q(session_rating__isnull=False),
                name="session_rating_newest",
            ),
            models.Index(
                fields=["account", "escalation_requested_at", "id"],
                condition=models.Q(status="requesting_escalation"),
                name="session_inbox_oldest",
            ),
            models.Index(
                fields=["account", "resolved_at"],
                condition=models.Q(resolved_at__isnull=False),
                name="session_by_resolution",
            ),
            models.Index(
                fields=["account", "updated_at"],
                condition=models.Q(status__in=["active", "paused", "requesting_escalation"]),
                name="session_open_by_idle",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """One line for lists: the summary, else the beginning of what was typed."""
        return titled(self.problem_summary or self._opening())

    def _opening(self) -> str | None:
        """The intake's text, or as much of it as a list has read: asking for the rest costs a query a row."""
        read: str | None = self.__dict__.get("opening")
        return read if "opening" in self.__dict__ else self.intake_content.get("text")

    @property
    def holder_id(self) -> UUID:
        """Who writes the next step: the engineer it was handed to, else the one who began."""
        return self.escalated_to_id or self.user_id

    @property
    def follows(self) -> bool:
        """Whether the flow that is pinned gives the next step."""
        return self.flow_version_id is not None and self.left_flow_at is None

    def be_scored(self, score: float) -> None:
        """Set the score, the tier that follows from it, and when; whoever calls it saves `SCORED`."""
        if self.scored_at is None:
            self.first_score = score
        self.confidence_score, self.confidence_tier = score, tier_for(score)
        self.scored_at = timezone.now()

    @property
    def is_open(self) -> bool:
        return self.status in self.OPEN

    @property
    def duration(self) -> timedelta | None:
        """From start to end, pauses included; None while it is open."""
        return self.ended_at - self.created_at if self.ended_at else None

    @property
    def minutes(self) -> float | None:
        """The duration in minutes."""
        return self.duration.total_seconds() / 60 if self.duration else None
