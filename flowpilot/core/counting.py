"""Numbers beside the links of every page: bounded, so that they never grow with a table, and one query."""

from typing import Any, Final

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

MOST: Final = 999
"""Counting stops here and reads "999+"."""


def counted(**rows: QuerySet[Any]) -> dict[str, int]:
    """How many rows each queryset has, up to `MOST` and one.

    As expressions of a queryset around them they would be resolved again and again, on every page: that takes
    longer than asking the database.
    """
    parts: list[str] = []
    values: list[Any] = []
    for each in rows.values():
        statement, bound = _counting(each)
        parts.append(statement)
        values += bound
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", values)
        return dict(zip(rows, cursor.fetchone(), strict=True))


def _counting(rows: QuerySet[Any]) -> tuple[str, tuple[Any, ...]]:
    """Of rows that the ORM knows to be none, as for people without a team, nothing is asked."""
    try:
        statement, values = rows.order_by().values("pk")[: MOST + 1].query.sql_with_params()
    except EmptyResultSet:
        return "0", ()
    return f"(SELECT COUNT(*) FROM ({statement}) AS counted)", values  # noqa: S608 the ORM's own


def beside(number: int) -> str:
    """What stands beside the link: "", "7" or "999+"."""
    return f"{MOST}+" if number > MOST else str(number or "")
