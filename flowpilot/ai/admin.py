from django.contrib import admin

from flowpilot.ai.models import AIBatch, AICall, AIQuestion, AIUse
from flowpilot.core.admin import ReadOnlyAdmin


@admin.register(AICall)
class AICallAdmin(ReadOnlyAdmin[AICall]):
    """Written by the ledger only: it is what budgets and bills rest on."""

    list_display = (
        "created_at",
        "job",
        "engine",
        "model",
        "input_tokens",
        "cache_read_tokens",
        "cache_write_tokens",
        "output_tokens",
        "cost_usd",
        "error_class",
    )
    list_filter = ("job", "engine", "error_class")
    search_fields = ("model", "request_id", "error_class")
    date_hierarchy = "created_at"
    show_full_result_count = False


@admin.register(AIUse)
class AIUseAdmin(ReadOnlyAdmin[AIUse]):
    list_display = ("day", "job", "calls", "failures", "fallbacks", "cost_usd", "reserved_usd")
    list_filter = ("job",)
    search_fields = ("job",)
    date_hierarchy = "day"


@admin.register(AIBatch)
class AIBatchAdmin(ReadOnlyAdmin[AIBatch]):
    list_display = ("created_at", "state", "vendor_id", "submitted_at", "expires_at", "collected_at")
    list_filter = ("state",)
    search_fields = ("vendor_id", "request_id")
    date_hierarchy = "created_at"


@admin.register(AIQuestion)
class AIQuestionAdmin(ReadOnlyAdmin[AIQuestion]):
    list_display = ("created_at", "state", "attempts", "batch")
    list_filter = ("state",)
    search_fields = ("key",)
    list_select_related = ("batch",)
    date_hierarchy = "created_at"
