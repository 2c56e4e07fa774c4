"""What the pages of the review cost beside a minimal page and beside Django's admin, at several sizes.

    .venv/bin/python benchmarks/review.py [--sizes 1000 100000 1000000] [--sessions 1000000] [--rounds 40]

The minimal page is a signed-in person, one keyset query and 25 rows in a template; the admin's is its list of
the same rows. Each size is an account of its own; all pages of all of them are asked for in turn, in one
process, by Django's test client. The process is loaded as those of the server are, so that the garbage
collector has as little to look through. The data is made in a throwaway database, or once in that of
FLOWPILOT_HOME when it is set, which is then measured again and again. Prints, as JSON, for each size and
page: p50 and p95 in milliseconds, p50 and p95 as multiples of the minimal page's, SQL statements, bytes,
bytes when compressed; then how many times the smallest size's p50 each page takes at the largest.
"""

import argparse
import json
import os
import sys
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Any
from zlib import compress

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import django  # noqa: E402

from flowpilot.core.postgres import throwaway_home  # noqa: E402

os.environ |= {
    "FLOWPILOT_HOME": os.environ.get("FLOWPILOT_HOME") or str(throwaway_home()),
    "DATABASE_URL": "",
    "DJANGO_SETTINGS_MODULE": "flowpilot.settings",
    "FLOWPILOT_DEBUG": "true",
}
django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.db.models import Count  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402, TID251
from django.template import engines  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext, setup_test_environment  # noqa: E402
from django.urls import include, path, reverse  # noqa: E402

from benchmarks.review_load import COMMON, RARE, loaded  # noqa: E402
from flowpilot.accounts.models import Account, User  # noqa: E402
from flowpilot.core.collector import settle  # noqa: E402
from flowpilot.core.paging import page_of  # noqa: E402
from flowpilot.core.scope import account_scope  # noqa: E402
from flowpilot.core.serving import load  # noqa: E402
from proposals.models import FlowProposal  # noqa: E402

SLOW_ROUNDS = 6
"""Of the admin's pages, which take seconds."""
HTMX = {"HX-Request": "true"}
ROWS = engines["django"].from_string(
    "<ol>{% for row in rows %}<li><a href='/review/{{ row.pk }}/'>{{ row.title }}</a></li>{% endfor %}</ol>"
)
Page = tuple[Client, str, dict[str, str]]
Pages = dict[str, Page]


