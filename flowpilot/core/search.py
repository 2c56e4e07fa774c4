"""What people type into a search box, as PostgreSQL takes it, and the functions that search with it.

Under row-level security no full-text index is used: the database must look at the account of a row before
it lets an operator see its text that might tell of it. A function of the owner's, whom the policies do not
hold, uses the index and checks the account itself.
"""

import re

from django.contrib.postgres.search import SearchQuery
from django.db.migrations import RunSQL
from django.db.models import Func, UUIDField

SEARCH_LENGTH = 200
"""Characters that a search may have; a filter says so when there are more."""

_NO_EXCLUSION = re.compile(r"-(?![\w\"])")


def search_query(text: str) -> SearchQuery:
    """Words, "phrases", `or` and -exclusions, in English.

    PostgreSQL stacks minus signs until a word follows, and fails at some thirty: only those that have their
    word right behind them get there.
    """
    return SearchQuery(_NO_EXCLUSION.sub(" ", text), config="english", search_type="websearch")


class Found(Func):
    """Keys of the account's rows that a search function finds: `rows.filter(pk__in=Found(name, text))`."""

    template = "(SELECT %(function)s(%(expressions)s))"
    output_field = UUIDField()

    def __init__(self, function: str, text: str) -> None:
        super().__init__(search_query(text), function=function)


def search_function(name: str, *, table: str, words: str) -> RunSQL:
    """A migration operation: the function `name`, which looks for a query in `words` of a tenant table.

    `words` is the expression of the table's full-text index, letter for letter; another is not found by it.
    """
    body = f"""
        SELECT id FROM {table}
         WHERE account_id = (SELECT flowpilot_account()) AND {words} @@ sought
    """  # noqa: S608 of our own migrations
    # Its cost keeps the planner from asking it again for each row that the other filters let through.
    # It sees no schema but ours: whoever calls a function of the owner's must not choose what its names mean.
    return RunSQL(
        f"""
        DO $do$ BEGIN EXECUTE format($format$
            CREATE FUNCTION {name}(sought tsquery) RETURNS SETOF uuid
            LANGUAGE sql STABLE PARALLEL SAFE COST 40000 ROWS 100
            SECURITY DEFINER SET search_path = %I, pg_temp
            AS $body${body}$body$
        $format$, current_schema()); END $do$
        """,
        f"DROP FUNCTION {name}(tsquery)",
    )
