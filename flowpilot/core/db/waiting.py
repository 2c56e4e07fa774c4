"""Which migrations a database has not seen, by the names of their files."""

from functools import cache
from importlib.util import find_spec
from pkgutil import iter_modules

from django.apps import apps
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder


def migrations_waiting() -> int:
    """Whoever has migrated has all of them recorded, replaced ones too. Django's executor would import
    every one, and a process that is asked whether it is ready keeps those 4 MB."""
    return len(shipped() - MigrationRecorder(connection).applied_migrations().keys())


@cache
def shipped() -> frozenset[tuple[str, str]]:
    """App label and name of each migration that comes with the code."""
    return frozenset((app.label, name) for app in apps.get_app_configs() for name in _names(app.label))


def _names(label: str) -> list[str]:
    package, _explicit = MigrationLoader.migrations_module(label)
    found = find_spec(package) if package else None
    places = found.submodule_search_locations if found else None
    return [each.name for each in iter_modules(places or []) if not each.ispkg and each.name[0] not in "_~"]
