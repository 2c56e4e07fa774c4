"""What the tests of the screens share: signing in, asking as HTMX does, reading pages."""

import json
import re
from collections.abc import Mapping
from typing import Any

from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from flowpilot.accounts.models import User
from proposals.models import FlowProposal

HTMX = {"HX-Request": "true"}
DECISIONS: dict[str, dict[str, str]] = {"approve": {}, "dismiss": {}, "reject": {"reason_code": "unsafe"}}
"""What each decision needs beside the draft."""


def signed_in(user: User, **options: Any) -> Client:
    client = Client(**options)
    client.force_login(user)
    return client


def at(name: str, row: object = None) -> str:
    return reverse(f"proposals:{name}", args=[row.pk] if row else [])  # type: ignore[attr-defined]


_TOKENS = re.compile(r'((?:"X-CSRFToken": |name="csrfmiddlewaretoken" value=)")\w+')


def text(response: HttpResponse) -> str:
    """The page without its tokens against forgery: drawn at random, they spell any short word some day."""
    return _TOKENS.sub(r"\1", response.content.decode())


def counted_without_end(queries: CaptureQueriesContext) -> list[str]:
    """The statements that count more rows than a limit of their own allows."""
    bounded = re.compile(r"COUNT\(\*\) FROM \(SELECT (?:(?!COUNT\().)* LIMIT \d+\)", flags=re.S)
    return [query["sql"] for query in queries if "COUNT(" in bounded.sub("", query["sql"])]


def words(response: HttpResponse) -> str:
    """The page as a reader sees it: no tags, no runs of blanks."""
    plain = re.sub(r"<(script|style|template)\b.*?</\1>|<[^>]+>", " ", text(response), flags=re.S)
    return re.sub(r"\s+", " ", plain)


def titles(response: HttpResponse) -> list[str]:
    """The titles of the rows, from top to bottom."""
    return re.findall(r'<span class="fp-row__title">(.*?)</span>', text(response))


def status_of(proposal: FlowProposal) -> str:
    return FlowProposal.objects.get(pk=proposal.pk).status


def verbs(proposal: FlowProposal) -> list[str]:
    return list(proposal.decisions.values_list("verb", flat=True))


def send(
    client: Client, name: str, proposal: FlowProposal, *, htmx: bool = True, query: str = "", **data: Any
) -> Any:
    """A decision as the browser sends it, about the draft that is current now unless `draft` says else."""
    given = {"draft": proposal.current_draft_id, **DECISIONS.get(name, {}), **data}
    return client.post(at(name, proposal) + query, given, headers=HTMX if htmx else {})


def toasts(response: HttpResponse) -> list[str]:
    return re.findall(r'data-toast="(\w+)"', text(response))


def trigger(response: HttpResponse) -> Mapping[str, Any]:
    events: dict[str, Any] = json.loads(response["HX-Trigger"])
    return events


def said(response: HttpResponse) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]  # type: ignore[attr-defined]
