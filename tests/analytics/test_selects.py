"""Selects that are written out say the same as Django's own."""

from django import forms
from django.test.html import parse_html

from analytics.selects import QuickSelect


def test_a_quick_select_is_the_same_as_a_usual_one() -> None:
    choices = [("", "All"), ("a&b", "<A>"), ("c", "C")]
    usual, quick = forms.Select(choices=choices), QuickSelect(choices=choices)

    for value in ("", "a&b", None, "unknown"):
        given = {"id": "scope-team", "class": "fp-select", "required": False, "data-x": '"1"'}
        assert parse_html(quick.render("team", value, given)) == parse_html(
            usual.render("team", value, given)
        )
