"""Numbers beside the links of every page: bounded, so that they never grow with a table."""

from typing import Any, Final

from django.db.models import QuerySet

from flowpilot.core.asking import Scalar, subquery

MOST: Final = 999
"""Counting stops here and reads "999+"."""


def counted(rows: QuerySet[Any]) -> Scalar:
    """How many rows a queryset has, up to `MOST` and one.

    As expressions of a queryset around them they would be resolved again and again, on every page: that takes
    longer than asking the database.
    """
    shown = rows.order_by().values("pk")[: MOST + 1]
    return subquery(shown, "(SELECT COUNT(*) FROM ({}) AS counted)", otherwise=("0", ()))


def beside(number: int) -> str:
    """What stands beside the link: "", "7" or "999+"."""
    return f"{MOST}+" if number > MOST else str(number or "")
