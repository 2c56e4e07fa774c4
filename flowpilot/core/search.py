"""What people type into a search box, as PostgreSQL takes it."""

import re

from django.contrib.postgres.search import SearchQuery

SEARCH_LENGTH = 200
"""Characters that a search may have; a filter says so when there are more."""

_NO_EXCLUSION = re.compile(r"-(?![\w\"])")


def search_query(text: str) -> SearchQuery:
    """Words, "phrases", `or` and -exclusions, in English.

    PostgreSQL stacks minus signs until a word follows, and fails at some thirty: only those that have their
    word right behind them get there.
    """
    return SearchQuery(_NO_EXCLUSION.sub(" ", text), config="english", search_type="websearch")
