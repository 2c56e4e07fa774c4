from django.contrib import admin

from flowpilot.core.admin import ReadOnlyAdmin, TabularReadOnly
from sessions.models import (
    AISession,
    AISessionStep,
    Attachment,
    FlowCount,
    GeneratedScript,
    IntakeDraft,
    IntakeFile,
    SessionDocument,
    SessionEvent,
    Turn,
)


class StepInline(TabularReadOnly):
    model = AISessionStep
    fields = ("step_order", "kind", "source", "title", "chosen_option", "response", "outcome")


class EventInline(TabularReadOnly):
    model = SessionEvent
    fields = ("created_at", "verb", "from_status", "to_status", "actor", "reason")


@admin.register(AISession)
class AISessionAdmin(ReadOnlyAdmin[AISession]):
    """States change through verbs only, so that each change leaves its event."""

    list_display = ("title", "user", "status", "confidence_tier", "analysis_status", "created_at")
    list_filter = ("status", "confidence_tier", "analysis_status", "intake_type")
    search_fields = ("problem_summary", "psa_ticket_id", "external_id")
    list_select_related = ("user",)
    date_hierarchy = "created_at"
    show_full_result_count = False
    inlines = (StepInline, EventInline)


@admin.register(AISessionStep)
class AISessionStepAdmin(ReadOnlyAdmin[AISessionStep]):
    list_display = ("session", "step_order", "kind", "source", "title", "outcome")
    list_filter = ("kind", "source", "outcome")
    search_fields = ("title",)
    list_select_related = ("session",)
    show_full_result_count = False


@admin.register(SessionEvent)
class SessionEventAdmin(ReadOnlyAdmin[SessionEvent]):
    list_display = ("session", "verb", "from_status", "to_status", "actor", "created_at")
    list_filter = ("verb",)
    search_fields = ("session__problem_summary", "reason")
    list_select_related = ("session", "actor")
    date_hierarchy = "created_at"
    show_full_result_count = False


@admin.register(SessionDocument)
class SessionDocumentAdmin(ReadOnlyAdmin[SessionDocument]):
    list_display = ("session", "length", "encoded_by", "indexed_at")
    list_filter = ("encoded_by",)
    search_fields = ("session__problem_summary",)
    list_select_related = ("session",)
    exclude = ("vector",)
    show_full_result_count = False


@admin.register(Attachment)
class AttachmentAdmin(ReadOnlyAdmin[Attachment]):
    list_display = ("name", "session", "kind", "size", "uploaded_by", "created_at")
    list_filter = ("kind",)
    search_fields = ("name", "session__problem_summary")
    list_select_related = ("session", "uploaded_by")
    exclude = ("stored_as",)
    show_full_result_count = False


@admin.register(FlowCount)
class FlowCountAdmin(ReadOnlyAdmin[FlowCount]):
    list_display = ("session", "version", "resolved", "ended_at")
    list_filter = ("resolved",)
    search_fields = ("session__problem_summary", "flow__title")
    list_select_related = ("session", "version__flow")
    show_full_result_count = False


@admin.register(IntakeDraft)
class IntakeDraftAdmin(ReadOnlyAdmin[IntakeDraft]):
    """What somebody is typing is nobody else's to read: only that there is something."""

    list_display = ("user", "updated_at")
    search_fields = ("user__name",)
    fields = ("user", "client", "team", "updated_at")
    list_select_related = ("user",)


@admin.register(IntakeFile)
class IntakeFileAdmin(ReadOnlyAdmin[IntakeFile]):
    list_display = ("name", "kind", "size", "created_at")
    search_fields = ("name",)


@admin.register(Turn)
class TurnAdmin(ReadOnlyAdmin[Turn]):
    list_display = ("session", "state", "engine", "asked_by", "created_at", "ended_at")
    list_filter = ("state", "engine", "proposes")
    search_fields = ("session__problem_summary",)
    list_select_related = ("session", "asked_by")
    show_full_result_count = False


@admin.register(GeneratedScript)
class GeneratedScriptAdmin(ReadOnlyAdmin[GeneratedScript]):
    list_display = ("title", "session", "shell", "risk", "engine", "run_outcome", "created_at")
    list_filter = ("shell", "risk", "engine", "run_outcome")
    search_fields = ("title", "purpose")
    list_select_related = ("session",)
    show_full_result_count = False
