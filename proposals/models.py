"""What the analysis job made of resolved sessions, and what people decided about it."""

from typing import Self
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from flowpilot.accounts.models import Client, Team, User
from flowpilot.core.models import TenantModel, TenantQuerySet
from flowpilot.flows.document import Tree, parse
from flowpilot.flows.models import Flow, FlowVersion
from sessions.models import AISession

PROPOSAL_SEARCH = SearchVector("title", "summary", config="english")
"""What the queue's search box looks in; an index holds exactly this expression,
and the function `proposals_found` of the database searches by it."""


class ProposalQuerySet(TenantQuerySet):
    def visible_to(self, user: User) -> Self:  # type: ignore[override]
        """Those of the user's teams; all of the account, team or not, for account admins."""
        rows = self.for_account(user.account_id)
        return rows if user.account_admin else rows.filter(team__in=user.team_ids)

    def decidable_by(self, user: User) -> Self:
        """Those that the user may approve, publish, dismiss or reject."""
        rows = self.for_account(user.account_id)
        return rows if user.account_admin else rows.filter(team__in=user.admin_team_ids)

    def pending(self) -> Self:
        return self.filter(status=FlowProposal.Status.PENDING)

    def with_context(self) -> Self:
        """Everything that a row or a detail panel shows beside the proposal itself."""
        return self.select_related(
            "team", "client", "target_flow", "base_version", "current_draft", "reviewed_by"
        )

    def with_story(self, user: User) -> Self:
        """The draft, the evidence that counts and the decisions, each loaded once for all rows."""
        evidence = ProposalEvidence.objects.counting().seen_by(user).order_by("-session_id")
        return self.select_related("current_draft").prefetch_related(
            models.Prefetch("evidence", queryset=evidence), "decisions"
        )


class FlowProposal(TenantModel):
    """A flow, or a change to one, that the analysis thinks worth publishing."""

    class Type(models.TextChoices):
        NEW_FLOW = "new_flow", _("New flow")
        ENHANCEMENT = "enhancement", _("Enhancement")

    class Status(models.TextChoices):
        PENDING = "pending", _("Pending")
        APPROVED = "approved", _("Approved")
        EDITED = "edited", _("Published after edit")
        DISMISSED = "dismissed", _("Dismissed")
        REJECTED = "rejected", _("Rejected")
        EXPIRED = "expired", _("Expired")

    PUBLISHED = (Status.APPROVED, Status.EDITED)

    proposal_type = models.CharField(_("type"), max_length=12, choices=Type)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PENDING)
    title = models.CharField(_("title"), max_length=200)
    summary = models.TextField(_("summary"), blank=True)
    why = models.TextField(_("why it was proposed"), blank=True)
    problem_domain = models.CharField(_("domain"), max_length=100, null=True, blank=True)  # noqa: DJ001
    team = models.ForeignKey(Team, models.SET_NULL, null=True, blank=True, related_name="+")
    client = models.ForeignKey(Client, models.SET_NULL, null=True, blank=True, related_name="+")
    target_flow = models.ForeignKey(Flow, models.CASCADE, null=True, blank=True, related_name="proposals")
    base_version = models.ForeignKey(FlowVersion, models.CASCADE, null=True, blank=True, related_name="+")
    current_draft = models.ForeignKey(
        "ProposalDraft", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    evidence_count = models.PositiveIntegerField(_("evidence"), default=0)
    unmined_evidence = models.PositiveIntegerField(_("evidence since the draft"), default=0)
    """Evidence that came after the current draft was mined."""
    confidence = models.FloatField(_("confidence"), default=0)
    impact = models.FloatField(_("impact"), default=0)
    """Evidence × median minutes: what one flow could have saved so far."""
    fingerprint = models.CharField(_("fingerprint"), max_length=64)
    terms = ArrayField(models.CharField(max_length=80), verbose_name=_("identifying terms"), default=list)
    """What a new finding is compared by with what is known already; looked up in memory (`term_index`)."""
    wake_at_evidence = models.PositiveIntegerField(_("wakes at evidence"), null=True, blank=True)
    woken_at = models.DateTimeField(_("woken"), null=True, blank=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    reviewed_at = models.DateTimeField(_("reviewed"), null=True, blank=True)
    published_version = models.ForeignKey(
        FlowVersion, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    last_seen_at = models.DateTimeField(_("last seen"), null=True, blank=True)
    """When the newest session of its evidence ended."""
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = ProposalQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("proposal")
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["account", "fingerprint"],
                condition=models.Q(status="pending"),
                name="one_pending_proposal_per_fingerprint",
            ),
            models.CheckConstraint(
                name="proposal_type_known", condition=models.Q(proposal_type__in=["new_flow", "enhancement"])
            ),
            models.CheckConstraint(
                name="proposal_status_known",
                condition=models.Q(
                    status__in=["pending", "approved", "edited", "dismissed", "rejected", "expired"]
                ),
            ),
            models.CheckConstraint(
                name="enhancement_names_its_flow",
                condition=models.Q(
                    proposal_type="new_flow", target_flow__isnull=True, base_version__isnull=True
                )
                | models.Q(
                    proposal_type="enhancement", target_flow__isnull=False, base_version__isnull=False
                ),
            ),
            models.CheckConstraint(
                name="enhancement_is_never_approved_unread",
                condition=~models.Q(proposal_type="enhancement", status="approved"),
            ),
            models.CheckConstraint(
                name="proposal_confidence_is_probability",
                condition=models.Q(confidence__gte=0, confidence__lte=1),
            ),
        ]
        indexes = [
            models.Index(fields=["account", "status", "-created_at", "-id"], name="proposal_newest"),
            models.Index(
                fields=["account", "status", "team", "-created_at", "-id"], name="proposal_team_newest"
            ),
            models.Index(fields=["account", "target_flow"], name="proposal_by_flow"),
            GinIndex(PROPOSAL_SEARCH, name="proposal_search"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_pending(self) -> bool:
        return self.status == self.Status.PENDING

    @property
    def is_enhancement(self) -> bool:
        return self.proposal_type == self.Type.ENHANCEMENT

    @property
    def reference(self) -> str:
        """Short name for people: the random end of the id, the beginning being its time."""
        return f"FP-{self.id.hex[-6:].upper()}"


class ProposalDraft(TenantModel):
    """One mined state of a proposal; every new piece of evidence may add one. Immutable."""

    proposal = models.ForeignKey(FlowProposal, models.CASCADE, related_name="drafts", db_index=False)
    number = models.PositiveIntegerField(_("number"))
    title = models.CharField(_("title"), max_length=200)
    summary = models.TextField(_("summary"), blank=True)
    why = models.TextField(_("why"), blank=True)
    tree = models.JSONField(_("tree"))
    """The whole tree: for an enhancement the base version with the changes applied."""
    changes = models.JSONField(_("changes"), default=list, blank=True)
    grounding = models.JSONField(_("grounding"), default=dict, blank=True)
    """{"sources": {"n3": [span, …]}, "counts": {"n3": {"reached", "resolved", "escalated"}}}"""
    engine = models.CharField(_("engine"), max_length=40)
    basis = models.JSONField(_("basis"), default=list, blank=True)
    prompt_version = models.CharField(_("prompt version"), max_length=40, blank=True)
    made_at = models.DateTimeField(_("made"), default=timezone.now)

    class Meta:
        verbose_name = _("draft")
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["proposal", "number"], name="draft_number_unique_in_proposal"),
        ]

    def __str__(self) -> str:
        return f"{self.proposal} #{self.number}"

    @property
    def document(self) -> Tree:
        return parse(self.tree)


class EvidenceQuerySet(TenantQuerySet):
    def counting(self) -> Self:
        """Evidence of the current, still resolved resolution."""
        return self.filter(
            superseded_at__isnull=True,
            session__status=AISession.Status.RESOLVED,
            session__resolution_no=models.F("resolution_no"),
        )

    def seen_by(self, user: User) -> Self:
        """With `seen`: whether the user may open the session."""
        session = AISession.objects.visible_to(user).filter(pk=models.OuterRef("session_id"))
        return self.annotate(seen=models.Exists(session))


class ProposalEvidence(TenantModel):
    """A resolution that speaks for a proposal."""

    proposal = models.ForeignKey(FlowProposal, models.CASCADE, related_name="evidence", db_index=False)
    session = models.ForeignKey(AISession, models.CASCADE, related_name="+")
    resolution_no = models.PositiveIntegerField(_("resolution"))
    superseded_at = models.DateTimeField(_("superseded"), null=True, blank=True)

    objects = EvidenceQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                # The account first: policies ask for it, too, and would be answered by another index.
                fields=["account", "proposal", "session", "resolution_no"],
                name="resolution_counts_once_per_proposal",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.proposal_id} ← {self.session_id}"


