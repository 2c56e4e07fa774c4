"""How forms draw their fields."""

from collections.abc import Mapping
from typing import Any

from django.forms import CheckboxInput, DateInput, HiddenInput, NumberInput, Select, TextInput
from django.forms.renderers import TemplatesSetting
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

INPUTS = {each.template_name for each in (TextInput, NumberInput, HiddenInput, DateInput, CheckboxInput)}


class Renderer(TemplatesSetting):
    """By the project's templates. What a filter bar has is put together here: Django's own `<input>` includes
    two templates, and a `<select>` two for each option, which costs more than all the rest of the bar."""

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> str:
        if template_name == Select.template_name:
            return _select(context["widget"])
        if template_name in INPUTS:
            return _input(context["widget"])
        return super().render(template_name, context, request)


def _input(widget: Mapping[str, Any]) -> SafeString:
    """The attributes in the order in which they are given, as Django has them."""
    value = [] if widget["value"] is None else [("value", widget["value"])]
    given = [(name, each) for name, each in [*value, *widget["attrs"].items()] if each is not False]
    valued = format_html_join("", ' {}="{}"', ((name, str(each)) for name, each in given if each is not True))
    bare = format_html_join("", " {}", ((name,) for name, each in given if each is True))
    return format_html('<input type="{}" name="{}"{}{}>', widget["type"], widget["name"], valued, bare)


def _select(widget: Mapping[str, Any]) -> SafeString:
    groups = format_html_join(
        "", "{}", ((_group(name, options),) for name, options, _place in widget["optgroups"])
    )
    return format_html('<select name="{}"{}>{}</select>', widget["name"], flatatt(widget["attrs"]), groups)


def _group(name: str | None, options: list[dict[str, Any]]) -> SafeString:
    rows = ((str(each["value"]), _attributes(each), each["label"]) for each in options)
    drawn = format_html_join("", '<option value="{}"{}>{}</option>', rows)
    return format_html('<optgroup label="{}">{}</optgroup>', name, drawn) if name else drawn


def _attributes(option: Mapping[str, Any]) -> str:
    """Only the chosen one has any."""
    return flatatt(option["attrs"]) if option["attrs"] else ""
