"""Addresses of a list: without one of its filters, and where it goes on."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from django import template
from django.forms import ChoiceField, Field, Form, ModelChoiceField
from django.template import Context

register = template.Library()

NOT_A_FILTER = ("q", "sort")
"""The search box shows its words itself, and an order leaves nothing out."""


@dataclass(frozen=True)
class Chip:
    """One active filter: "Type: Enhancement" and the page without it."""

    label: str
    url: str


@register.simple_tag(takes_context=True)
def filter_chips(context: Context, form: Form) -> list[Chip]:
    """The active filters of a list's form. What is not valid filters nothing, and has no chip."""
    if not form.is_valid():
        return []
    active = {name: value for name, value in form.cleaned_data.items() if value not in (None, "", False)}
    return [
        Chip(words(form.fields[name], value), without(context["request"], name))
        for name, value in active.items()
        if name not in NOT_A_FILTER
    ]


def words(field: Field, value: Any) -> str:
    """What the chip says; a yes-or-no filter needs no value."""
    if value is True:
        return str(field.label)
    if isinstance(field, ModelChoiceField):  # the row is there already: all others need not be read
        return f"{field.label}: {field.label_from_instance(value)}"
    choices = dict(field.choices) if isinstance(field, ChoiceField) else {}  # type: ignore[arg-type]
    return f"{field.label}: {choices.get(value, value)}"


@register.filter
def any_of(names: Collection[str], wanted: Collection[str]) -> bool:
    """Whether one of the names is among the wanted ones."""
    return not set(names).isdisjoint(wanted)


@register.filter
def parameters(query: str) -> list[tuple[str, str]]:
    """The parts of "?a=b&c=d", for the hidden fields of a form that carries them on."""
    return parse_qsl(query.removeprefix("?"))


@register.simple_tag(takes_context=True)
def following_rows(context: Context, cursor: str) -> str:
    """Where the same list goes on after the cursor's row; "" after the last."""
    query = context["request"].GET.copy()
    query["after"] = cursor
    return f"{context['request'].path}?{query.urlencode()}" if cursor else ""


def without(request: Any, name: str) -> str:
    """The same list with one filter less, from its first page."""
    rest = request.GET.copy()
    for gone in (name, "after"):
        rest.pop(gone, None)
    return f"{request.path}?{rest.urlencode()}" if rest else str(request.path)


@register.simple_tag(takes_context=True)
def sorted_by(context: Context, key: str) -> str:
    """The same list in another order, from its first page; "" is the order that it has by itself."""
    request = context["request"]
    query = request.GET.copy()
    for gone in ("sort", "after"):
        query.pop(gone, None)
    if key:
        query["sort"] = key
    return f"{request.path}?{query.urlencode()}" if query else str(request.path)
