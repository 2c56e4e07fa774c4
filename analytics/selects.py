"""Selects of the dashboard's filters, written out: a template for each of some hundred options takes longer
than the figures."""

from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString


class QuickSelect(forms.Select):
    """One value of a list without groups."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        shown = self.get_context(name, value, attrs)["widget"]
        options = [option for _group, found, _index in shown["optgroups"] for option in found]
        written = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            ((one["value"], flatatt({"selected": one["selected"]}), one["label"]) for one in options),
        )
        return format_html('<select name="{}"{}>{}</select>', shown["name"], flatatt(shown["attrs"]), written)
