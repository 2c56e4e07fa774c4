"""Selects of teams, clients and people that are drawn from one query together."""

from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import CharField, F, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf
from django.forms import BaseForm, ModelChoiceField
from django.utils.functional import cached_property

from flowpilot.accounts.models import User


def draw_together(form: BaseForm, *fields: str) -> None:
    """Have these selects of a form show their rows by name, read when the first of them is drawn. What they
    accept is still looked up in their querysets."""
    together = _Names({name: form.fields[name].queryset for name in fields})  # type: ignore[attr-defined]
    for name in fields:
        field: ModelChoiceField[Any] = form.fields[name]  # type: ignore[assignment]
        field.widget.choices = partial(together.choices, name, field.empty_label)


class _Names:
    def __init__(self, querysets: dict[str, QuerySet[Any]]) -> None:
        self._querysets = querysets

    def choices(self, name: str, empty: Any) -> list[tuple[str, str]]:
        return [("", str(empty)), *((str(pk), label) for of, pk, label in self._read if of == name)]

    @cached_property
    def _read(self) -> list[tuple[str, UUID, str]]:
        """(field, key, name) of all, by name."""
        first, *others = (_labelled(name, rows) for name, rows in self._querysets.items())
        return sorted(first.union(*others, all=True), key=lambda row: row[2].casefold())


def _labelled(name: str, rows: QuerySet[Any]) -> QuerySet[Any, Any]:
    """Said as the model's own text says it: people without a name by their address."""
    label = (
        Coalesce(NullIf("name", Value("")), "email", output_field=CharField())
        if rows.model is User
        else F("name")
    )
    return rows.order_by().annotate(of=Value(name), label=label).values_list("of", "pk", "label")
