"""Sessions for programs, read-only."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework import serializers, viewsets

from flowpilot.accounts.models import SavedView
from flowpilot.accounts.restoring import RestoresView
from flowpilot.core.web import visible
from sessions.filters import SessionApiFilter
from sessions.models import AISession, AISessionStep


class StepSerializer(serializers.ModelSerializer[AISessionStep]):
    class Meta:
        model = AISessionStep
        fields = (
            "id",
            "step_order",
            "kind",
            "source",
            "node_id",
            "title",
            "body",
            "options",
            "chosen_option",
            "response",
            "outcome",
            "confidence_after",
            "answered_at",
            "superseded_at",
            "created_at",
        )


class SessionSerializer(serializers.ModelSerializer[AISession]):
    """A session in a list, without its long texts."""

    class Meta:
        model = AISession
        fields: ClassVar[tuple[str, ...]] = (
            "id",
            "user",
            "team",
            "client",
            "intake_type",
            "problem_summary",
            "problem_domain",
            "status",
            "confidence_tier",
            "confidence_score",
            "scored_at",
            "matched_flow",
            "flow_version",
            "match_score",
            "psa_ticket_id",
            "escalated_to",
            "escalation_code",
            "escalation_destination",
            "session_rating",
            "analysis_status",
            "resolution_no",
            "step_count",
            "created_at",
            "updated_at",
            "resolved_at",
            "ended_at",
        )


class SessionDetailSerializer(SessionSerializer):
    steps = StepSerializer(many=True, read_only=True)

    class Meta(SessionSerializer.Meta):
        fields = (
            *SessionSerializer.Meta.fields,
            "intake_content",
            "ticket_data",
            "resolution_summary",
            "resolution_action",
            "escalation_reason",
            "escalation_package",
            "session_feedback",
            "steps",
        )


class SessionViewSet(RestoresView, viewsets.ReadOnlyModelViewSet[AISession]):
    queryset = AISession.objects.none()
    filterset_class = SessionApiFilter
    screen = SavedView.Screen.SESSIONS

    def get_queryset(self) -> QuerySet[AISession]:
        rows = visible(AISession, self.request.user)  # type: ignore[arg-type]
        return rows.prefetch_related("steps") if self.detail else rows.with_people()  # type: ignore[attr-defined]

    def get_serializer_class(self) -> Any:
        return SessionDetailSerializer if self.detail else SessionSerializer
