"""The dashboard over many sessions: how fast its page is, how long counting takes, against counting raw rows.

    manage.py make_load --account big --sessions 100000 --flows 40 --proposals 60
    python -m benchmarks.analytics --account big

Prints one JSON object. Times are of the server's side, by Django's test client, within the one process.
"""

import argparse
import json
import os
import resource
import statistics
from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flowpilot.settings")

import django

django.setup()

from django.conf import settings  # noqa: E402 models can be imported from here on
from django.db import connection, reset_queries  # noqa: E402
from django.db.models import Count  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402

from analytics.actions import rollups  # noqa: E402
from analytics.counting import cut, figures  # noqa: E402
from analytics.dashboard import LATER  # noqa: E402
from analytics.figures import read  # noqa: E402
from analytics.scope import ScopeForm, scope_of  # noqa: E402
from flowpilot.accounts.models import Account, User  # noqa: E402
from flowpilot.core.scope import account_scope  # noqa: E402
from sessions.models import AISession  # noqa: E402

ROUNDS, RAW_ROUNDS = 40, 5


def timed(work: Callable[[], Any], rounds: int) -> dict[str, float]:
    """Milliseconds: median and 95th percentile, after one round that is not counted."""
    work()
    taken = []
    for _round in range(rounds):
        began = perf_counter()
        work()
        taken.append((perf_counter() - began) * 1000)
    taken.sort()
    return {"p50": round(statistics.median(taken), 1), "p95": round(taken[int(len(taken) * 0.95) - 1], 1)}


def rebuilt(account: Account) -> dict[str, float]:
    began = perf_counter()
    rollups.mark_everything(account.pk)
    days = rollups.catch_up(account)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"days": days, "seconds": round(perf_counter() - began, 1), "peak_mb": round(peak)}


def queries_of(client: Client, address: str) -> int:
    settings.DEBUG = True
    reset_queries()
    client.get(address)
    settings.DEBUG = False
    return len(connection.queries)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--account", required=True, metavar="SLUG")
    account = Account.objects.get(slug=parser.parse_args().account)
    settings.ALLOWED_HOSTS = ["testserver"]
    admin = User.objects.filter(account=account, account_admin=True).first()
    with account_scope(account.pk):
        user = admin or User.objects.create_user(
            "bench@flowpilot.example", None, account=account, account_admin=True
        )
        found: dict[str, Any] = {"sessions": AISession.objects.for_account(account.pk).count()}
        found["rebuild"] = rebuilt(account)
        scope = scope_of(ScopeForm({"range": "all"}, user=user), user, None, first(account))
        found["counted_days_ms"] = timed(lambda: read(scope, "day", "tier"), ROUNDS)
        raw = cut(scope.sessions(), scope.zone, "day", "tier").order_by().values("day", "tier")
        found["raw_all_figures_ms"] = timed(lambda: list(raw.annotate(**figures(scope.now))), RAW_ROUNDS)
        found["raw_count_only_ms"] = timed(lambda: list(raw.annotate(n=Count("pk"))), RAW_ROUNDS)
        found["touched_day_ms"] = touched(account)
    client = Client(enforce_csrf_checks=False)
    client.force_login(user)
    page = reverse("analytics:overview")
    for name in ("30", "all"):
        address = f"{page}?range={name}"
        found[f"page_{name}_ms"] = timed(partial(client.get, address), ROUNDS)
        found[f"page_{name}_queries"] = queries_of(client, address)
    cards = {spec.key: reverse("analytics:card", args=[spec.key]) for spec in LATER}
    found["cards_all_ms"] = {
        key: timed(partial(client.get, f"{address}?range=all"), 3)["p50"] for key, address in cards.items()
    }
    print(json.dumps(found, indent=1))


def first(account: Account) -> Any:
    return AISession.objects.for_account(account.pk).earliest("created_at").created_at.date()


def touched(account: Account) -> dict[str, float]:
    """One session of the newest day changes: what the schedule then has to do."""
    session = AISession.objects.for_account(account.pk).latest("created_at")

    def change() -> None:
        rating = (session.session_rating or 1) % 5 + 1
        session.session_rating = rating
        AISession.objects.filter(pk=session.pk).update(session_rating=rating)
        rollups.catch_up(account)

    return timed(change, 10)


if __name__ == "__main__":
    main()
