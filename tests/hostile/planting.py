"""Rows with hostile texts wherever they hold prose, for the pages that show them. Columns are found by
themselves: prose is what has a blank."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle, repeat
from typing import Any

from django.apps import apps
from django.db import connection, models

from flowpilot.core.models import TenantModel
from tests.hostile.values import LARGE, SHORT, packed, texts

BRIEF = "<img src=//canary.invalid/x><script>alert(1)</script>"
"""Taken by a browser for anything but text, it asks another host and breaks the policy. Documents have room
for this: their titles and labels are bounded."""
RUNS = f"{BRIEF}{SHORT}"


def plant() -> int:
    """Put hostile texts in front of all prose of all tenant rows; says how many values were changed."""
    hostile = cycle([RUNS, *(text.replace("\x00", "") for text in packed(texts(), LARGE))])
    changed = 0
    for model in apps.get_models():
        if issubclass(model, TenantModel):
            with _without_triggers(model):
                changed += sum(_planted(row, hostile) for row in model._default_manager.all())
    return changed


@contextmanager
def _without_triggers(model: type[models.Model]) -> Iterator[None]:
    """What is written once could not be changed otherwise."""
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def _planted(row: models.Model, hostile: Iterator[str]) -> int:
    given = {}
    for field in row._meta.concrete_fields:
        value = getattr(row, field.attname)
        if isinstance(field, models.JSONField):
            changed = _within(value)
        elif isinstance(field, models.CharField | models.TextField) and not field.choices:
            changed = _prefixed(value, hostile)
            changed = changed[: field.max_length] if changed else changed
        else:
            continue
        if changed != value:
            given[field.attname] = changed
    if given:
        type(row)._default_manager.filter(pk=row.pk).update(**given)
    return len(given)


def _within(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _within(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_within(each) for each in value]
    return _prefixed(value, repeat(BRIEF))


def _prefixed(value: Any, hostile: Iterator[str]) -> Any:
    return f"{next(hostile)} {value}" if isinstance(value, str) and " " in value else value
