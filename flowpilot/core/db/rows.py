"""Many rows of one table in one statement with one parameter.

`bulk_create` binds a parameter for each column of each row, in Python, and arrays item by item: for rows of
forty columns that takes longer than the database does. Here the rows go as one JSON text.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Field, Model
from django.utils.functional import Promise

INSERT = (
    "INSERT INTO {table} ({columns}) SELECT {columns} FROM json_to_recordset(%s::json) AS given ({typed})"
)
UPDATE = (
    "UPDATE {table} AS stored SET {set} FROM json_to_recordset(%s::json) AS given ({typed})"
    " WHERE stored.{key} = given.{key}"
)


def insert_rows(rows: Sequence[Model]) -> None:
    """Insert new rows of one model, all or none. A JSON field that holds None becomes NULL."""
    if rows:
        fields = rows[0]._meta.concrete_fields
        _run(INSERT.format(table=_table(rows), columns=_columns(fields), typed=_typed(fields)), rows, fields)


def update_rows(rows: Sequence[Model], names: Collection[str]) -> None:
    """Write these fields of rows that exist, as `bulk_update` does."""
    if rows:
        options: Any = rows[0]._meta
        changed = [options.get_field(name) for name in names]
        fields = [options.pk, *changed]
        assignments = ", ".join(f"{_name(field)} = given.{_name(field)}" for field in changed)
        key = _name(options.pk)
        _run(UPDATE.format(table=_table(rows), set=assignments, key=key, typed=_typed(fields)), rows, fields)


def uuid_array(ids: Iterable[UUID | None]) -> str:
    """PostgreSQL's text of a uuid[], for `%s::uuid[]`: the driver's own way goes item by item."""
    return "{" + ",".join("NULL" if pk is None else pk.hex for pk in ids) + "}"


def _run(statement: str, rows: Sequence[Model], fields: Sequence[Any]) -> None:
    given = [{field.column: field.pre_save(row, False) for field in fields} for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(statement, [json.dumps(given, ensure_ascii=False, default=_as_text)])


def _as_text(value: object) -> str:
    if isinstance(value, UUID | datetime | Promise):
        return str(value)
    raise TypeError(f"a {type(value).__name__} has no JSON")


def _table(rows: Sequence[Model]) -> str:
    return connection.ops.quote_name(rows[0]._meta.db_table)


def _name(field: Field[Any, Any]) -> str:
    return connection.ops.quote_name(str(field.column))


def _columns(fields: Iterable[Field[Any, Any]]) -> str:
    return ", ".join(map(_name, fields))


def _typed(fields: Iterable[Field[Any, Any]]) -> str:
    return ", ".join(f"{_name(field)} {field.db_type(connection)}" for field in fields)
