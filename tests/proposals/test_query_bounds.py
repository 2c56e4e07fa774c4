"""The pages of the review stay within their queries whatever is filtered, and whatever is open."""

from itertools import product
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from flowpilot.accounts.models import Client
from proposals.models import FlowProposal
from tests.factories import Cast, make_proposal, make_version, make_view
from tests.screens import HTMX, at, signed_in, text, titles

FILTERS = {
    "nothing": "",
    "a search": "q=printer",
    "everything": (
        "q=printer&type=enhancement&domain=printing&team={team}&client={client}&evidence=1&age=30&sort=impact"
    ),
}
OPEN = ["a change", "a duplicate change", "a change that a flow holds"]


def opened(cast: Cast, what: str) -> FlowProposal:
    """The newest of the queue, which every filter leaves."""
    contoso = Client.objects.create(account=cast.account, name="Contoso")
    shown = {"client": contoso, "problem_domain": "printing", "title": "Printer is offline"}
    make_proposal(cast, **shown)
    version = make_version(cast)
    proposal = make_proposal(cast, version=version, impact=1, **shown)
    held: dict[str, dict[str, Any]] = {
        "a duplicate change": {"duplicate_of": make_proposal(cast, title="Original", status="rejected")},
        "a change that a flow holds": {"duplicate_of_flow": version.flow},
    }
    FlowProposal.objects.filter(pk=proposal.pk).update(evidence_count=1, **held.get(what, {}))
    return proposal


@pytest.mark.parametrize("by_view", [False, True], ids=["in the address", "by a saved view"])
@pytest.mark.parametrize(("chosen", "what"), list(product(FILTERS, OPEN)))
def test_every_page_stays_within_its_queries(cast: Cast, chosen: str, what: str, by_view: bool) -> None:
    proposal = opened(cast, what)
    query = FILTERS[chosen].format(team=cast.team.pk, client=proposal.client_id)
    if by_view:
        query = f"view={make_view(cast, screen='review', query=query).slug}"
    client = signed_in(cast.team_admin)
    bounds: dict[str, tuple[str, dict[str, str], int]] = {
        "page": (at("queue"), {}, 10),
        "fragment": (at("queue"), HTMX, 6),
        "page of one": (at("detail", proposal), {}, 10),
        "panel": (at("detail", proposal), HTMX, 8),
    }

    for name, (address, headers, most) in bounds.items():
        client.get(f"{address}?{query}", headers=headers)
        with CaptureQueriesContext(connection) as queries:
            page = client.get(f"{address}?{query}", headers=headers)
        assert str(proposal.pk) in text(page)
        assert len(queries) <= most, (name, [query["sql"] for query in queries])


def test_chips_name_teams_and_clients_without_reading_the_others(cast: Cast) -> None:
    proposal = opened(cast, "a change")
    chosen = {"team": cast.team.pk, "client": proposal.client_id}
    client = signed_in(cast.team_admin)
    client.get(at("queue"))

    with CaptureQueriesContext(connection) as queries:
        part = client.get(at("queue"), chosen, headers=HTMX)

    assert [f"Team: {cast.team}" in text(part), "Client: Contoso" in text(part)] == [True, True]
    clients = [query["sql"] for query in queries if 'FROM "accounts_client"' in query["sql"]]
    assert (len(clients), "Northwind" in text(part)) == (1, False)
    assert proposal.client_id.hex in clients[0]


def test_one_proposal_opened_under_a_saved_view_has_its_filters(cast: Cast) -> None:
    proposal = make_proposal(cast, title="Printer is offline")
    make_proposal(cast, title="Mail is late")
    view = make_view(cast, screen="review", query="q=printer")
    client = signed_in(cast.engineer)

    page = client.get(at("detail", proposal), {"view": view.slug})
    panel = client.get(at("detail", proposal), {"view": view.slug}, headers=HTMX)

    assert titles(page) == ["Printer is offline"]
    assert f'href="?view={view.slug}" aria-current="true"' in text(page)
    assert f'"{reverse("proposals:alike", args=[proposal.pk])}?q=printer"' in text(panel)
