"""How past sessions would have fared in a draft."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from flowpilot.core.models import TenantModel
from flowpilot.flows.models import FlowVersion
from proposals.models.draft import ProposalDraft


class DraftReplay(TenantModel):
    """The last replay of a draft, or the one that goes on; another one takes its place when it is done."""

    draft = models.ForeignKey(ProposalDraft, models.CASCADE, related_name="replays", db_index=False)
    compared_with = models.ForeignKey(FlowVersion, models.SET_NULL, null=True, blank=True, related_name="+")
    """For a change to a flow, the version that it was made for."""
    asked_at = models.DateTimeField(_("asked for"), default=timezone.now)
    done = models.PositiveIntegerField(_("sessions walked so far"), default=0)
    found = models.PositiveIntegerField(_("sessions found"), default=0)
    """Relevant sessions, of which not all may have been walked."""
    walked = models.JSONField(_("sessions walked"), default=list)
    """[{"session": id, "fate": right|wrong|uncovered, "worse": bool, "node", "option"}], the newest first."""
    walked_at = models.DateTimeField(_("walked"), null=True, blank=True)

    class Meta:
        verbose_name = _("replay of a draft")
        verbose_name_plural = _("replays of drafts")
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["account", "draft"], name="one_replay_per_draft"),
        ]

    def __str__(self) -> str:
        return f"{self.draft_id}: {len(self.walked)}"

    @property
    def goes_on(self) -> bool:
        """Whether it was asked for and has not come to an end since."""
        return self.walked_at is None or self.walked_at < self.asked_at
