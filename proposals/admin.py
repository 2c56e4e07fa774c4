from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from flowpilot.core.admin import ReadOnlyAdmin, TabularReadOnly, pretty_json
from proposals.models import (
    AnalysisRun,
    DraftReplay,
    FlowProposal,
    ProposalDecision,
    ProposalDraft,
    ProposalEvidence,
    SessionAnalysis,
)


class DraftInline(TabularReadOnly):
    model = ProposalDraft
    fields = ("number", "title", "engine", "made_at")


class EvidenceInline(TabularReadOnly):
    model = ProposalEvidence
    fk_name = "proposal"
    fields = ("session", "resolution_no", "carried_from", "superseded_at")


class DecisionInline(TabularReadOnly):
    model = ProposalDecision
    fields = ("created_at", "verb", "actor", "reason_code", "note")


@admin.register(FlowProposal)
class FlowProposalAdmin(ReadOnlyAdmin[FlowProposal]):
    """Decided in the review queue only, so that each decision is recorded and published once."""

    list_display = (
        "title",
        "proposal_type",
        "status",
        "evidence_count",
        "client_count",
        "confidence",
        "created_at",
    )
    list_filter = ("status", "proposal_type", "problem_domain")
    search_fields = ("title", "summary")
    date_hierarchy = "created_at"
    show_full_result_count = False
    inlines = (DraftInline, EvidenceInline, DecisionInline)


@admin.register(ProposalDraft)
class ProposalDraftAdmin(ReadOnlyAdmin[ProposalDraft]):
    list_display = ("proposal", "number", "engine", "made_at")
    search_fields = ("title",)
    list_select_related = ("proposal",)
    exclude = ("tree", "changes", "grounding", "basis")
    readonly_fields = ("tree_shown", "changes_shown", "grounding_shown")

    @admin.display(description=_("tree"))
    def tree_shown(self, draft: ProposalDraft) -> SafeString:
        return pretty_json(draft.tree)

    @admin.display(description=_("changes"))
    def changes_shown(self, draft: ProposalDraft) -> SafeString:
        return pretty_json(draft.changes)

    @admin.display(description=_("grounding"))
    def grounding_shown(self, draft: ProposalDraft) -> SafeString:
        return pretty_json(draft.grounding)


@admin.register(ProposalEvidence)
class ProposalEvidenceAdmin(ReadOnlyAdmin[ProposalEvidence]):
    list_display = ("proposal", "session", "resolution_no", "superseded_at")
    search_fields = ("proposal__title",)
    list_select_related = ("proposal", "session")


@admin.register(DraftReplay)
class DraftReplayAdmin(ReadOnlyAdmin[DraftReplay]):
    list_display = ("draft", "asked_at", "done", "found", "walked_at")
    search_fields = ("draft__title",)
    list_select_related = ("draft",)


@admin.register(ProposalDecision)
class ProposalDecisionAdmin(ReadOnlyAdmin[ProposalDecision]):
    list_display = ("proposal", "verb", "actor", "reason_code", "created_at")
    list_filter = ("verb", "reason_code")
    search_fields = ("proposal__title", "note")
    list_select_related = ("proposal", "actor")
    date_hierarchy = "created_at"


@admin.register(AnalysisRun)
class AnalysisRunAdmin(ReadOnlyAdmin[AnalysisRun]):
    list_display = ("trigger", "started_at", "finished_at", "counts")
    list_filter = ("trigger",)
    search_fields = ("trigger",)
    date_hierarchy = "started_at"


@admin.register(SessionAnalysis)
class SessionAnalysisAdmin(ReadOnlyAdmin[SessionAnalysis]):
    list_display = ("session", "resolution_no", "state", "outcome", "attempts", "finished_at")
    list_filter = ("state", "outcome")
    search_fields = ("session__problem_summary", "error", "reason")
    list_select_related = ("session",)
    show_full_result_count = False
