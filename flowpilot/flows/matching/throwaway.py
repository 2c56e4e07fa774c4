"""A library that only this connection sees: temporary tables under the product's names, which hide the
product's own. The server drops them when the connection ends, be it by SIGKILL, so nobody is left anything.

To be used as the role that owns the tables.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final
from uuid import UUID

from django.db import DataError, connection, transaction

from flowpilot.core.db.grants import EVERYTHING
from flowpilot.core.ids import uuid7
from flowpilot.core.scope import account_scope
from flowpilot.core.tenancy import policed
from flowpilot.flows.matching.library import LIBRARY
from flowpilot.flows.models import Flow, FlowVersion

_HIDDEN: Final = tuple(
    model._meta.db_table for model in (Flow, FlowVersion, LIBRARY.documents, LIBRARY.postings)
)
_MEMORY: Final = "SET temp_buffers = '256MB'"
"""What the embedded server's shared buffers are: temporary tables do not use those."""


@contextmanager
def throwaway_account() -> Iterator[UUID]:
    """The key of an account that does not exist, for the length of a block in which flows, their versions
    and what is indexed of them are those of the block alone. Closes the connection at its end."""
    try:
        _hide()
        account_id = uuid7()
        with account_scope(account_id):
            yield account_id
    finally:
        connection.close()


def gather_statistics() -> None:
    """As autovacuum would a minute after the rows were written, which it does not do for these tables."""
    with connection.cursor() as cursor:
        for table in _HIDDEN:
            cursor.execute(f"VACUUM (ANALYZE) {_quoted(table)}")


def serve_as_the_product() -> None:
    """From here to the end of the block the policies hold, where this role may become the app role: what is
    measured is what a request takes."""
    role = connection.settings_dict["USER"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_has_role(current_user, %s, 'SET')", [role])
        if cursor.fetchone()[0]:
            cursor.execute(f"SET ROLE {_quoted(role)}")


@transaction.atomic
def _hide() -> None:
    """With the columns, indexes and policies of the product's tables, but without keys and triggers."""
    may = ", ".join(EVERYTHING)
    role = _quoted(connection.settings_dict["USER"])
    with connection.cursor() as cursor:
        with suppress(DataError), transaction.atomic():  # refused after a connection's first temporary table
            cursor.execute(_MEMORY)
        for table in _HIDDEN:
            cursor.execute(f"CREATE TEMPORARY TABLE {_quoted(table)} (LIKE {_quoted(table)} INCLUDING ALL)")
            cursor.execute(f"GRANT {may} ON {_quoted(table)} TO {role}")
            for statement in policed(table):
                cursor.execute(statement)


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
