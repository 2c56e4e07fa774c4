"""What the pages of the library cost beside a minimal page, taken in turn in one process.

    .venv/bin/python benchmarks/library.py [--flows 20000] [--rounds 40]

The flows have the trees of the starter library; one has 500 nodes, the most that a tree may have. The minimal
page is as in `review.py`. Prints, as JSON, for each page: p50 and p95 in milliseconds, p50 as a multiple of
the minimal page's, SQL statements, bytes. Pages are drawn as the server draws them: Django's environment of
tests, which keeps the context of every file that a page includes, is left out.
"""

import argparse
import json
import re
import sys
from datetime import timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.review import HTMX, ROWS, measured  # first: it sets Django up  # noqa: I001

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.models import F
from django.http import HttpRequest, HttpResponse  # noqa: TID251
from django.test import Client
from django.urls import include, path
from django.utils import timezone

from flowpilot.accounts.models import Account, User
from flowpilot.core.scope import account_scope
from flowpilot.flows.models import Flow, FlowStat, FlowVersion
from flowpilot.flows.starter.catalogue import starters
from tests.flows.samples import largest

AT_ONCE = 2000
NEXT = re.compile(r"after=([\w-]+)")


def minimal(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    rows = Flow.objects.for_account(user.account_id).filter(status="published")
    return HttpResponse(ROWS.render({"rows": rows.order_by("-created_at", "-id")[:25]}, request))


urlpatterns = [path("minimal/", minimal), path("", include("flowpilot.urls"))]


def planted(account: Account, number: int) -> list[Flow]:
    """Published flows, the first of which is the largest; the last one has statistics for each step."""
    shipped = cycle(starters().values())
    made = []
    for place, starter in zip(range(number), shipped, strict=False):
        tree = starter.tree if place else largest()
        flow = Flow(
            account=account,
            title=f"{starter.title} {place}",
            slug=f"flow-{place}",
            summary=starter.summary,
            domain=starter.domain,
            uses=place % 90,
            resolved=place % 60 if place % 90 > place % 60 else 0,
            created_at=timezone.now() - timedelta(minutes=number - place),
            last_used_at=timezone.now() - timedelta(hours=place % 1800) if place % 90 else None,
            review_due_at=timezone.now() + timedelta(days=place % 200 - 50),
        )
        version = FlowVersion(
            account=account, flow=flow, number=1, tree_structure=tree.to_json(), published_at=flow.created_at
        )
        made.append((flow, version))
    for start in range(0, number, AT_ONCE):
        part = made[start : start + AT_ONCE]
        Flow.objects.bulk_create(flow for flow, _version in part)
        FlowVersion.objects.bulk_create(version for _flow, version in part)
        for flow, version in part:
            flow.current_version, flow.status = version, Flow.Status.PUBLISHED
        Flow.objects.bulk_update([flow for flow, _version in part], ["current_version", "status"])
    Flow.objects.for_account(account.pk).filter(resolved__gt=F("uses")).update(resolved=F("uses"))
    used, version = made[-1]
    FlowStat.objects.bulk_create(
        FlowStat(
            account=account, version=version, node=node.id, option=option, shown=60, chosen=40, resolved=30
        )
        for node in version.tree.nodes
        for option in ("", *(each.id for each in node.options))
    )
    return [made[0][0], used]


def prepared(number: int) -> tuple[Client, list[Flow]]:
    call_command("migrate", verbosity=0)
    account = Account.objects.create(name="Bench", slug="bench")
    person = User.objects.create_user("bench@bench.example", account=account, name="B", account_admin=True)
    with account_scope(account.pk):
        flows = planted(account, number)
    with connection.acting_as_owner(), connection.cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute("VACUUM (ANALYZE)")
    client = Client()
    client.force_login(person)
    return client, flows


def pages(client: Client, flows: list[Flow]) -> dict[str, tuple[str, dict[str, str]]]:
    """Address and headers of each page; the deep one is 12 pages down."""
    after = ""
    for _page in range(12):
        part = client.get("/flows/", {"after": after} if after else {}, headers=HTMX)
        after = NEXT.findall(part.content.decode())[-1]
    large, used = (f"/flows/{flow.pk}/" for flow in flows)
    return {
        "minimal": ("/minimal/", {}),
        "library": ("/flows/", {}),
        "rows": ("/flows/", HTMX),
        "by domain": ("/flows/?domain=printing", HTMX),
        "due": ("/flows/?state=due", HTMX),
        "most used": ("/flows/?sort=used", HTMX),
        "by title": ("/flows/?sort=title", HTMX),
        "search rare": ("/flows/?q=zzyzx", HTMX),
        "search common": ("/flows/?q=printer", HTMX),
        "deep": (f"/flows/?after={after}", HTMX),
        "flow": (used, {}),
        "flow on paper": (f"{used}versions/1/print/", {}),
        "flow of 500 nodes": (large, {}),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--flows", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=40)
    given = parser.parse_args()
    settings.ROOT_URLCONF = "__main__"
    settings.DEBUG, settings.ALLOWED_HOSTS = False, ["testserver"]
    client, flows = prepared(given.flows)
    asked = {name: (client, *page) for name, page in pages(client, flows).items()}
    print(json.dumps(measured(asked, given.rounds), indent=2))


if __name__ == "__main__":
    main()
