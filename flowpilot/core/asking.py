"""Single values that a request will need, asked for in one statement by whoever needs the first of them.

A round trip costs more than most of these values. What is known to be needed later is expected as early as
possible; where nobody expected anything, each value is a statement as it would be anyway.
"""

from collections.abc import Hashable
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

Scalar = tuple[str, tuple[Any, ...]]
"""An SQL expression and what is bound in it."""
NOTHING: Scalar = ("NULL", ())


def subquery(rows: QuerySet[Any, Any], around: str = "({})", otherwise: Scalar = NOTHING) -> Scalar:
    """The rows' statement within an expression; `otherwise` of rows that the ORM knows to be none."""
    try:
        statement, values = rows.query.sql_with_params()
    except EmptyResultSet:
        return otherwise
    return around.format(statement), values


class Asked:
    """Values by name. An answer is given out once: who expects it again asks anew."""

    def __init__(self) -> None:
        self._expected: dict[Hashable, Scalar] = {}
        self._answers: dict[Hashable, Any] = {}

    def expect(self, name: Hashable, scalar: Scalar) -> None:
        if name not in self._answers:
            self._expected.setdefault(name, scalar)

    def answer(self, name: Hashable) -> Any:
        """Of what was expected; raises KeyError for anything else."""
        if name in self._expected:
            self._ask()
        return self._answers.pop(name)

    def _ask(self) -> None:
        expected, self._expected = self._expected, {}
        statement = ", ".join(part for part, _values in expected.values())
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {statement}",  # noqa: S608 of the ORM and of our own
                [value for _part, values in expected.values() for value in values],
            )
            self._answers.update(zip(expected, cursor.fetchone(), strict=True))


def asked_by(request: Any) -> Asked:
    """The values of a request: one collection, however many ask."""
    there: Asked | None = getattr(request, "asked_together", None)
    if there is None:
        there = request.asked_together = Asked()
    return there
