"""Django's `migrate`, as the role that owns the tables; the app role may use what it made."""

from typing import Any

from django.core.management.commands import migrate
from django.db import connections

from flowpilot.core.db.base import DatabaseWrapper
from flowpilot.core.db.grants import grant


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        assert isinstance(connection, DatabaseWrapper)
        with connection.acting_as_owner():
            super().handle(*args, **options)
            grant(connection, connection.settings_dict["USER"])
