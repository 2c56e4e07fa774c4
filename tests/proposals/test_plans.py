"""What the job asks for each batch is answered by an index for each row, also in an account that the planner
knows nothing of yet: as a join it reads all that the account has for each of them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from proposals import actions
from proposals.runs import waiting
from tests.factories import Cast, make_resolved


@pytest.fixture(autouse=True)
def _rows_are_not_read_one_after_the_other(db: None) -> None:
    """Tables of tests are so small that PostgreSQL would rather read them whole. What it counted
    in other tests does not matter: of a table just emptied it knows nothing."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE proposals_sessionanalysis CASCADE")
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")


def parts_of(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", []):
        yield from parts_of(part)


def explained(asked: CaptureQueriesContext, words: str) -> list[dict[str, Any]]:
    """The parts of the plan of the first of these questions that has the words."""
    question = next(query["sql"] for query in asked.captured_queries if words in query["sql"])
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {question}")
        (told,) = cursor.fetchone()
    return list(parts_of((told if isinstance(told, list) else json.loads(told))[0]["Plan"]))


def looked_up_in(parts: list[dict[str, Any]]) -> str:
    """The index by which analyses are found; "" where they are joined."""
    if any(part["Node Type"] == "Nested Loop" or "Join" in part["Node Type"] for part in parts):
        return ""
    found = [part for part in parts if part.get("Relation Name") == "proposals_sessionanalysis"]
    return str(found[0].get("Index Name", ""))


def test_a_claim_looks_each_session_up(cast: Cast) -> None:
    make_resolved(cast)
    with CaptureQueriesContext(connection) as asked:
        claim = actions.claim(cast.account.pk, limit=5)

    assert len(claim.sessions) == 1
    assert looked_up_in(explained(asked, "NOT EXISTS")) == "one_analysis_per_resolution"


def test_what_waits_is_counted_by_looking_each_session_up(cast: Cast) -> None:
    make_resolved(cast)
    with CaptureQueriesContext(connection) as asked:
        line = waiting(cast.account.pk, at_work=False)

    assert line.ready.number == 1
    assert looked_up_in(explained(asked, "NOT EXISTS")) == "one_analysis_per_resolution"
