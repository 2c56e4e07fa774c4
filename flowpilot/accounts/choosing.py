"""Selects of teams, clients and people that are looked up, and drawn, from one query together."""

from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import CharField, F, Model, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf
from django.forms import BaseForm, ModelChoiceField, ValidationError
from django.utils.functional import cached_property

from flowpilot.accounts.models import User
from flowpilot.core.asking import Asked, subquery


def draw_together(form: BaseForm, *fields: str, asked: Asked | None = None) -> None:
    """Have these selects of a form show their rows by name, read when the first of them is drawn, and look up
    what was chosen in their querysets with what else is in `asked`: its key and its name."""
    together = _Names({name: form.fields[name].queryset for name in fields})  # type: ignore[attr-defined]
    asked = asked or Asked()
    for name in fields:
        field: ModelChoiceField[Any] = form.fields[name]  # type: ignore[assignment]
        field.widget.choices = partial(together.choices, name, field.empty_label)
        chosen = _Chosen(field, asked)
        chosen.expect(field.widget.value_from_datadict(form.data, form.files, form.add_prefix(name)))
        field.to_python = chosen.row  # type: ignore[method-assign]


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


class _Chosen:
    """What a field takes for a row: one that its queryset has. Everything else is left to the field."""

    def __init__(self, field: ModelChoiceField[Any], asked: Asked) -> None:
        self._field, self._asked = field, asked
        self._otherwise = field.to_python
        self._model: type[Model] = field.queryset.model  # type: ignore[union-attr]

    def expect(self, value: Any) -> tuple["_Chosen", UUID] | None:
        """The name under which its label will be answered; None where there is nothing to look up."""
        try:
            pk = UUID(value) if isinstance(value, str) else value
        except ValueError:
            return None
        if not isinstance(pk, UUID):
            return None
        rows: QuerySet[Any, Any] = self._field.queryset  # type: ignore[assignment]
        labels = rows.filter(pk=pk).order_by().values_list(_label(self._model))
        name = (self, pk)
        self._asked.expect(name, subquery(labels))
        return name

    def row(self, value: Any) -> Any:
        name = self.expect(value)
        if name is None:
            return self._otherwise(value)
        label = self._asked.answer(name)
        if label is None:
            raise ValidationError(
                self._field.error_messages["invalid_choice"], code="invalid_choice", params={"value": value}
            )
        return self._model.from_db(None, ["id", "name"], [name[1], label])


def _labelled(name: str, rows: QuerySet[Any]) -> QuerySet[Any, Any]:
    label = _label(rows.model)
    return rows.order_by().annotate(of=Value(name), label=label).values_list("of", "pk", "label")


def _label(model: type[Model]) -> Coalesce | F:
    """As the model's own text says it: people without a name by their address."""
    if model is User:
        return Coalesce(NullIf("name", Value("")), "email", output_field=CharField())
    return F("name")
