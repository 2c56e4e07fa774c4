"""Icons, badges and form controls; every icon that is named exists; no page breaks the content policy."""

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django import forms
from django.conf import settings
from django.forms.renderers import TemplatesSetting
from django.template import Context, Template
from django.test import RequestFactory
from django.test.html import parse_html

from flowpilot.core.templatetags import filtering, ui
from flowpilot.core.widgets import Renderer

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SPRITE_ICONS = set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "static" / ui.SPRITE).read_text()))
TABLES = (
    ui.TIERS, ui.STATES, ui.TYPES, ui.SEVERITIES, ui.RISKS, ui.OUTCOMES, ui.NODE_KINDS, ui.STEP_KINDS,
    ui.TOASTS,
)  # fmt: skip
BADGES = (ui.tier, ui.state, ui.ptype, ui.severity, ui.risk, ui.outcome)
Badge = Callable[[object], str]
HUES = {"teal", "blue", "violet", "green", "amber", "orange", "red", "grey"}


class Filters(forms.Form):
    q = forms.CharField(label="Search", required=False)
    type = forms.ChoiceField(label="Type", required=False, choices=[("", "All"), ("new_flow", "New flow")])
    evidence = forms.IntegerField(label="Evidence from", required=False)
    mine = forms.BooleanField(label="My teams only", required=False)


class Reasons(forms.Form):
    reason = forms.ChoiceField(
        label="Reason", widget=forms.RadioSelect, choices=[("unsafe", "Unsafe"), ("wrong", "Wrong fix")]
    )
    note = forms.CharField(label="Note", required=False, help_text="Shown with the decision.")


def shown(source: str, **context: object) -> str:
    return " ".join(Template(source).render(Context(context)).split())


def test_an_icon_is_decoration_from_the_sprite() -> None:
    assert shown('{% load ui %}{% icon "check" "fp-icon--sm" %}') == (
        '<svg class="fp-icon fp-icon--sm" aria-hidden="true"><use href="/static/icons.svg#check"/></svg>'
    )


def test_every_icon_named_in_a_template_is_in_the_sprite() -> None:
    source = "\n".join(path.read_text() for path in TEMPLATES)
    named = set(re.findall(r"{%\s*icon\s+[\"']([^\"']+)", source))
    named |= set(re.findall(r"icon_name=[\"']([^\"']+)", source))
    assert named - SPRITE_ICONS == set()


def test_every_icon_of_a_badge_is_in_the_sprite() -> None:
    named = {look.icon for table in TABLES for look in table.values()} | {ui.UNKNOWN_ICON}
    assert named - SPRITE_ICONS == set()


def test_the_sprite_holds_what_the_list_of_icons_names() -> None:
    assert set((ROOT / "scripts" / "icons.txt").read_text().split()) == SPRITE_ICONS


def test_every_badge_has_a_hue_of_the_style_sheet() -> None:
    assert {look.hue for table in TABLES for look in table.values()} <= HUES


def test_a_known_value_has_icon_word_and_colour() -> None:
    assert ui.tier("guided") == (
        '<span class="fp-badge hue-teal"><svg class="fp-icon" aria-hidden="true">'
        '<use href="/static/icons.svg#route"/></svg>Guided</span>'
    )


@pytest.mark.parametrize("badge", BADGES)
def test_an_unknown_value_is_shown_dashed_in_its_own_words(badge: Badge) -> None:
    html = badge("hybrid_<mode>")
    assert html.startswith('<span class="fp-badge fp-badge--unknown">')
    assert html.endswith("Hybrid &lt;mode&gt;</span>")


@pytest.mark.parametrize("badge", BADGES)
@pytest.mark.parametrize("value", [None, "", 7, [], {}])
def test_no_value_makes_a_badge_fail(badge: Badge, value: object) -> None:
    assert 'class="fp-badge' in badge(value)


@pytest.mark.parametrize(
    ("value", "filled"), [(0.88, 4), (0, 0), (1, 5), (7, 5), (-1, 0), (None, 0), ("much", 0)]
)
def test_the_meter_stays_within_its_segments(value: object, filled: int) -> None:
    html = ui.meter(value)
    assert (html.count('class="is-on"'), html.count("<i")) == (filled, ui.METER_SEGMENTS)


def test_a_field_says_what_is_wrong_and_describes_itself() -> None:
    form = Reasons({"reason": "other", "note": "x"})
    html = shown("{% for field in form %}{% include 'components/_field.html' %}{% endfor %}", form=form)
    assert 'id="id_reason_error" role="alert"' in html
    assert 'aria-invalid="true"' in html
    assert (
        '<input type="text" name="note" value="x" class="form-control" aria-describedby="id_note_helptext"'
        in html
    )
    assert html.count("form-check-input") == 2


def test_a_control_of_another_type_says_so_once() -> None:
    html = shown("{% load ui %}{% control form.q type='search' %}", form=Filters())

    assert html.count("type=") == 1
    assert 'type="search"' in html


