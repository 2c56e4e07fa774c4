"""Proposals for programs, read-only."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework import serializers, viewsets

from flowpilot.accounts.models import SavedView
from flowpilot.accounts.restoring import RestoresView
from flowpilot.core.web import visible
from proposals.evidence import origin_for
from proposals.filters import ProposalApiFilter
from proposals.models import FlowProposal, ProposalDecision, ProposalDraft, ProposalEvidence

EVIDENCE_NAMED = 200
"""Sessions named with a proposal, the newest first; its `evidence_count` is of all."""


class DraftSerializer(serializers.ModelSerializer[ProposalDraft]):
    """A draft, naming only those sessions that the reader may open."""

    class Meta:
        model = ProposalDraft
        fields = (
            "id",
            "number",
            "tree",
            "changes",
            "grounding",
            "engine",
            "basis",
            "fallback",
            "suspected_injection",
            "shortened",
            "made_at",
        )

    def to_representation(self, instance: ProposalDraft) -> dict[str, Any]:
        return {**super().to_representation(instance), **origin_for(self.context["request"].user, instance)}


class EvidenceSerializer(serializers.ModelSerializer[ProposalEvidence]):
    class Meta:
        model = ProposalEvidence
        fields = ("session", "resolution_no")


class DecisionSerializer(serializers.ModelSerializer[ProposalDecision]):
    class Meta:
        model = ProposalDecision
        fields = ("verb", "actor", "reason_code", "note", "published_version", "created_at")


class ProposalSerializer(serializers.ModelSerializer[FlowProposal]):
    """A proposal in a list; draft, evidence and decisions are in the detail."""

    class Meta:
        model = FlowProposal
        fields: ClassVar[tuple[str, ...]] = (
            "id",
            "proposal_type",
            "status",
            "title",
            "summary",
            "why",
            "problem_domain",
            "team",
            "client",
            "target_flow",
            "base_version",
            "evidence_count",
            "client_count",
            "confidence",
            "impact",
            "wake_at_evidence",
            "expires_at",
            "reviewed_by",
            "reviewed_at",
            "published_version",
            "last_seen_at",
            "created_at",
            "updated_at",
        )


class ProposalDetailSerializer(ProposalSerializer):
    current_draft = DraftSerializer(read_only=True)
    evidence = serializers.SerializerMethodField()
    hidden_evidence = serializers.SerializerMethodField()
    """How many sessions more speak for it that the reader may not open."""
    decisions = DecisionSerializer(many=True, read_only=True)

    class Meta(ProposalSerializer.Meta):
        fields = (
            *ProposalSerializer.Meta.fields,
            "current_draft",
            "evidence",
            "hidden_evidence",
            "decisions",
        )

    def get_evidence(self, proposal: FlowProposal) -> Any:
        rows = self._speaking(proposal, seen=True).order_by("-session_id")
        return EvidenceSerializer(rows[:EVIDENCE_NAMED], many=True).data

    def get_hidden_evidence(self, proposal: FlowProposal) -> int:
        return self._speaking(proposal, seen=False).count()

    def _speaking(self, proposal: FlowProposal, *, seen: bool) -> QuerySet[ProposalEvidence]:
        """What counts, as far as the reader may open it, or the rest."""
        rows: Any = proposal.evidence.counting()
        told: QuerySet[ProposalEvidence] = rows.seen_by(self.context["request"].user).filter(seen=seen)
        return told


class ProposalViewSet(RestoresView, viewsets.ReadOnlyModelViewSet[FlowProposal]):
    queryset = FlowProposal.objects.none()
    filterset_class = ProposalApiFilter
    screen = SavedView.Screen.REVIEW

    def get_queryset(self) -> QuerySet[FlowProposal]:
        rows = visible(FlowProposal, self.request.user)  # type: ignore[arg-type]
        if not self.detail:
            return rows
        return rows.with_story()  # type: ignore[attr-defined]

    def get_serializer_class(self) -> Any:
        return ProposalDetailSerializer if self.detail else ProposalSerializer