class ProposalDecision(TenantModel):
    """Who decided what about which draft. Insert-only."""

    class Verb(models.TextChoices):
        APPROVE = "approve", _("Approved")
        PUBLISH_EDITED = "publish_edited", _("Published after edit")
        DISMISS = "dismiss", _("Dismissed")
        REJECT = "reject", _("Rejected")
        REOPEN = "reopen", _("Reopened")
        UNDO = "undo", _("Undone")
        EXPIRE = "expire", _("Expired")
        WAKE = "wake", _("Came back")
        SPLIT = "split", _("Session split off")

    class Reason(models.TextChoices):
        """Why a proposal is turned down; rejections feed later analyses."""

        WRONG_FIX = "wrong_fix", _("Wrong fix")
        UNSAFE = "unsafe", _("Unsafe or against policy")
        DUPLICATE = "duplicate", _("Duplicate")
        NOT_ENOUGH_EVIDENCE = "not_enough_evidence", _("Not enough evidence")
        OUT_OF_SCOPE = "out_of_scope", _("Out of scope")
        OTHER = "other", _("Other")

    proposal = models.ForeignKey(FlowProposal, models.CASCADE, related_name="decisions")
    draft = models.ForeignKey(ProposalDraft, models.CASCADE, null=True, blank=True, related_name="+")
    verb = models.CharField(_("verb"), max_length=16, choices=Verb)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    reason_code = models.CharField(_("reason"), max_length=24, choices=Reason, blank=True)
    note = models.TextField(_("note"), blank=True)
    published_tree = models.JSONField(_("published tree"), null=True, blank=True)
    published_version = models.ForeignKey(
        FlowVersion, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("decision")
        ordering = ("created_at", "id")
        constraints = [*TenantModel.Meta.constraints]
        indexes = [models.Index(fields=["proposal", "created_at", "id"], name="decision_by_proposal")]

    def __str__(self) -> str:
        return f"{self.proposal_id}: {self.verb}"


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
                fields=["session", "resolution_no", "request_no"], name="one_analysis_per_resolution"
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
