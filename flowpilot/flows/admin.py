from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from flowpilot.accounts.audited import Audited
from flowpilot.core.admin import ReadOnlyAdmin, TabularReadOnly, pretty_json
from flowpilot.flows.models import Flow, FlowDraft, FlowStat, FlowVersion


class VersionInline(TabularReadOnly):
    model = FlowVersion
    fk_name = "flow"
    fields = ("number", "note", "published_by", "published_at")


@admin.register(Flow)
class FlowAdmin(Audited):
    list_display = ("title", "account", "domain", "team", "status", "current_version", "updated_at")
    list_filter = ("status", "domain", "account")
    search_fields = ("title", "slug", "summary")
    ordering = ("title", "created_at")
    autocomplete_fields = ("account", "team", "client", "owner", "forked_from")
    readonly_fields = ("current_version", "status", "created_at", "updated_at")
    list_select_related = ("account", "team", "current_version__flow")
    date_hierarchy = "created_at"
    inlines = (VersionInline,)


@admin.register(FlowVersion)
class FlowVersionAdmin(ReadOnlyAdmin[FlowVersion]):
    list_display = ("flow", "number", "published_by", "published_at")
    list_filter = ("account",)
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


@admin.register(FlowStat)
class FlowStatAdmin(ReadOnlyAdmin[FlowStat]):
    list_display = ("version", "node", "option", "shown", "chosen", "resolved", "escalated")
    search_fields = ("version__flow__title", "node")
    list_select_related = ("version__flow",)
