"""A proposal and what may become of it."""

from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.utils.translation import gettext_lazy as _

from flowpilot.accounts.models import Client, Team, User
from flowpilot.core.models import TenantModel, TenantQuerySet
from flowpilot.flows.models import Flow, FlowVersion

PROPOSAL_SEARCH = SearchVector("title", "summary", config="english")
"""What the queue's search box looks in; an index holds exactly this expression,
and the functions `proposals_found` and `proposals_keys` of the database search by it."""


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

    def with_story(self) -> Self:
        """The draft and the decisions, each loaded once for all rows."""
        return self.select_related("current_draft").prefetch_related("decisions")


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
    client_count = models.PositiveIntegerField(_("clients"), default=0)
    """Of how many clients the sessions of the evidence are."""
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
    duplicate_of = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    """The proposal that says the same; findings like this one go there."""
    duplicate_of_flow = models.ForeignKey(
        Flow, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    """The published flow that says the same."""
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
            models.Index(
                fields=["account", "status", "-evidence_count", "-id"], name="proposal_most_evidence"
            ),
            models.Index(fields=["account", "status", "-confidence", "-id"], name="proposal_most_confident"),
            models.Index(fields=["account", "status", "-impact", "-id"], name="proposal_most_impact"),
            models.Index(
                fields=["account", "-created_at", "-id"],
                condition=models.Q(status__in=["approved", "edited"]),
                name="proposal_published_newest",
            ),
            models.Index(
                fields=["account", "status", "problem_domain", "-created_at", "-id"],
                name="proposal_domain_newest",
            ),
            models.Index(
                fields=["account", "status", "client", "-created_at", "-id"],
                condition=models.Q(client__isnull=False),
                name="proposal_client_newest",
            ),
            models.Index(fields=["account", "target_flow"], name="proposal_by_flow"),
            models.Index(
                fields=["account", "duplicate_of"],
                condition=models.Q(duplicate_of__isnull=False),
                name="proposal_duplicates",
            ),
            models.Index(
                fields=["account", "duplicate_of_flow"],
                condition=models.Q(duplicate_of_flow__isnull=False),
                name="proposal_duplicates_of_flow",
            ),
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
