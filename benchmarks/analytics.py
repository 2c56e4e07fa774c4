"""The dashboard over many sessions: how fast its page is, and how long counting takes.

    manage.py make_load --account big --sessions 4000 --flows 40 --proposals 60
    python -m benchmarks.multiplied --account big --sessions 1000000
    python -m benchmarks.analytics --account big [--beside small] [--no-rebuild] [--rounds 40]

Rounds of what is compared take turns, so that other work on the machine meets all of it alike; `cpu` is
of this process alone, without the database. `nothing` is a page of the same shell that shows one line.
Prints one JSON object. Times are milliseconds of the server's side, by Django's test client.
"""

import argparse
import json
import os
import resource
import statistics
from collections.abc import Callable, Mapping
from functools import partial
from time import perf_counter, process_time
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flowpilot.settings")

import django

django.setup()

from django.conf import settings  # noqa: E402 models can be imported from here on
from django.db import connection  # noqa: E402
from django.db.models import Count  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.urls import reverse  # noqa: E402

from analytics.actions import rollups  # noqa: E402
from analytics.counting import cut, figures  # noqa: E402
from analytics.dashboard import CARDS, TABS  # noqa: E402
from analytics.figures import NAMES  # noqa: E402
from analytics.models import RollupState, TierDay  # noqa: E402
from analytics.scope import Scope, ScopeForm, scope_of  # noqa: E402
from analytics.seen import Seen  # noqa: E402
from flowpilot.accounts.models import Account, User  # noqa: E402
from flowpilot.core.scope import account_scope  # noqa: E402
from sessions.models import AISession  # noqa: E402

RAW_ROUNDS, CARD_ROUNDS = 2, 2
Work = Callable[[], Any]


def timed(works: Mapping[str, Work], rounds: int) -> dict[str, dict[str, float]]:
    """Median and 95th percentile of each, after one round that is not counted."""
    walls: dict[str, list[float]] = {name: [] for name in works}
    busy: dict[str, list[float]] = {name: [] for name in works}
    for number in range(rounds + 1):
        for name, work in works.items():
            began, used = perf_counter(), process_time()
            work()
            if number:
                walls[name].append((perf_counter() - began) * 1000)
                busy[name].append((process_time() - used) * 1000)
    return {name: told(walls[name], busy[name]) for name in works}


def told(walls: list[float], busy: list[float]) -> dict[str, float]:
    last = sorted(walls)[max(int(len(walls) * 0.95) - 1, 0)]
    return {
        "p50": round(statistics.median(walls), 1),
        "p95": round(last, 1),
        "fastest": round(min(walls), 1),
        "cpu": round(statistics.median(busy), 1),
    }


class Desk:
    """An account with an admin who is signed in."""

    def __init__(self, slug: str) -> None:
        self.account = Account.objects.get(slug=slug)
        with account_scope(self.account.pk):
            admins = User.objects.filter(account=self.account, account_admin=True)
            self.user = admins.first() or User.objects.create_user(
                f"bench@{slug}.example", None, account=self.account, name="Bench", account_admin=True
            )
        self.client = Client()
        self.client.force_login(self.user)

    def page(self, query: str, tab: str = "overview") -> Work:
        return partial(self.client.get, f"{reverse(f'analytics:{tab}')}?{query}")

    def scope(self) -> Scope:
        first = TierDay.objects.for_account(self.account.pk).earliest("day").day
        state = RollupState.objects.for_account(self.account.pk).first()
        return scope_of(ScopeForm({"range": "all"}, user=self.user), self.user, state, first)


def rebuilt(account: Account) -> dict[str, float]:
    began = perf_counter()
    rollups.mark_everything(account.pk)
    days = rollups.catch_up(account)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"days": days, "seconds": round(perf_counter() - began, 1), "peak_mb": round(peak)}


def queries_of(work: Work) -> int:
    with CaptureQueriesContext(connection) as seen:
        work()
    return len(seen)


def against_raw(desk: Desk) -> dict[str, dict[str, float]]:
    """The figures of the page from the counted days, and from the sessions."""
    with account_scope(desk.account.pk):
        scope = desk.scope()
        raw = cut(scope.sessions(), scope.zone, "day", "tier").order_by().values("day", "tier")
        works: dict[str, Work] = {
            "counted_days": lambda: Seen(scope).cells,
            "raw_count_only": lambda: list(raw.annotate(n=Count("pk"))),
            "raw_all_figures": lambda: list(raw.annotate(**figures(scope.now, NAMES))),
        }
        return timed(works, RAW_ROUNDS)


def touched(account: Account) -> Work:
    """One session of the newest day changes: what the schedule then has to do."""
    session = AISession.objects.for_account(account.pk).latest("created_at")

    def change() -> None:
        rating = (session.session_rating or 1) % 5 + 1
        session.session_rating = rating
        AISession.objects.filter(pk=session.pk).update(session_rating=rating)
        rollups.catch_up(account)

    return change


def measured(desk: Desk, *, rebuild: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    with account_scope(desk.account.pk):
        found["sessions"] = AISession.objects.for_account(desk.account.pk).count()
        if rebuild:
            found["rebuild"] = rebuilt(desk.account)
        found["touched_day_ms"] = timed({"day": touched(desk.account)}, RAW_ROUNDS)["day"]
    found |= against_raw(desk)
    cards = {key: reverse("analytics:card", args=[key]) for key in CARDS}
    htmx = {"HX-Request": "true"}
    works = {key: partial(desk.client.get, f"{url}?range=all", headers=htmx) for key, url in cards.items()}
    found["cards_all_p50"] = {key: one["p50"] for key, one in timed(works, CARD_ROUNDS).items()}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--account", required=True, metavar="SLUG")
    parser.add_argument("--beside", metavar="SLUG", help="a smaller account, to compare with")
    parser.add_argument("--no-rebuild", action="store_true", help="the days are counted already")
    parser.add_argument("--rounds", type=int, default=40, metavar="N", help="of each page")
    given = parser.parse_args()
    settings.ALLOWED_HOSTS = ["testserver"]
    desks = {slug: Desk(slug) for slug in (given.account, given.beside) if slug}
    pages: dict[str, Work] = {"nothing": partial(desks[given.account].client.get, reverse("views:list"))}
    found: dict[str, Any] = {"load": os.getloadavg()[0]}
    for slug, desk in desks.items():
        found[slug] = measured(desk, rebuild=not given.no_rebuild)
        pages |= {f"{slug} {tab}": desk.page("range=all", tab) for tab in TABS}
        pages[f"{slug} 30 days"] = desk.page("compare=")
    found["pages"] = timed(pages, given.rounds)
    found["queries"] = {name: queries_of(page) for name, page in pages.items()}
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
