"""The list is narrowed without the panel beside it: what is decided then is about the list as it is shown."""

from typing import Any

import pytest
from django.test import Client

from proposals.models import FlowProposal
from tests.factories import Cast, make_proposal, make_version, make_view
from tests.screens import HTMX, at, signed_in, text, words

NARROWED = "?q=printer&status=pending"


def pressed(client: Client, name: str, row: FlowProposal | None = None, *, shown: str, **data: Any) -> Any:
    """A button of the page as it was before the filter, pressed at the address that shows the filter."""
    headers = {**HTMX, "HX-Current-URL": f"http://testserver{at('queue')}{shown}"}
    given = {"draft": row.current_draft_id} if row else {}
    return client.post(at(name, row), {**given, **data}, headers=headers)


def three(cast: Cast) -> list[FlowProposal]:
    return [make_proposal(cast, title=f"{what} is slow") for what in ("Printer", "Scanner", "Printer too")]


@pytest.mark.parametrize("shown", [NARROWED, "?view=mine"], ids=["filters", "view"])
def test_all_that_match_are_those_that_the_list_shows(cast: Cast, shown: str) -> None:
    make_view(cast, screen="review", query="q=printer", by=cast.team_admin)
    first, _scanner, last = three(cast)

    asked = pressed(signed_in(cast.team_admin), "bulk", shown=shown, action="dismiss", all="on")

    assert [row for row, _draft in asked.context["chosen"].pairs] == [last, first]
    assert "2 proposals match what the list shows · “printer”" in words(asked)
    assert "q=printer" in asked.context["query"]


def test_the_next_proposal_and_the_address_are_those_of_the_list(cast: Cast) -> None:
    first, _scanner, last = three(cast)

    answer = pressed(signed_in(cast.team_admin), "approve", last, shown=NARROWED)

    assert answer.context["detail"].proposal == first
    assert answer["HX-Replace-Url"] == at("detail", first) + NARROWED
    link = f'{at("dismiss", first)}{NARROWED.replace("&", "&amp;")}&amp;draft={first.current_draft_id}"'
    assert link in text(answer)


@pytest.mark.parametrize("address", ["/sessions/?q=printer", "/review/x/edit/?q=printer", ":", ""])
def test_the_address_of_another_page_filters_nothing(cast: Cast, address: str) -> None:
    rows = three(cast)
    headers = {**HTMX, "HX-Current-URL": f"http://testserver{address}"}

    asked = signed_in(cast.team_admin).post(at("bulk"), {"action": "dismiss", "all": "on"}, headers=headers)

    assert len(asked.context["chosen"].pairs) == len(rows)


def test_the_links_of_the_panels_parts_carry_the_filters_on(cast: Cast) -> None:
    client = signed_in(cast.team_admin)
    proposal = make_proposal(cast, title="Receipt printer prints half pages")
    make_version(cast, title="Receipt printer prints only half of each page")

    alike = text(client.get(at("alike", proposal) + NARROWED, headers=HTMX))
    searched = text(client.get(at("duplicate", proposal) + NARROWED + "&find=outlook", headers=HTMX))

    link = (
        f"{at('duplicate', proposal)}{NARROWED.replace('&', '&amp;')}&amp;draft={proposal.current_draft_id}"
    )
    assert f"{link}&amp;of=flow:" in alike
    assert searched.count('<input type="hidden" name="q" value="printer">') == 1
    assert "find=outlook" not in searched
