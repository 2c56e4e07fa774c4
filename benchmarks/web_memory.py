"""What the web processes hold in memory, with and without the language model.

    .venv/bin/python benchmarks/web_memory.py [--sessions 400] [--rounds 3] [--json]

Works on a throwaway database, filled by `make_load`. The web is started as `manage.py up` starts it, and all
pages that links lead to from those of the menu, one of each kind, are opened by an admin, some at once, again
and again; then flows are looked for in sessions, so that each process has matched, by the model where it may.
Megabytes of each process: `rss` is all that it has in memory, `pss` its share where pages are shared with
another one (their sum is what they take). "Fresh" is before the first page, "used" after the last.
"""

import argparse
import json
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.served import cookies_of, memory_of, prepared, served

import httpx2  # isort: skip
from django.urls import Resolver404, resolve, reverse  # isort: skip

from flowpilot.accounts.models import User  # isort: skip
from flowpilot.core.scope import account_scope  # isort: skip
from sessions.models import AISession  # isort: skip

AT_ONCE = 8
MATCHED = 40
"""Sessions for which flows are looked for, over connections of their own, so that each process gets some."""
BEGUN_AT = ("/console/", "/sessions/", "/review/", "/flows/", "/analytics/", "/settings/", "/people/")
LINK = re.compile(r'<a\b[^>]*\bhref="([^"#]+)"')
LEFT_OUT = ("admin:", "account_logout")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--sessions", type=int, default=400)
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--json", action="store_true")
    options = asked.parse_args()
    user = prepared(options.sessions)
    found = {
        f"embeddings {switch}": _measured(user, options.rounds, {"FLOWPILOT_EMBEDDINGS": switch})
        for switch in ("true", "false")
    }
    print(json.dumps(found, indent=None if options.json else 2))


def _measured(user: User, rounds: int, extra: dict[str, str]) -> dict[str, Any]:
    cookies = cookies_of(user)
    with account_scope(user.account_id):
        keys = list(AISession.objects.filter(status="active").values_list("pk", flat=True)[:MATCHED])
        keys += list(AISession.objects.values_list("pk", flat=True)[: MATCHED - len(keys)])
    with served(extra) as (url, first), ThreadPoolExecutor(AT_ONCE) as together:
        fresh = memory_of(first)

        def opened(path: str) -> str:
            answer = httpx2.get(url + path, cookies=cookies, timeout=120, follow_redirects=True)
            answer.raise_for_status()
            return answer.text if "text/html" in answer.headers["content-type"] else ""

        pages = _pages(opened)
        for _round in range(rounds):
            list(together.map(opened, pages.values()))
        list(together.map(opened, (reverse("sessions:matches", args=[pk]) for pk in keys)))
        return {"pages": len(pages), "fresh": fresh, "used": memory_of(first)}


def _pages(opened: Any) -> dict[str, str]:
    """Name of a view → the first address of it that a link leads to."""
    waiting, found = [*BEGUN_AT], dict[str, str]()
    while waiting:
        path = waiting.pop(0)
        try:
            name = resolve(urlsplit(path).path).view_name
        except Resolver404:
            continue
        if name in found or name.startswith(LEFT_OUT):
            continue
        try:
            page = opened(path)
        except httpx2.HTTPStatusError:
            continue  # such as a page that asks for the password first
        found[name] = path
        links = (urljoin(path, link.replace("&amp;", "&")) for link in LINK.findall(page))
        waiting += [link for link in links if link.startswith("/") and not link.startswith("//")]
    return found


if __name__ == "__main__":
    main()
