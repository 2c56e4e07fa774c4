from django.contrib import admin

from analytics.models import CountedDay, GapSession, KnowledgeGap, KnownBefore, RollupState, TouchedDay
from analytics.models.rollups import ROLLUPS
from flowpilot.core.admin import ReadOnlyAdmin


@admin.register(*ROLLUPS)
class CountedDayAdmin(ReadOnlyAdmin[CountedDay]):
    """Counted by the schedule, or by `manage.py rebuild_analytics`."""

    list_display = ("day", "sessions", "resolved", "escalated", "abandoned", "unfinished")
    date_hierarchy = "day"
    search_fields = ("day",)
    show_full_result_count = False


@admin.register(TouchedDay)
class TouchedDayAdmin(ReadOnlyAdmin[TouchedDay]):
    list_display = ("day", "created_at")
    search_fields = ("day",)


@admin.register(RollupState)
class RollupStateAdmin(ReadOnlyAdmin[RollupState]):
    list_display = ("account", "counted_at", "time_zone")
    search_fields = ("time_zone",)


@admin.register(KnowledgeGap)
class KnowledgeGapAdmin(ReadOnlyAdmin[KnowledgeGap]):
    list_display = ("title", "kind", "severity", "state", "demand", "priority", "last_seen_at")
    list_filter = ("state", "kind", "severity")
    search_fields = ("title",)


@admin.register(KnownBefore)
class KnownBeforeAdmin(ReadOnlyAdmin[KnownBefore]):
    list_display = ("session", "fitting_flow", "probability", "resolved_alike", "created_at")
    search_fields = ("session__problem_summary",)
    list_select_related = ("session",)


@admin.register(GapSession)
class GapSessionAdmin(ReadOnlyAdmin[GapSession]):
    list_display = ("gap", "session")
    search_fields = ("gap__title",)
    list_select_related = ("gap", "session")
