"""What the database's catalogue says of a tenant table, and what it lacks."""

from collections.abc import Iterator
from typing import Any

from django.db import connection, models

from flowpilot.core.tenancy import POLICY, key_name, keys_within_account

SECURED = """
SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = %s::regclass
"""
POLICIES = """
SELECT polname, polcmd::text, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)
  FROM pg_policy WHERE polrelid = %s::regclass
"""
KEYS = """
SELECT conname, ARRAY(SELECT attname::text FROM unnest(conkey) WITH ORDINALITY AS key(number, place)
                        JOIN pg_attribute ON attrelid = conrelid AND attnum = key.number ORDER BY place)
  FROM pg_constraint WHERE contype = 'f' AND conrelid = %s::regclass
"""
VIEWS = """
SELECT relname, relkind::text FROM pg_class
 WHERE relnamespace = current_schema()::regnamespace
   AND (relkind = 'm' OR relkind = 'v' AND NOT coalesce(reloptions, '{}') @> '{security_invoker=true}')
"""
OWN = "(account_id = flowpilot_account())"
LINE = "add TenantTable({name!r}) of flowpilot.core.tenancy to the operations of its migration"


def lacking(model: type[models.Model]) -> list[str]:
    """What is missing on the table of a tenant-owned model, each with what to do about it."""
    table, name = model._meta.db_table, model.__name__
    todo = LINE.format(name=name)
    if not _secured(table):
        return [f"{name}: no row-level security on {table}; {todo}."]
    found = []
    if _asked(POLICIES, table) != [(POLICY, "*", OWN, OWN)]:
        found.append(f"{name}: the policy of {table} does not hold for every statement and write; {todo}.")
    keys = dict(_asked(KEYS, table))
    found += [
        f"{name}.{field.name}: a key to another account's row would be taken; {todo}."
        for field in keys_within_account(model)
        if keys.get(key_name(table, field.column)) != ["account_id", field.column]
    ]
    return found


def views_past_the_policies() -> list[str]:
    """Views that show rows of every account to whoever may read them."""
    with connection.cursor() as cursor:
        cursor.execute(VIEWS)
        return [_about(*row) for row in cursor.fetchall()]


def _about(view: str, kind: str) -> str:
    if kind == "m":
        return f"{view}: policies do not reach a materialised view; fill a tenant table instead."
    return f"{view}: it reads as its owner; make it WITH (security_invoker = true)."


def _secured(table: str) -> bool:
    """On, and not forced: migrations of the owner see every row."""
    return _asked(SECURED, table) == [(True, False)]


def _asked(question: str, table: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(question, [table])
        return cursor.fetchall()


def tables_with_an_account() -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.columns"
            " WHERE table_schema = current_schema() AND column_name = 'account_id'"
        )
        yield from (name for (name,) in cursor.fetchall())
