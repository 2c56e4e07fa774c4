from django.contrib import admin
from django.db import models

from flowpilot.accounts.audited import Audited
from flowpilot.core.admin import ReadOnlyAdmin, TenantAdmin
from flowpilot.psa.models import (
    PracticeNote,
    PracticeTicket,
    PsaCall,
    PsaConnection,
    PsaPush,
    PsaPushAttempt,
    PsaWebhook,
)


@admin.register(PsaConnection)
class PsaConnectionAdmin(Audited, TenantAdmin[PsaConnection]):
    list_display = ("name", "provider", "state", "last_ok_at")
    list_filter = ("provider", "state")
    search_fields = ("name", "base_url")
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}


@admin.register(PracticeTicket)
class PracticeTicketAdmin(ReadOnlyAdmin[PracticeTicket]):
    list_display = ("number", "title", "client", "status", "priority", "created_at")
    list_filter = ("status", "priority")
    search_fields = ("title", "client", "contact")
    date_hierarchy = "created_at"


@admin.register(PracticeNote)
class PracticeNoteAdmin(ReadOnlyAdmin[PracticeNote]):
    list_display = ("ticket", "written_by", "internal", "written_at")
    search_fields = ("text", "written_by")
    list_select_related = ("ticket",)


@admin.register(PsaPush)
class PsaPushAdmin(ReadOnlyAdmin[PsaPush]):
    list_display = ("ticket_id", "kind", "state", "attempts", "created_at", "delivered_at")
    list_filter = ("state", "kind")
    search_fields = ("ticket_id", "marker")
    date_hierarchy = "created_at"


@admin.register(PsaPushAttempt)
class PsaPushAttemptAdmin(ReadOnlyAdmin[PsaPushAttempt]):
    list_display = ("push", "number", "outcome", "error_class", "started_at", "ended_at")
    list_filter = ("outcome",)
    search_fields = ("push__ticket_id", "push__marker")
    list_select_related = ("push",)


@admin.register(PsaWebhook)
class PsaWebhookAdmin(ReadOnlyAdmin[PsaWebhook]):
    list_display = ("ticket_id", "connection", "created_at", "due_at", "tries", "taken_at")
    search_fields = ("ticket_id",)
    list_select_related = ("connection",)


@admin.register(PsaCall)
class PsaCallAdmin(ReadOnlyAdmin[PsaCall]):
    list_display = ("connection", "endpoint", "created_at", "ended_at")
    list_select_related = ("connection",)
    search_fields = ("endpoint",)
