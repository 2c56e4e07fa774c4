"""The house rules that imports cannot show."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import models
from django.utils.module_loading import import_string
from django_q.models import Schedule

from flowpilot.core.models import TenantModel
from flowpilot.schedules import SCHEDULES

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ["core", "accounts", "psa", "flows", "ai", "ai_sessions", "proposals", "analytics"]
"""From the ground up: a foreign key points to its own room or to one that stands earlier here."""
TEMPLATE_ROOMS = ["components", "account", "flows", "sessions", "proposals", "analytics"]
FORBIDDEN = {"utils", "helpers", "common", "misc", "mixins", "services", "managers"}
PACKAGES = ["flowpilot", "sessions", "proposals", "analytics"]

OURS = [model for label in ROOMS for model in apps.get_app_config(label).get_models()]
TENANT = [model for model in OURS if issubclass(model, TenantModel)]


def sources() -> Iterator[Path]:
    for package in PACKAGES:
        yield from (path for path in (ROOT / package).rglob("*.py") if "migrations" not in path.parts)


def templates() -> list[Path]:
    return sorted((ROOT / "templates").rglob("*.html"))


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_foreign_keys_point_down(model: type[models.Model]) -> None:
    for field in model._meta.get_fields():
        target = getattr(field, "related_model", None)
        if field.auto_created or not isinstance(target, type) or not issubclass(target, models.Model):
            continue
        if target._meta.app_label not in ROOMS:
            continue
        own, other = ROOMS.index(model._meta.app_label), ROOMS.index(target._meta.app_label)
        assert other <= own, f"{model.__name__}.{field.name} points up to {target.__name__}: keep the id."


@pytest.mark.parametrize("model", TENANT, ids=lambda model: model.__name__)
def test_tenant_tables_can_be_keyed_by_account_and_id(model: type[TenantModel]) -> None:
    if isinstance(model._meta.pk, models.CompositePrimaryKey):
        return  # nothing refers to its rows
    keys = [c.fields for c in model._meta.constraints if isinstance(c, models.UniqueConstraint)]
    assert ("account", "id") in keys, (
        f"{model.__name__}.Meta.constraints must begin with *TenantModel.Meta.constraints."
    )


def test_every_table_with_an_account_is_a_tenant_table() -> None:
    stray = [
        model.__name__
        for model in OURS
        if model not in TENANT and any(field.name == "account" for field in model._meta.fields)
    ]
    assert stray == ["User"], "Tables with an account inherit TenantModel; only people are read before it."


def test_constraints_say_their_rule_in_their_name() -> None:
    for model in OURS:
        for constraint in model._meta.constraints:
            assert len(constraint.name.split("_")) >= 3, f"{constraint.name} does not say its rule."


def test_schedule_names_functions_that_exist() -> None:
    for dotted, minutes in SCHEDULES.values():
        assert callable(import_string(dotted))
        assert minutes >= 1


@pytest.mark.django_db
def test_synchronising_schedules_twice_changes_nothing() -> None:
    call_command("sync_schedules", quiet=True)
    first = list(Schedule.objects.order_by("name").values_list("pk", "name", "func", "minutes"))
    call_command("sync_schedules", quiet=True)

    assert list(Schedule.objects.order_by("name").values_list("pk", "name", "func", "minutes")) == first
    assert [name for _pk, name, _func, _minutes in first] == sorted(SCHEDULES)


@pytest.mark.parametrize("path", templates(), ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_templates_include_only_what_stands_below(path: Path) -> None:
    text = path.read_text()
    room = path.relative_to(ROOT / "templates").parts[0]
    own = TEMPLATE_ROOMS.index(room) if room in TEMPLATE_ROOMS else len(TEMPLATE_ROOMS)
    for included in re.findall(r'{%\s*(?:include|extends)\s+"([^"]+)"', text):
        top = included.split("/")[0]
        if top in TEMPLATE_ROOMS:
            assert TEMPLATE_ROOMS.index(top) <= own, f"{path.name} includes {included} from above."


@pytest.mark.parametrize("path", templates(), ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_templates_hold_no_inline_code_and_no_written_addresses(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"\sstyle=|\son[a-z]+=\"|hx-on|<style|<script(?![^>]*\bsrc=)", text), (
        "CSP forbids it"
    )
    written = re.findall(r'(?:href|action|hx-get|hx-post)="(/[^"]*)"', text)
    assert written == [], "links are made with {% url %}"


def test_fragments_are_named_and_say_what_they_need() -> None:
    for path in templates():
        if path.name.startswith("_") and path.parts[-2] in TEMPLATE_ROOMS[2:]:
            first = path.read_text().lstrip().splitlines()[0]
            assert first.startswith(("{#", "{% comment")), f"{path.name}: first line says what it needs."


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [str(path) for path in sources() if path.stem in FORBIDDEN] == []


def test_doors_do_not_query() -> None:
    for path in sources():
        if path.stem in {"views", "api"} or path.stem.endswith("_views"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Attribute) and node.attr == "objects":
                    line = path.read_text().splitlines()[node.lineno - 1]
                    assert "objects.none()" in line, f"{path}:{node.lineno} queries; ask models or reading."


def test_only_verbs_assign_the_status_of_a_session() -> None:
    for path in sources():
        if path.parts[-3:-1] == ("sessions", "actions") or "importing" in path.parts or "demo" in path.parts:
            continue
        text = path.read_text()
        assert not re.search(r"\bsession\.status\s*=[^=]", text), f"{path} moves a session without its verb."