def test_a_control_takes_more_attributes() -> None:
    html = shown("{% load ui %}{% control form.q hx_get='/review/' data_hotkey='/' %}", form=Filters())
    assert html == (
        '<input type="text" name="q" class="form-control" hx-get="/review/" data-hotkey="/" id="id_q">'
    )


class Grouped(forms.Form):
    choice = forms.ChoiceField(
        choices=[("", "All <b>"), ('"1"', "R&D"), ("Group<", [("a", "one"), ("b", "two")])], initial="b"
    )


def test_a_select_is_the_one_that_django_draws() -> None:
    own, djangos = (str(Grouped(renderer=by())["choice"]) for by in (Renderer, TemplatesSetting))
    assert parse_html(own) == parse_html(djangos)


class Inputs(forms.Form):
    q = forms.CharField(label="Search", max_length=9, widget=forms.TextInput({"placeholder": "<any>"}))
    evidence = forms.IntegerField(label="Evidence from", required=False, min_value=1)
    day = forms.DateField(label="Day", widget=forms.DateInput({"hidden": False}))
    mine = forms.BooleanField(label="My teams only")
    key = forms.CharField(widget=forms.HiddenInput)


@pytest.mark.parametrize("given", [None, {"q": '"<b>&', "evidence": "many", "mine": "on", "key": "7"}])
@pytest.mark.parametrize("name", Inputs.base_fields)
def test_an_input_is_the_one_that_django_draws(name: str, given: dict[str, str] | None) -> None:
    own, djangos = (str(Inputs(given, renderer=by())[name]) for by in (Renderer, TemplatesSetting))
    assert parse_html(own) == parse_html(djangos)


def chips_of(query: str) -> list[tuple[str, str]]:
    request = RequestFactory().get(f"/review/?{query}")
    form = Filters(request.GET)
    return [(chip.label, chip.url) for chip in filtering.filter_chips(Context({"request": request}), form)]


def test_each_active_filter_has_a_chip_that_takes_it_off() -> None:
    assert chips_of("status=pending&q=vpn&type=new_flow&mine=on&after=abc") == [
        ("Type: New flow", "/review/?status=pending&q=vpn&mine=on"),
        ("My teams only", "/review/?status=pending&q=vpn&type=new_flow"),
    ]


def test_the_last_chip_leads_to_the_plain_list() -> None:
    assert chips_of("evidence=5") == [("Evidence from: 5", "/review/")]


def test_filters_that_are_not_valid_have_no_chips() -> None:
    assert chips_of("evidence=many&mine=on") == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(ROOT / "templates").as_posix())
def test_templates_keep_to_the_content_policy(path: Path) -> None:
    source = path.read_text()
    assert re.findall(r"\sstyle=|<style|\son[a-z]+=|hx-on|javascript:|<script(?![^>]*\ssrc=)", source) == []


def test_a_toast_offers_undo_out_of_band() -> None:
    toast = {"level": "success", "message": "Published.", "undo_url": "/undo/", "undo_target": "#detail"}
    html = shown("{% include 'components/_toast.html' %}", toast=toast)
    assert html.startswith('<div hx-swap-oob="beforeend:#toasts"> <div class="fp-toast hue-green"')
    assert 'hx-post="/undo/" hx-target="#detail"' in html


def test_style_sheets_name_only_files_that_are_there() -> None:
    named = [
        (sheet.parent / address).resolve()
        for sheet in (ROOT / "static").rglob("*.css")
        for address in re.findall(r"url\([\"']?([^\"')]+)", sheet.read_text())
    ]
    assert [path for path in named if not path.is_file()] == []


def zipped(*files: Path) -> int:
    return sum(len(gzip.compress(file.read_bytes())) for file in files)


def test_style_sheets_and_scripts_stay_small() -> None:
    static = ROOT / "static"
    styles = [*(static / "css").glob("*.css"), *(static / "vendor").rglob("*.css")]
    assert zipped(*styles) <= 45 * 1024
    loaded = {page: scripts(text, "src") for page, text in templates()}
    everywhere = loaded.pop("base.html")
    for page, own in loaded.items():
        heaviest = zipped(*everywhere, *own)
        assert heaviest <= 10 * 1024, f"{page} loads {heaviest} bytes of scripts beside htmx"
    later = set[Path]().union(*(scripts(text, "data-script") for _page, text in templates()))
    assert everywhere.union(later, *loaded.values()) == set((static / "js").glob("*.js"))


def templates() -> list[tuple[str, str]]:
    folder = ROOT / "templates"
    return [(str(path.relative_to(folder)), path.read_text()) for path in folder.rglob("*.html")]


def scripts(text: str, attribute: str) -> set[Path]:
    """Own scripts that a template names: in `src` those it loads, in `data-script` those fetched later."""
    return {ROOT / "static" / name for name in re.findall(attribute + r'="{% static "(js/[\w.]+)" %}"', text)}
