"""What superusers change by hand in the Django admin stands in the account's audit."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db import models
from django.forms import BaseForm
from django.http import HttpRequest

from flowpilot.accounts import audit
from flowpilot.accounts.models import Account, User

_SECRET = ("password", "credential", "secret", "token")
HIDDEN = "•••"


class Audited(admin.ModelAdmin[Any]):
    """Beside Django's own log: an entry with what was and what is, in the account that the row belongs to.

    Rows without an account (superusers) stand in Django's log only.
    """

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        changes = _changes(form)
        for formset in formsets or ():
            for inner in formset.forms:
                if inner.has_changed():
                    changes[f"{inner.instance._meta.verbose_name} {inner.instance}"] = _summed(inner, formset)
        request.audited_changes = changes  # type: ignore[attr-defined]
        return super().construct_change_message(request, form, formsets, add)

    def log_addition(self, request: HttpRequest, obj: models.Model, message: Any) -> Any:
        _record(audit.Verb.CREATED, request, obj)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: models.Model, message: Any) -> Any:
        _record(audit.Verb.CHANGED, request, obj)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        rows: Iterable[models.Model] = queryset
        for row in rows:
            _record(audit.Verb.DELETED, request, row)
        return super().log_deletions(request, queryset)


def _record(verb: str, request: HttpRequest, row: models.Model) -> None:
    account_id = _account_of(row)
    if account_id is None or (verb == audit.Verb.DELETED and isinstance(row, Account)):
        return
    by = request.user
    audit.record(
        verb,
        account_id=account_id,
        subject=row,
        changes=getattr(request, "audited_changes", None),
        by=by if isinstance(by, User) else None,
    )


def _account_of(row: models.Model) -> UUID | None:
    found: UUID | None = row.pk if isinstance(row, Account) else getattr(row, "account_id", None)
    return found


def _changes(form: BaseForm) -> dict[str, tuple[str, str]]:
    named = [name for name in getattr(form, "changed_data", ()) if name not in ("DELETE", "id")]
    both = {name: (_before(name, form), _shown(name, form.cleaned_data.get(name))) for name in named}
    return {name: (was, now) for name, (was, now) in both.items() if was != now or HIDDEN in now}


def _summed(form: Any, formset: Any) -> tuple[str, str]:
    """A row of a parent in one line: what it was, and what it is or that it is gone."""
    changes = _changes(form)
    before = ", ".join(f"{name}: {was}" for name, (was, _now) in changes.items() if was)
    if form in formset.deleted_forms:
        return before or str(form.instance), ""
    return before, ", ".join(f"{name}: {now}" for name, (_was, now) in changes.items())


def _before(name: str, form: BaseForm) -> str:
    """What the field held, as a person reads it: a key's row by its name."""
    field = form.fields.get(name)
    if field is None:  # Django's password form names what it changes, not its fields
        return ""
    initial = form.get_initial_for_field(field, name)
    return _shown(name, field.to_python(initial) if initial not in (None, "") else "")


def _shown(name: str, value: object) -> str:
    if any(word in name for word in _SECRET):
        return HIDDEN if value else ""
    return "" if value in (None, {}, []) else str(value)
