"""Rows of a model, written in bulk."""

from collections.abc import Iterable
from typing import Any

from django.db import connection, models

Row = dict[str, Any]


class Table:
    """A table that takes rows as dictionaries by column attribute; what is left out has its default.

    JSON comes as text: most of it is the same in many rows.
    """

    def __init__(self, model: type[models.Model], **common: Any) -> None:
        fields = model._meta.concrete_fields
        self._name = connection.ops.quote_name(model._meta.db_table)
        self._way = connection.ops.quote_name(f"load_{model._meta.db_table}")
        self._columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
        self._attributes = [field.attname for field in fields]
        plain = {field.attname: _default(field) for field in fields}
        if unknown := common.keys() - plain.keys():
            raise ValueError(f"{model.__name__} has no {sorted(unknown)}")
        self._common = plain | common

    def write(self, rows: Iterable[Row]) -> None:
        """COPY the rows, within a transaction; policies, constraints and triggers are those of an INSERT.

        By way of a table of our own: COPY does not go into one that has row-level security.
        """
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE TEMP TABLE IF NOT EXISTS {self._way} (LIKE {self._name}) ON COMMIT DROP")
            with cursor.copy(f"COPY {self._way} ({self._columns}) FROM STDIN") as copy:
                for row in rows:
                    whole = self._common | row
                    copy.write_row([whole[name] for name in self._attributes])
            columns = f"{self._name} ({self._columns})"
            cursor.execute(f"INSERT INTO {columns} SELECT {self._columns} FROM {self._way}")  # noqa: S608
            cursor.execute(f"TRUNCATE {self._way}")


def _default(field: Any) -> Any:
    """A constant default; None for one that is made anew for each row, or where there is none."""
    if isinstance(field, models.JSONField):
        return None if field.null else ("[]" if field.default is list else "{}")
    if not field.has_default():
        return "" if field.empty_strings_allowed and not field.null else None
    return None if callable(field.default) else field.default
