"""The search functions run as the owner: they check the account themselves, and use the full-text index."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction
from django.db.models import QuerySet

from flowpilot.accounts.models import Account
from flowpilot.core.db.rows import insert_rows
from flowpilot.core.scope import account_scope
from flowpilot.core.search import Found, search_query, searched
from flowpilot.flows.models import Flow
from proposals.models import PROPOSAL_SEARCH, FlowProposal
from sessions.models import PROBLEM_SEARCH, AISession
from tests.database.base import as_the_product
from tests.factories import Cast, make_proposal, make_session, make_version

SEARCHES: list[tuple[type[Any], str, str]] = [
    (AISession, "sessions_found", "session_search"),
    (Flow, "flows_found", "flow_search"),
    (FlowProposal, "proposals_found", "proposal_search"),
]
MANY = 3000
WORD = "Zanzibar"


def fill(cast: Cast) -> None:
    make_session(cast, problem_summary=f"{WORD} prints nothing")
    make_proposal(cast, title=f"{WORD} prints nothing")
    make_version(cast, title=f"{WORD} prints nothing")


@pytest.mark.parametrize(("model", "function", "index"), SEARCHES)
def test_a_search_finds_the_accounts_own_rows(
    cast: Cast, outsiders: Cast, model: type[Any], function: str, index: str
) -> None:
    fill(cast)
    fill(outsiders)

    for account in (cast.account, outsiders.account):
        with account_scope(account.pk), connection.cursor() as cursor:
            found = model.objects.filter(pk__in=Found(function, WORD))
            assert [row.account_id for row in found] == [account.pk]
            cursor.execute(f"SELECT {function}(to_tsquery('english', %s))", [WORD])
            assert cursor.fetchall() == [(found[0].pk,)], "asked by hand it tells no more"


@pytest.mark.parametrize(("model", "function", "index"), SEARCHES)
def test_a_search_without_an_account_is_refused(
    cast: Cast, model: type[Any], function: str, index: str
) -> None:
    fill(cast)

    with as_the_product(), pytest.raises(ProgrammingError, match="No account is set"), transaction.atomic():
        list(model.objects.filter(pk__in=Found(function, WORD)).values("pk"))


@pytest.fixture
def many(cast: Cast, outsiders: Cast) -> Iterator[Account]:
    """Two accounts with many sessions, flows and proposals each."""
    for each in (cast, outsiders):
        fill(each)
        for model, _function, _index in SEARCHES:
            multiply(model, each)
    with connection.cursor() as cursor:
        for model, _function, _index in SEARCHES:
            cursor.execute(f"ANALYZE {model._meta.db_table}")
    with account_scope(cast.account.pk):
        yield cast.account


def multiply(model: type[Any], cast: Cast) -> None:
    """Copies of the account's newest row with other words."""
    row, text = model.objects.filter(account=cast.account).latest("created_at"), "problem_summary"
    values = [field.attname for field in model._meta.concrete_fields]
    text = text if text in values else "title"
    copies = []
    for number in range(MANY):
        given = {name: getattr(row, name) for name in values if name != "id"}
        unique = {"slug": f"copy-{number}", "fingerprint": f"copy-{cast.account.slug}-{number}"}
        given |= {name: value for name, value in unique.items() if name in given}
        copies.append(model(**{**given, text: f"Copy {number} of nothing"}))
    insert_rows(copies)


def indexes_of(plan: dict[str, Any]) -> set[str]:
    own = {plan["Index Name"]} if "Index Name" in plan else set()
    return own.union(*(indexes_of(part) for part in plan.get("Plans", [])))


def nodes_of(plan: dict[str, Any]) -> list[str]:
    return [plan["Node Type"], *(node for part in plan.get("Plans", []) for node in nodes_of(part))]


def plan_of(rows: QuerySet[Any]) -> dict[str, Any]:
    plan: dict[str, Any] = json.loads(rows.explain(format="json"))[0]["Plan"]
    return plan


@pytest.mark.parametrize(("model", "function", "index"), SEARCHES)
def test_the_body_of_a_search_function_reads_the_full_text_index(
    many: Account, model: type[Any], function: str, index: str
) -> None:
    """As its owner runs it; what a function does inside is not in the plan of its caller."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = %s", [function])
        body = cursor.fetchone()[0].replace("sought", f"to_tsquery('english', '{WORD}')")
        cursor.execute("SELECT set_config('role', 'none', true)")
        cursor.execute(f"EXPLAIN (FORMAT json) {body}")
        plan = cursor.fetchone()[0][0]["Plan"]

    assert index in indexes_of(plan)


def test_under_the_policies_the_operator_itself_would_read_the_whole_account(many: Account) -> None:
    """Why there are functions: the index is not used for what is not leakproof."""
    rows = AISession.objects.for_account(many.pk)
    plain = rows.annotate(words=PROBLEM_SEARCH).filter(words=search_query(WORD))

    assert "session_search" not in indexes_of(plan_of(plain))


def test_the_function_is_asked_once_and_its_rows_are_read_by_their_keys(many: Account) -> None:
    rows = AISession.objects.for_account(many.pk).filter(pk__in=Found("sessions_found", WORD))
    plan = plan_of(rows.newest_first()[:25])

    assert "Seq Scan" not in nodes_of(plan)
    assert nodes_of(plan).count("ProjectSet") == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT proname, prosecdef FROM pg_proc WHERE proname LIKE '%%\\_found' ORDER BY 1")
        assert cursor.fetchall() == [(name, True) for name in sorted(each[1] for each in SEARCHES)]


@pytest.mark.parametrize("rows", ["few", "many"])
def test_keys_are_told_where_the_index_is_the_shorter_way(
    cast: Cast, outsiders: Cast, rows: str, request: pytest.FixtureRequest
) -> None:
    """Both ways find the same, and only what is the account's own."""
    if rows == "many":
        request.getfixturevalue("many")
    else:
        fill(cast)
        fill(outsiders)

    with account_scope(cast.account.pk), connection.cursor() as cursor:
        cursor.execute("SELECT proposals_keys(to_tsquery('english', %s), 100) IS NOT NULL", [WORD])
        assert cursor.fetchone()[0] is (rows == "many")
        found = searched(FlowProposal.objects.all(), "proposals_keys", PROPOSAL_SEARCH, WORD)
        assert [row.account_id for row in found] == [cast.account.pk]
        cursor.execute("SELECT proposals_keys(to_tsquery('english', 'nothing'), 100)")
        assert cursor.fetchone()[0] is None, "where there are more than are wanted, no keys are told"
