from django.contrib import admin

from analytics.models import CountedDay, RollupState, TouchedDay
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
