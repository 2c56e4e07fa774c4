"""The library for programs, read-only."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers, viewsets

from flowpilot.accounts.models import SavedView
from flowpilot.accounts.restoring import RestoresView
from flowpilot.core.web import visible
from flowpilot.flows.filters import FlowFilter
from flowpilot.flows.models import Flow, FlowVersion


class FlowVersionSerializer(serializers.ModelSerializer[FlowVersion]):
    """A version with its counts; its sources are sessions, which not every reader of the library may open."""

    grounding = serializers.SerializerMethodField()

    class Meta:
        model = FlowVersion
        fields = ("id", "number", "tree_structure", "grounding", "note", "source", "published_at")

    def get_grounding(self, version: FlowVersion) -> dict[str, Any]:
        """{"counts": {"n3": {"reached", "resolved", "escalated"}, "n3/o1": {"chosen", …}}}"""
        return {"counts": version.counts}


class FlowSerializer(serializers.ModelSerializer[Flow]):
    """A flow in a list; its tree is in the detail."""

    class Meta:
        model = Flow
        fields = (
            "id",
            "title",
            "slug",
            "summary",
            "domain",
            "team",
            "client",
            "status",
            "current_version",
            "review_due_at",
            "owner",
            "created_at",
            "updated_at",
        )


class FlowDetailSerializer(FlowSerializer):
    current_version = FlowVersionSerializer(read_only=True)


class FlowViewSet(RestoresView, viewsets.ReadOnlyModelViewSet[Flow]):
    queryset = Flow.objects.none()
    filterset_class = FlowFilter
    screen = SavedView.Screen.LIBRARY

    def get_queryset(self) -> QuerySet[Flow]:
        rows = visible(Flow, self.request.user)  # type: ignore[arg-type]
        return rows.select_related("current_version") if self.detail else rows

    def get_serializer_class(self) -> Any:
        return FlowDetailSerializer if self.detail else FlowSerializer
