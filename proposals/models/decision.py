"""What people decided about a proposal."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from flowpilot.core.models import TenantModel
from flowpilot.flows.models import FlowVersion
from proposals.models.draft import ProposalDraft
from proposals.models.proposal import FlowProposal


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
        CARRY = "carry", _("Took over a duplicate's sessions")
        GIVE_BACK = "give_back", _("Gave a duplicate's sessions back")

    class Reason(models.TextChoices):
        """Why a proposal is turned down; rejections feed later analyses."""

        WRONG_FIX = "wrong_fix", _("Wrong fix")
        UNSAFE = "unsafe", _("Unsafe or against policy")
        DUPLICATE = "duplicate", _("Duplicate")
        NOT_ENOUGH_EVIDENCE = "not_enough_evidence", _("Not enough evidence")
        OUT_OF_SCOPE = "out_of_scope", _("Out of scope")
        OTHER = "other", _("Other")

    ASKED_FOR = (
        Reason.WRONG_FIX,
        Reason.UNSAFE,
        Reason.NOT_ENOUGH_EVIDENCE,
        Reason.OUT_OF_SCOPE,
        Reason.OTHER,
    )
    """The reasons that a reviewer chooses from; whoever calls something a duplicate names the original."""

    proposal = models.ForeignKey(FlowProposal, models.CASCADE, related_name="decisions")
    draft = models.ForeignKey(ProposalDraft, models.CASCADE, null=True, blank=True, related_name="+")
    verb = models.CharField(_("verb"), max_length=16, choices=Verb)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    reason_code = models.CharField(_("reason"), max_length=24, choices=Reason, blank=True)
    note = models.TextField(_("note"), blank=True)
    confirmed = models.JSONField(_("confirmed"), default=list, blank=True)
    """Commands, paths and codes in no source, for which the actor answers."""
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
