"""What people type into a search box, as PostgreSQL takes it, and the functions that search with it.

Under row-level security no full-text index is used: the database must look at the account of a row before
it lets an operator see its text that might tell of it. A function of the owner's, whom the policies do not
hold, uses the index and checks the account itself.
"""

import re
from typing import Any, Final

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.migrations import RunSQL
from django.db.models import Func, QuerySet, UUIDField, Value

from flowpilot.core.asking import Asked

SEARCH_LENGTH = 200
"""Characters that a search may have; a filter says so when there are more."""

KEYS_AT_MOST: Final = 5000
"""Rows of which a search looks up all before it reads a page of them."""

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


class _Keys(Func):
    """Keys that are known: `rows.filter(pk__in=_Keys(Value("{…}")))`, however many there are."""

    template = "(SELECT unnest((%(expressions)s)::uuid[]))"
    output_field = UUIDField()


def expect_keys(asked: Asked, function: str, text: str) -> None:
    """For who knows that `searched` will be called, and asks for other values before."""
    keys = f"{function}(websearch_to_tsquery('english', %s), %s)::text"
    asked.expect((function, text), (keys, (_NO_EXCLUSION.sub(" ", text), KEYS_AT_MOST)))


def searched(
    rows: QuerySet[Any], function: str, words: SearchVector, text: str, *, asked: Asked | None = None
) -> QuerySet[Any]:
    """The rows in which a search finds something, quickly in any order of them; `function` is of
    `search_keys`. `asked`: where its keys may have been expected.

    Of rare words the index tells all rows, once. Common ones are in so many that the rows are looked through
    instead: a page is full before long.
    """
    asked = asked or Asked()
    expect_keys(asked, function, text)
    keys = asked.answer((function, text))
    if keys is not None:
        return rows.filter(pk__in=_Keys(Value(keys)))
    return rows.alias(searched_words=words).filter(searched_words=search_query(text))


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


def search_keys(name: str, *, found: str, table: str, words: str, index: str, among: str) -> RunSQL:
    """A migration operation: the function `name`, which tells the keys that `found` (of `search_function`)
    finds, or NULL where they are so many that looking through the list is shorter.

    Which way is shorter knows the planner, whom no policy holds here: it is asked how it would find the first
    rows `among` which the list is read, whose order has an index, too: by `index`, the full-text one, or not.
    Ten pages of them, for it thinks reading words cheaper than it is.
    """
    rows = f"""
        SELECT id FROM {table} WHERE account_id = %%L AND {among} AND {words} @@ %%L::tsquery
         ORDER BY created_at DESC, id DESC LIMIT 250
    """  # noqa: S608 of our own migrations
    body = f"""
        DECLARE plan json; keys uuid[];
        BEGIN
            EXECUTE format($q$EXPLAIN (FORMAT JSON) {rows}$q$, flowpilot_account(), sought::text) INTO plan;
            IF plan::text NOT LIKE '%%"{index}"%%' THEN
                RETURN NULL;
            END IF;
            SELECT coalesce(array_agg(key), '{{}}') INTO keys
              FROM (SELECT {found}(sought) AS key LIMIT most) AS few;
            RETURN CASE WHEN cardinality(keys) < most THEN keys END;
        END
    """  # noqa: S608 of our own migrations
    return RunSQL(
        f"""
        DO $do$ BEGIN EXECUTE format($format$
            CREATE FUNCTION {name}(sought tsquery, most integer) RETURNS uuid[]
            LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = %I, pg_temp
            AS $body${body}$body$
        $format$, current_schema()); END $do$
        """,
        f"DROP FUNCTION {name}(tsquery, integer)",
    )