def minimal(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    rows = FlowProposal.objects.for_account(user.account_id).filter(status="pending")
    return HttpResponse(ROWS.render({"rows": rows.order_by("-created_at", "-id")[:25]}, request))


urlpatterns = [path("minimal/", minimal), path("", include("flowpilot.urls"))]


def people(account: Account) -> tuple[Client, Client]:
    """An admin of the account, and a superuser who has entered it."""
    own, root = Client(), Client()
    own.force_login(_person(f"bench@{account.slug}.example", account=account, account_admin=True))
    root.force_login(
        _person(
            f"root@{account.slug}.example", account=None, is_superuser=True, is_staff=True, mfa_exempt=True
        )
    )
    root.post(reverse("admin:enter"), {"account": account.pk, "reason": "Measuring"})
    return own, root


def _person(email: str, **given: Any) -> User:
    there = User.objects.filter(email=email).first()
    return there or User.objects.create_user(email, name="Bench", **given)


def pages(account: Account) -> Pages:
    """Client, address and headers of each page; the deep ones are at 30 % of the rows."""
    own, root = people(account)
    with account_scope(account.pk):
        rows = FlowProposal.objects.for_account(account.pk).filter(status="pending")
        ordered = rows.order_by("-created_at", "-id")
        number = rows.count()
        deep = page_of(ordered.filter(created_at__lte=ordered[number * 3 // 10].created_at), size=1)
        made = rows.filter(evidence__isnull=False).annotate(told=Count("evidence"))
        told = made.filter(proposal_type="new_flow").order_by("-told", "-id")[0].pk
    lists, changes = "/review/", reverse("admin:proposals_flowproposal_changelist")
    ours = {
        "minimal": ("/minimal/", {}),
        "page": (lists, {}),
        "fragment": (lists, HTMX),
        "filtered": (f"{lists}?type=new_flow&age=over30", HTMX),
        "by sessions": (f"{lists}?sort=evidence", HTMX),
        "by confidence": (f"{lists}?sort=confidence", HTMX),
        "by impact": (f"{lists}?sort=impact", HTMX),
        "published": (f"{lists}?status=published", HTMX),
        "search rare": (f"{lists}?q={RARE}", HTMX),
        "search common": (f"{lists}?q={COMMON}", HTMX),
        "searched page": (f"{lists}?q={COMMON}", {}),
        "deep": (f"{lists}?after={deep.next_cursor}", HTMX),
        "detail": (f"{lists}{told}/", HTMX),
    }
    theirs = {
        "admin list": f"{changes}?status__exact=pending",
        "admin filtered": f"{changes}?status__exact=pending&proposal_type__exact=new_flow",
        "admin rare": f"{changes}?q={RARE}",
        "admin common": f"{changes}?q={COMMON}",
        "admin deep": f"{changes}?status__exact=pending&p={number * 3 // 10 // 100}",
    }
    return {name: (own, *page) for name, page in ours.items()} | {
        name: (root, address, {}) for name, address in theirs.items()
    }


def timed(asked: Pages, rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each page, asked for in turn."""
    times: dict[str, list[float]] = {name: [] for name in asked}
    for number in range(rounds + 2):
        for name, (client, address, headers) in asked.items():
            if "admin" in name and number > SLOW_ROUNDS + 1:
                continue
            began = perf_counter()
            answer = client.get(address, headers=headers)
            assert answer.status_code == 200, (name, answer.status_code)
            if number >= 2:
                times[name].append((perf_counter() - began) * 1000)
    return times


def measured(asked: Pages, rounds: int) -> dict[str, Any]:
    times = timed(asked, rounds)
    return {name: figures(asked[name], times[name], times["minimal"]) for name in asked}


def figures(page: Page, taken: list[float], base: list[float]) -> dict[str, float]:
    client, address, headers = page
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(address, headers=headers)
    p95, base95 = (quantiles(times, n=20)[-1] for times in (taken, base))
    return {
        "p50": round(median(taken), 1),
        "p95": round(p95, 1),
        "p50 times minimal": round(median(taken) / median(base), 1),
        "p95 times minimal": round(p95 / base95, 1),
        "sql": len(queries),
        "bytes": len(answer.content),
        "compressed": len(compress(answer.content)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 100_000, 1_000_000])
    parser.add_argument("--sessions", type=int, default=1_000_000, help="sessions beside the largest size")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--load", action="store_true", help="only make the load")
    given = parser.parse_args()
    settings.ROOT_URLCONF = "__main__"
    setup_test_environment(debug=False)
    call_command("migrate", verbosity=0)
    load()
    settle()
    asked: dict[str, Pages] = {}
    for size in sorted(given.sizes):
        began = perf_counter()
        asked[f"{size:,}"] = pages(loaded(size, min(size, given.sessions)))
        sys.stderr.write(f"{size:,} proposals after {perf_counter() - began:.0f} s\n")
    if not given.load:
        print(json.dumps(compared(asked, given.rounds), indent=2))


def compared(asked: dict[str, Pages], rounds: int) -> dict[str, Any]:
    """Figures of each size and page, and how they grow."""
    every = {f"{size} {name}": page for size, of_size in asked.items() for name, page in of_size.items()}
    times = timed(every, rounds)
    found: dict[str, Any] = {
        size: {
            name: figures(page, times[f"{size} {name}"], times[f"{size} minimal"])
            for name, page in of_size.items()
        }
        for size, of_size in asked.items()
    }
    smallest, largest = (found[size] for size in (list(found)[0], list(found)[-1]))
    grown = {name: round(largest[name]["p50"] / smallest[name]["p50"], 2) for name in largest}
    return found | {"largest / smallest": grown}


if __name__ == "__main__":
    main()
