"""What the pages of the review cost beside a minimal page, taken in turn in one process.

    .venv/bin/python benchmarks/review.py [--proposals 1000] [--rounds 40]

The minimal page is a signed-in person, one keyset query and 25 rows in a template. Prints, as JSON, for each
page: p50 and p95 in milliseconds, p50 as a multiple of the minimal page's, SQL statements, bytes.
"""

import argparse
import json
import os
import sys
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import django  # noqa: E402

from flowpilot.core.postgres import throwaway_home  # noqa: E402

os.environ |= {
    "FLOWPILOT_HOME": str(throwaway_home()),
    "DATABASE_URL": "",
    "DJANGO_SETTINGS_MODULE": "flowpilot.settings",
    "FLOWPILOT_DEBUG": "true",
}
django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402, TID251
from django.template import engines  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext, setup_test_environment  # noqa: E402
from django.urls import include, path  # noqa: E402

from flowpilot.accounts.models import Account, User  # noqa: E402
from flowpilot.core.scope import account_scope  # noqa: E402
from proposals.models import FlowProposal  # noqa: E402

HTMX = {"HX-Request": "true"}
ROWS = engines["django"].from_string(
    "<ol>{% for row in rows %}<li><a href='/review/{{ row.pk }}/'>{{ row.title }}</a></li>{% endfor %}</ol>"
)


def minimal(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    rows = FlowProposal.objects.for_account(user.account_id).filter(status="pending")
    return HttpResponse(ROWS.render({"rows": rows.order_by("-created_at", "-id")[:25]}, request))


urlpatterns = [path("minimal/", minimal), path("", include("flowpilot.urls"))]


def prepared(proposals: int) -> tuple[Client, FlowProposal]:
    call_command("migrate", verbosity=0)
    call_command("make_load", account="bench", sessions=proposals, proposals=proposals, json=True)
    account = Account.objects.get(slug="bench")
    person = User.objects.create_user("bench@bench.example", account=account, name="B", account_admin=True)
    with account_scope(account.pk):
        first = FlowProposal.objects.for_account(account.pk).filter(status="pending").latest("created_at")
    with connection.acting_as_owner(), connection.cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute("VACUUM (ANALYZE)")
    client = Client()
    client.force_login(person)
    return client, first


def pages(client: Client, first: FlowProposal) -> dict[str, tuple[str, dict[str, str]]]:
    """Address and headers of each page; the deep one is 12 pages down."""
    after = ""
    for _page in range(12):
        part = client.get("/review/", {"after": after} if after else {}, headers=HTMX)
        after = part.context["page"].next_cursor or after
    word = first.title.split()[-1]
    return {
        "minimal": ("/minimal/", {}),
        "page": ("/review/", {}),
        "fragment": ("/review/", HTMX),
        "filtered": ("/review/?type=new_flow&evidence=2", HTMX),
        "sorted": ("/review/?sort=impact", HTMX),
        "search rare": ("/review/?q=zzyzx", HTMX),
        "search common": (f"/review/?q={word}", HTMX),
        "deep": (f"/review/?after={after}", HTMX),
        "detail": (f"/review/{first.pk}/", HTMX),
    }


def measured(client: Client, addresses: dict[str, tuple[str, dict[str, str]]], rounds: int) -> dict[str, Any]:
    times: dict[str, list[float]] = {name: [] for name in addresses}
    for number in range(rounds + 3):
        for name, (address, headers) in addresses.items():
            began = perf_counter()
            client.get(address, headers=headers)
            if number >= 3:
                times[name].append((perf_counter() - began) * 1000)
    base = median(times["minimal"])
    found = {}
    for name, (address, headers) in addresses.items():
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(address, headers=headers)
        found[name] = {
            "p50": round(median(times[name]), 1),
            "p95": round(quantiles(times[name], n=20)[-1], 1),
            "times minimal": round(median(times[name]) / base, 1),
            "sql": len(queries),
            "bytes": len(answer.content),
        }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--proposals", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=40)
    given = parser.parse_args()
    settings.ROOT_URLCONF = "__main__"
    setup_test_environment(debug=False)  # which keeps what a page was drawn from
    client, first = prepared(given.proposals)
    print(json.dumps(measured(client, pages(client, first), given.rounds), indent=2))


if __name__ == "__main__":
    main()
