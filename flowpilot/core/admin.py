"""What the Django admin does the same way everywhere."""

import json
from typing import Any, TypeVar

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from flowpilot.core.models import Heartbeat

Row = TypeVar("Row", bound=models.Model)


class ReadOnlyAdmin(admin.ModelAdmin[Row]):
    """For rows that are written once, or only by a verb: to look at, never to change by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return False


class TabularReadOnly(admin.TabularInline[Any, Any]):
    """Rows of a parent, to look at."""

    extra = 0
    can_delete = False
    show_change_link = True

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """All of them: a field that no form may hold, such as a creation time, is refused otherwise."""
        return [str(field) for field in self.fields or ()]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnlyAdmin[Heartbeat]):
    list_display = ("name", "beat_at")
    search_fields = ("name",)


def pretty_json(value: object) -> SafeString:
    """JSON as indented, escaped text."""
    return format_html("<pre>{}</pre>", json.dumps(value, indent=2, ensure_ascii=False))
