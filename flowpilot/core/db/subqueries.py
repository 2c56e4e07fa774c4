"""Subqueries that are answered as they are written."""

from django.db.models import Exists


class ExistsRowByRow(Exists):
    """`Exists` that is asked of each row, by an index. `OFFSET` keeps PostgreSQL from making a join of it:
    there the planner, while it knows nothing of a new account yet, compares each row with all that it has.
    """

    template = "EXISTS(%(subquery)s OFFSET 0)"
