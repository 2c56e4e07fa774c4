"""Rows with hostile texts wherever they hold prose, for the pages that show them. Columns are found by
themselves: prose is what has a blank."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.db import connection, models

from flowpilot.core.models import TenantModel
from tests.hostile.values import LARGE, SHORT, packed, texts

BRIEF = "<img src=//canary.invalid/x><script>alert(1)</script>"
"""Taken by a browser for anything but text, it asks another host and breaks the policy. Documents have room
for this: their titles and labels are bounded."""
RUNS = f"{BRIEF}{SHORT}"
SHORTEST = 150
"""Characters that the shortest field for prose has room for."""


def plant() -> int:
    """Put hostile texts in front of all prose of all tenant rows; says how many values were changed."""
    return Planting().plant()


class Planting:
    """Each call goes on where the last one stopped in the set, over the texts as they were at first."""

    def __init__(self) -> None:
        given = [text.replace("\x00", "") for text in texts()]
        self.large = Taken([RUNS, *packed(given, LARGE)])
        """For fields without an end."""
        self.short = Taken([RUNS, *packed((text for text in given if len(text) <= SHORTEST), SHORTEST)])
        """For those that have one: cut, a value would show what it begins with and nothing else."""
        self.brief = Taken([BRIEF, *packed((text for text in given if len(text) <= len(BRIEF)), len(BRIEF))])
        self._before: dict[tuple[type[models.Model], Any, str], Any] = {}

    @property
    def is_done(self) -> bool:
        """Each text was planted in each kind of place that it fits into."""
        return all(each.all_taken for each in (self.large, self.short, self.brief))

    def plant(self) -> int:
        changed = 0
        for model in apps.get_models():
            if issubclass(model, TenantModel):
                with _without_triggers(model):
                    changed += sum(self._planted(row) for row in model._default_manager.all())
        return changed

    def _planted(self, row: models.Model) -> int:
        given = {}
        for field in row._meta.concrete_fields:
            value = self._before.setdefault((type(row), row.pk, field.attname), getattr(row, field.attname))
            if isinstance(field, models.JSONField):
                changed = self._within(value)
            elif isinstance(field, models.CharField | models.TextField) and not field.choices:
                changed = _prefixed(value, self.large if field.max_length is None else self.short)
                changed = changed[: field.max_length] if changed else changed
            else:
                continue
            if changed != value:
                given[field.attname] = changed
        if given:
            type(row)._default_manager.filter(pk=row.pk).update(**given)
        return len(given)

    def _within(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._within(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self._within(each) for each in value]
        return _prefixed(value, self.brief)


class Taken:
    """Texts one after the other, again from the first after the last."""

    def __init__(self, given: list[str]) -> None:
        self._given, self._taken = given, 0

    @property
    def all_taken(self) -> bool:
        return self._taken >= len(self._given)

    def next(self) -> str:
        self._taken += 1
        return self._given[(self._taken - 1) % len(self._given)]


@contextmanager
def _without_triggers(model: type[models.Model]) -> Iterator[None]:
    """What is written once could not be changed otherwise."""
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def _prefixed(value: Any, hostile: Taken) -> Any:
    return f"{hostile.next()} {value}" if isinstance(value, str) and " " in value else value
