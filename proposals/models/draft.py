"""What was mined for a proposal."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from flowpilot.core.models import TenantModel
from flowpilot.flows.document import Tree, parse


class ProposalDraft(TenantModel):
    """One mined state of a proposal; every new piece of evidence may add one. Immutable."""

    proposal = models.ForeignKey("FlowProposal", models.CASCADE, related_name="drafts", db_index=False)
    number = models.PositiveIntegerField(_("number"))
    title = models.CharField(_("title"), max_length=200)
    summary = models.TextField(_("summary"), blank=True)
    why = models.TextField(_("why"), blank=True)
    tree = models.JSONField(_("tree"))
    """The whole tree: for an enhancement the base version with the changes applied."""
    changes = models.JSONField(_("changes"), default=list, blank=True)
    grounding = models.JSONField(_("grounding"), default=dict, blank=True)
    """{"sources": {"n3": [span, …]}, "counts": {"n3": {"reached", "resolved", "escalated"}},
    "unsourced": {"n3": [literal, …]}}, a span as in `proposals.grounding.KeptSpan`; older drafts have no
    "unsourced"."""
    engine = models.CharField(_("engine"), max_length=40)
    basis = models.JSONField(_("basis"), default=list, blank=True)
    prompt_version = models.CharField(_("prompt version"), max_length=40, blank=True)
    fallback = models.TextField(_("why not the preferred engine"), blank=True)
    suspected_injection = models.BooleanField(_("orders to a model suspected"), default=False)
    shortened = models.BooleanField(_("shortened for the model"), default=False)
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
    def unsourced(self) -> dict[str, list[str]]:
        """By node id: commands, paths and codes that no session of the evidence names."""
        named: dict[str, list[str]] = self.grounding.get("unsourced", {})
        return named

    @property
    def document(self) -> Tree:
        return parse(self.tree)
