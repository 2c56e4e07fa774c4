"""Many requests of two accounts over few connections, some of which fail; and what the resets are for."""

import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import pytest
from django.db import DatabaseError, connections
from django.db.utils import ConnectionHandler
from pytest_django import DjangoDbBlocker

from flowpilot.accounts.models import Account
from flowpilot.core.db.base import DatabaseWrapper
from flowpilot.core.db.setting import AccountSetting
from flowpilot.core.scope import account_scope
from tests.factories import make_cast, make_session

THREADS, CONNECTIONS = 8, 4
ROWS = 5


class WorkFails(Exception):
    """What an engine, a vendor or a rule may raise in the middle of a transaction."""


@pytest.fixture
def accounts(transactional_db: None) -> list[Account]:
    """Two accounts, each with a few rows, committed: every connection sees them."""
    casts = [make_cast("acme"), make_cast("rival")]
    for cast in casts:
        for _number in range(ROWS):
            make_session(cast)
    return [cast.account for cast in casts]


@pytest.fixture
def pooled(accounts: list[Account], django_db_blocker: DjangoDbBlocker) -> Iterator[ConnectionHandler]:
    """The database through the product's own backend, as the app role, over a pool of four."""
    settings: dict[str, Any] = {
        **connections["default"].settings_dict,
        "ENGINE": "flowpilot.core.db",
        "OPTIONS": {"pool": {"min_size": 1, "max_size": CONNECTIONS, "timeout": 60}},
    }
    handler = ConnectionHandler({"default": settings})
    yield handler
    wrapper = handler["default"]
    assert isinstance(wrapper, DatabaseWrapper)
    wrapper.close()
    wrapper.close_pool()


def read(connection: Any, account: Account) -> Counter[str]:
    """One look at the table: whose rows it shows."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT account_id FROM ai_sessions")
        rows = [row[0] for row in cursor.fetchall()]
    own = sum(row == account.pk for row in rows)
    return Counter(own=own, foreign=len(rows) - own, reads=1)


def request(handler: ConnectionHandler, account: Account, kind: int) -> Counter[str]:
    """One request: it opens the scope, works, perhaps fails on the way, and gives its connection back."""
    connection: Any = handler["default"]
    seen: Counter[str] = Counter()
    try:
        with account_scope(account.pk):
            if kind == 1:
                seen += fails(connection, account, WorkFails)
            if kind == 2:
                seen += fails(connection, account, DatabaseError)
            if kind == 3:
                seen += fails_within(connection, account)
            seen += read(connection, account)
        if kind == 4:
            seen += nobody(connection)
    finally:
        connection.close()
    return seen


def fails(connection: Any, account: Account, how: type[Exception]) -> Counter[str]:
    """A transaction that is rolled back, by the program or because the database refuses a statement."""
    seen: Counter[str] = Counter()
    connection.set_autocommit(False)
    try:
        seen += read(connection, account)
        if how is WorkFails:
            raise WorkFails
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")
    except (WorkFails, DatabaseError):
        connection.rollback()
    connection.set_autocommit(True)
    return seen


def fails_within(connection: Any, account: Account) -> Counter[str]:
    """A savepoint that is rolled back, after which the transaction goes on."""
    connection.set_autocommit(False)
    savepoint = connection.savepoint()
    seen = read(connection, account)
    connection.savepoint_rollback(savepoint)
    seen += read(connection, account)
    connection.commit()
    connection.set_autocommit(True)
    return seen


def nobody(connection: Any) -> Counter[str]:
    """A read that the program forgot to open a scope for."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT account_id FROM ai_sessions")
            return Counter(foreign=len(cursor.fetchall()))
    except DatabaseError:
        return Counter(refused=1)


def hammer(handler: ConnectionHandler, accounts: list[Account], number: int) -> Counter[str]:
    """`number` requests from eight threads, in an order that only the threads decide."""
    choices = Random(7)
    wanted = [(choices.choice(accounts), choices.randrange(5)) for _number in range(number)]
    with ThreadPoolExecutor(THREADS) as pool:
        answers = pool.map(lambda each: request(handler, *each), wanted)
        return sum(answers, Counter())


def test_400_requests_see_no_row_of_the_other_account(
    pooled: ConnectionHandler, accounts: list[Account]
) -> None:
    seen = hammer(pooled, accounts, 400)

    assert seen["foreign"] == 0
    assert seen["own"] == ROWS * seen["reads"]
    assert seen["refused"] > 0


@pytest.mark.soak
def test_4000_requests_see_no_row_of_the_other_account(
    pooled: ConnectionHandler, accounts: list[Account]
) -> None:
    number = int(os.environ.get("FLOWPILOT_SOAK_REQUESTS", "4000"))

    seen = hammer(pooled, accounts, number)

    assert seen["foreign"] == 0
    assert seen["own"] == ROWS * seen["reads"]


def failing_jobs(handler: ConnectionHandler, accounts: list[Account]) -> int:
    """A job that goes through the accounts by turns; in the second one its work fails each time. Returns how
    often, of fifty failures, what it read afterwards was not the account's own."""
    connection: Any = handler["default"]
    works, breaks = accounts
    leaks = 0
    for _turn in range(50):
        with account_scope(works.pk):
            read(connection, works)
        with account_scope(breaks.pk):
            fails(connection, breaks, WorkFails)
            leaks += read(connection, breaks)["foreign"] > 0
    connection.close()
    return leaks


def test_what_is_read_after_a_failure_is_the_accounts_own(
    pooled: ConnectionHandler, accounts: list[Account]
) -> None:
    assert failing_jobs(pooled, accounts) == 0


def test_without_the_reset_after_a_rollback_each_failure_would_leak(
    pooled: ConnectionHandler, accounts: list[Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AccountSetting, "forget", lambda setting: None)

    assert failing_jobs(pooled, accounts) == 50


def taking_turns(settings: dict[str, Any], accounts: list[Account]) -> int:
    """Two users of one pooled connection by turns; returns how many of fifty reads saw the other's rows."""
    users = [ConnectionHandler({"default": settings})["default"] for _account in accounts]
    leaks = 0
    for _turn in range(25):
        for connection, account in zip(users, accounts, strict=True):
            with account_scope(account.pk):
                leaks += read(connection, account)["foreign"] > 0
            connection.close()
    return leaks


def one_connection(handler: ConnectionHandler) -> dict[str, Any]:
    settings: dict[str, Any] = handler["default"].settings_dict
    return {**settings, "OPTIONS": {"pool": {"min_size": 1, "max_size": 1, "timeout": 60}}}


def test_a_connection_from_the_pool_begins_anew(pooled: ConnectionHandler, accounts: list[Account]) -> None:
    assert taking_turns(one_connection(pooled), accounts) == 0


def test_without_the_reset_at_the_checkout_each_turn_would_leak(
    pooled: ConnectionHandler, accounts: list[Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DatabaseWrapper, "new_account_setting", lambda wrapper: wrapper.account_setting)

    assert taking_turns(one_connection(pooled), accounts) == 24, "the second one always finds what it left"
