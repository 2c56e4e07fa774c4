"""How past sessions would have fared in a draft."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from flowpilot.core.models import TenantModel
from flowpilot.flows.models import FlowVersion
from proposals.models.draft import ProposalDraft


class DraftReplay(TenantModel):
    """The last replay of a draft; another one takes its place."""

    draft = models.ForeignKey(ProposalDraft, models.CASCADE, related_name="replays", db_index=False)
    compared_with = models.ForeignKey(FlowVersion, models.SET_NULL, null=True, blank=True, related_name="+")
    """For a change to a flow, the version that it was made for."""
    found = models.PositiveIntegerField(_("sessions found"))
    """Relevant sessions, of which not all may have been walked."""
    walked = models.JSONField(_("sessions walked"), default=list)
    """[{"session": id, "fate": right|wrong|uncovered, "worse": bool, "node", "option"}], the newest first."""
    walked_at = models.DateTimeField(_("walked"))

    class Meta:
        verbose_name = _("replay of a draft")
        verbose_name_plural = _("replays of drafts")
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["account", "draft"], name="one_replay_per_draft"),
        ]

    def __str__(self) -> str:
        return f"{self.draft_id}: {len(self.walked)}"
