"""What the Django admin does the same way everywhere."""

import json
from collections.abc import Sequence
from typing import Any, TypeVar
from uuid import UUID

from django import forms
from django.contrib import admin
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.widgets import AutocompleteSelect
from django.contrib.auth import get_user_model
from django.db import models
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from flowpilot.core.jsonfields import JsonField
from flowpilot.core.models import Heartbeat
from flowpilot.core.scope import current_account_id

Row = TypeVar("Row", bound=models.Model)


class OfTheAccount(forms.ModelForm[Any]):
    """What is added belongs to the account that was entered; nobody chooses it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            self.instance.account_id = current_account_id()

    def _get_validation_exclusions(self) -> set[str]:
        """Rules about the account hold although the form has no field for it."""
        return super()._get_validation_exclusions() - {"account"}  # type: ignore[misc]


class ByKey(AutocompleteSelect):
    """Django's, which looks up a key that was sent before anybody asks whether it is one."""

    def optgroups(self, name: str, value: Sequence[str], attr: Any = None) -> Any:
        return super().optgroups(name, list(filter(_is_key, value)), attr)


def _is_key(value: object) -> bool:
    try:
        UUID(str(value))
    except ValueError:
        return False
    return True


class Autocompletes(BaseModelAdmin[Row]):
    """Fields that are completed while typing, in forms and in the rows of a parent."""

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs["widget"] = ByKey(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class TenantAdmin(Autocompletes[Row], admin.ModelAdmin[Row]):
    """For rows of an account, which the database itself limits to the account that was entered."""

    form = OfTheAccount

    def get_exclude(self, request: HttpRequest, obj: Row | None = None) -> list[str]:
        return [*(super().get_exclude(request, obj) or ()), "account"]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if isinstance(db_field, models.JSONField):
            kwargs["form_class"] = JsonField
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        """People are no rows that the database limits: they are read before an account is known."""
        if db_field.related_model is get_user_model():
            kwargs["queryset"] = get_user_model()._default_manager.filter(account=current_account_id())
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


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
