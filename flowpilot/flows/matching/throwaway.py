"""An account that never comes to be: written in one transaction that is rolled back, so that nothing stays
even if the process dies. To be used as the role that owns the tables: only it may gather statistics."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

from django.db import connection, transaction

from flowpilot.accounts.models import Account
from flowpilot.core.scope import account_scope
from flowpilot.flows.matching.library import LIBRARY
from flowpilot.flows.models import Flow, FlowVersion

_WRITTEN: tuple[str, ...] = tuple(
    model._meta.db_table for model in (Flow, FlowVersion, LIBRARY.documents, LIBRARY.postings)
)


@contextmanager
def throwaway_account() -> Iterator[UUID]:
    """An account for the length of a block; its rows are never committed, and their space is given back."""
    try:
        with transaction.atomic():
            account = Account.objects.create(name="Trial", slug=f"trial-{uuid4().hex}")
            with account_scope(account.pk):
                yield account.pk
            transaction.set_rollback(True)
    finally:
        _tell_the_tables("VACUUM (ANALYZE)")  # sizes as the planner knows them are not rolled back


def gather_statistics() -> None:
    """As autovacuum would a minute after the rows were written."""
    _tell_the_tables("ANALYZE")


def serve_as_the_product() -> None:
    """From here to the end of the transaction the policies hold, where this role may become the app role:
    what is measured is what a request takes."""
    with connection.cursor() as cursor:
        role = connection.settings_dict["USER"]
        cursor.execute("SELECT pg_has_role(current_user, %s, 'SET')", [role])
        if cursor.fetchone()[0]:
            cursor.execute(f"SET LOCAL ROLE {connection.ops.quote_name(role)}")


def _tell_the_tables(verb: str) -> None:
    with connection.cursor() as cursor:
        for table in _WRITTEN:
            cursor.execute(f"{verb} {connection.ops.quote_name(table)}")
