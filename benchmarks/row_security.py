"""What row-level security costs: the same statement with and without it, in turn, median of many.

    .venv/bin/python benchmarks/row_security.py [--accounts 30] [--sessions 2000] [--rounds 300]

"Without" is the owner of the tables, whom the policies do not hold; both ask through the product's own
backend, over connections that stay open. Prints microseconds as JSON.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any
from uuid import UUID

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import django  # noqa: E402

from flowpilot.core.postgres import throwaway_home  # noqa: E402

os.environ |= {
    "FLOWPILOT_HOME": str(throwaway_home()),
    "DATABASE_URL": "",
    "DJANGO_SETTINGS_MODULE": "flowpilot.settings",
}
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connections  # noqa: E402
from django.db.models import QuerySet  # noqa: E402
from django.db.utils import ConnectionHandler  # noqa: E402

from flowpilot.accounts.models import Account, User  # noqa: E402
from flowpilot.core.scope import account_scope  # noqa: E402
from flowpilot.core.search import Found, search_query  # noqa: E402
from sessions.models import PROBLEM_SEARCH, AISession, AISessionStep  # noqa: E402

WORDS = (
    "printer",
    "mailbox",
    "tunnel",
    "password",
    "backup",
    "spooler",
    "licence",
    "scanner",
    "calendar",
    "share",
)
FILL = """
INSERT INTO ai_sessions (id, account_id, created_at, user_id, intake_type, intake_content, problem_summary,
    status, confidence_tier, confidence_score, resolution_no, step_count, total_input_tokens,
    total_output_tokens, conversation_messages, updated_at, source, external_id, escalation_destination)
SELECT gen_random_uuid(), %(account)s, now() - n * interval '1 minute', %(user)s, 'free_text', '{}',
       (%(words)s::text[])[1 + n %% 10] || ' fails with code ' || n, 'active',
       'discovery', 0, 0, 0, 0, 0, '[]', now(), '', '', ''
  FROM generate_series(1, %(sessions)s) AS n
"""
STEPS = """
INSERT INTO ai_sessions_aisessionstep (id, account_id, created_at, session_id, step_order, kind, source,
    node_id, title, body, options, chosen_option, response, outcome, tokens)
SELECT gen_random_uuid(), account_id, created_at, id, n, 'action', 'engineer',
       '', 'Restart it', '', '[]', '', '', '', 0
  FROM ai_sessions, generate_series(1, 3) AS n WHERE account_id = %(account)s
"""


def fill(owner: Any, accounts: int, sessions: int) -> list[UUID]:
    """Accounts of the same size, all with the same words."""
    made = []
    for number in range(accounts):
        account = Account.objects.create(name=f"Account {number}", slug=f"account-{number}")
        user = User.objects.create_user(f"user@account{number}.example", name="User", account=account)
        given = {"account": account.pk, "user": user.pk, "words": list(WORDS), "sessions": sessions}
        with owner.cursor() as cursor:
            cursor.execute(FILL, given)
            cursor.execute(STEPS, given)
        made.append(account.pk)
    with owner.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE ai_sessions")
        cursor.execute("VACUUM ANALYZE ai_sessions_aisessionstep")
    return made


def questions(account: UUID) -> dict[str, QuerySet[Any]]:
    """As the product asks: each with its own filter on the account, which the policy repeats."""
    own = AISession.objects.for_account(account)
    newest = own.order_by("-created_at", "-id")
    some = newest[777]
    return {
        "get": own.filter(pk=some.pk),
        "list of 25": newest[:25],
        "count": own.order_by().values("pk"),
        "join": AISessionStep.objects.filter(session__account=account, session__problem_domain__isnull=True)
        .select_related("session")
        .order_by("-session__created_at", "step_order")[:75],
    }


def timed(ask: Callable[[], object]) -> float:
    began = perf_counter()
    ask()
    return perf_counter() - began


def asker(connection: Any, statement: str, parameters: Any) -> Callable[[], object]:
    def ask() -> object:
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return cursor.fetchall()

    return ask


def paired(rounds: int, **ways: Callable[[], object]) -> dict[str, float]:
    """Each way once in a round, so that whatever else the machine does meets all of them."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for ask in ways.values():
        ask()
    for _round in range(rounds):
        for name, ask in ways.items():
            seconds[name].append(timed(ask))
    return {name: round(median(taken) * 1e6) for name, taken in seconds.items()}


def counting(statement: str) -> str:
    return f"SELECT count(*) FROM ({statement}) AS counted"


def measure(arguments: argparse.Namespace) -> dict[str, object]:
    call_command("migrate", verbosity=0)
    app: Any = connections["default"]
    owner: Any = ConnectionHandler({"default": app.settings_dict})["default"]
    owner.is_owner = True
    accounts = fill(owner, arguments.accounts, arguments.sessions)
    result: dict[str, object] = {"accounts": arguments.accounts, "sessions_each": arguments.sessions}
    with account_scope(accounts[-1]):
        for name, rows in questions(accounts[-1]).items():
            statement, parameters = rows.query.sql_with_params()
            statement = counting(statement) if name == "count" else statement
            result[name] = paired(
                arguments.rounds,
                without=asker(owner, statement, parameters),
                with_policies=asker(app, statement, parameters),
            )
        result["full text"] = full_text(app, owner, accounts[-1], arguments.rounds)
    result["change of account"] = changes(app, accounts, arguments.rounds)
    return result


def full_text(app: Any, owner: Any, account: UUID, rounds: int) -> dict[str, float]:
    """One session of many is meant, and the newest 25 are asked for, as on the screen."""
    newest = AISession.objects.for_account(account).order_by("-created_at", "-id")
    plain = newest.annotate(words=PROBLEM_SEARCH).filter(words=search_query("tunnel 1002"))[:25]
    found = newest.filter(pk__in=Found("sessions_found", "tunnel 1002"))[:25]
    return paired(
        rounds,
        without=asker(owner, *plain.query.sql_with_params()),
        with_policies_operator=asker(app, *plain.query.sql_with_params()),
        with_policies_function=asker(app, *found.query.sql_with_params()),
    )


def changes(app: Any, accounts: list[UUID], rounds: int) -> dict[str, float]:
    """The first statement of a scope carries the setting; before, it went in a message of its own."""

    def read(account: UUID, *, tell_first: bool = False) -> Callable[[], object]:
        def ask() -> object:
            with account_scope(account), app.cursor() as cursor:
                if tell_first:
                    cursor.execute("SHOW app.account_id")
                cursor.execute("SELECT 1")
                return cursor.fetchall()

        return ask

    same, one, other = read(accounts[0]), read(accounts[0]), read(accounts[1])
    with account_scope(accounts[0]):
        unchanged = paired(rounds, same_account=same)
    alternating = paired(rounds, first=one, second=other)
    return {**unchanged, "another_account": max(alternating.values())}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--accounts", type=int, default=30)
    parser.add_argument("--sessions", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=300)
    print(json.dumps(measure(parser.parse_args()), indent=2))


if __name__ == "__main__":
    main()
