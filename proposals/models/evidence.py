"""What speaks for a proposal."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from flowpilot.accounts.models import User
from flowpilot.core.models import TenantModel, TenantQuerySet
from sessions.models import AISession


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

    proposal = models.ForeignKey("FlowProposal", models.CASCADE, related_name="evidence", db_index=False)
    session = models.ForeignKey(AISession, models.CASCADE, related_name="+")
    resolution_no = models.PositiveIntegerField(_("resolution"))
    carried_from = models.ForeignKey(
        "FlowProposal", models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    """The duplicate that it came with; None for what was found here."""
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
        indexes = [
            models.Index(
                fields=["account", "carried_from"],
                condition=models.Q(carried_from__isnull=False),
                name="evidence_carried",
            )
        ]

    def __str__(self) -> str:
        return f"{self.proposal_id} ← {self.session_id}"
