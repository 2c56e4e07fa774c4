"""What FlowPilot asks of the server, as a database check: `manage.py check --database default`."""

from typing import Any

from django.core.checks import CheckMessage, Error
from django.db import Error as DatabaseError
from django.db.backends.base.validation import BaseDatabaseValidation

from flowpilot.core.db.refusals import UnsafeRole

OLDEST_MAJOR = 15


class DatabaseValidation(BaseDatabaseValidation):
    def check(self, **kwargs: Any) -> list[CheckMessage]:
        try:
            with self.connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'vector'")
                has_vector = cursor.fetchone() is not None
        except UnsafeRole as error:
            return [Error(str(error), id="flowpilot.E004")]
        except DatabaseError as error:
            reason = " ".join(str(error).split())
            return [Error(f"The database cannot be reached: {reason}", id="flowpilot.E001")]
        found = [*super().check(**kwargs)]
        major = self.connection.get_database_version()[0]
        if major < OLDEST_MAJOR:
            found.append(_too_old(major))
        if not has_vector:
            found.append(_no_vector(self.connection.settings_dict["NAME"]))
        return found


def _too_old(major: int) -> Error:
    return Error(
        f"The database server is PostgreSQL {major}; FlowPilot needs {OLDEST_MAJOR} or newer: "
        "upgrade it, or unset DATABASE_URL to use the embedded one.",
        id="flowpilot.E002",
    )


def _no_vector(database: str) -> Error:
    return Error(
        f"The database {database!r} has no extension pgvector: install it on the server and run "
        "CREATE EXTENSION vector in the database as a superuser.",
        id="flowpilot.E003",
    )
