from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from flowpilot.accounts.audited import Audited
from flowpilot.core.admin import ReadOnlyAdmin, TabularReadOnly, TenantAdmin, pretty_json
from flowpilot.flows.matching import library
from flowpilot.flows.models import (
    Flow,
    FlowDocument,
    FlowDraft,
    FlowFavourite,
    FlowOrigin,
    FlowStat,
    FlowVersion,
    MatchingCalibration,
)


class VersionInline(TabularReadOnly):
    model = FlowVersion
    fk_name = "flow"
    fields = ("number", "note", "source", "published_by", "published_at")


@admin.register(Flow)
class FlowAdmin(Audited, TenantAdmin[Flow]):
    list_display = ("title", "domain", "team", "status", "current_version", "updated_at")
    list_filter = ("status", "domain")
    search_fields = ("title", "slug", "summary")
    ordering = ("title", "created_at")
    autocomplete_fields = ("team", "client", "owner", "forked_from")
    readonly_fields = ("current_version", "status", "verified_at", "created_at", "updated_at")
    list_select_related = ("team", "current_version__flow")
    date_hierarchy = "created_at"
    inlines = (VersionInline,)

    def save_model(self, request: HttpRequest, obj: Flow, form: Any, change: bool) -> None:
        """A new title is found at once."""
        super().save_model(request, obj, form, change)
        library.index(obj)


@admin.register(FlowVersion)
class FlowVersionAdmin(ReadOnlyAdmin[FlowVersion]):
    list_display = ("flow", "number", "source", "published_by", "published_at")
    list_filter = ("source",)
    search_fields = ("flow__title", "note")
    list_select_related = ("flow", "published_by")
    date_hierarchy = "published_at"
    exclude = ("tree_structure", "grounding")
    readonly_fields = ("tree_shown", "grounding_shown")

    @admin.display(description=_("tree"))
    def tree_shown(self, version: FlowVersion) -> SafeString:
        return pretty_json(version.tree_structure)

    @admin.display(description=_("grounding"))
    def grounding_shown(self, version: FlowVersion) -> SafeString:
        return pretty_json(version.grounding)


@admin.register(FlowDraft)
class FlowDraftAdmin(ReadOnlyAdmin[FlowDraft]):
    list_display = ("flow", "base_version", "updated_by", "updated_at")
    search_fields = ("flow__title",)
    list_select_related = ("flow", "base_version__flow", "updated_by")


@admin.register(FlowOrigin)
class FlowOriginAdmin(ReadOnlyAdmin[FlowOrigin]):
    list_display = ("flow", "kind", "key", "version")
    list_filter = ("kind",)
    search_fields = ("flow__title", "key")
    list_select_related = ("flow",)


@admin.register(FlowStat)
class FlowStatAdmin(ReadOnlyAdmin[FlowStat]):
    list_display = ("version", "node", "option", "shown", "chosen", "resolved", "escalated")
    search_fields = ("version__flow__title", "node")
    list_select_related = ("version__flow",)


@admin.register(FlowDocument)
class FlowDocumentAdmin(ReadOnlyAdmin[FlowDocument]):
    list_display = ("flow", "length", "encoded_by", "indexed_at")
    list_filter = ("encoded_by",)
    search_fields = ("flow__title",)
    list_select_related = ("flow",)
    exclude = ("vector",)


@admin.register(MatchingCalibration)
class MatchingCalibrationAdmin(ReadOnlyAdmin[MatchingCalibration]):
    list_display = ("engine", "outcomes", "in_force", "created_at")
    list_filter = ("engine", "in_force")
    search_fields = ("engine",)
    date_hierarchy = "created_at"


@admin.register(FlowFavourite)
class FlowFavouriteAdmin(ReadOnlyAdmin[FlowFavourite]):
    list_display = ("user", "flow", "created_at")
    search_fields = ("flow__title",)
    list_select_related = ("user", "flow")
