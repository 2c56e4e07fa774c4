import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from flowpilot.accounts.models import User
from flowpilot.core.paging import PAGE_SIZE, page_of
from flowpilot.flows import actions
from flowpilot.flows.filters import SORTS
from flowpilot.flows.models import Flow, FlowDraft
from tests.factories import Cast, make_user, make_version
from tests.flows.samples import printing
from tests.screens import HTMX, signed_in, text, words

LIBRARY = reverse("flows:library")


def titles(response: HttpResponse) -> list[str]:
    return re.findall(r"data-row-link>(.*?)</a>", text(response))


def cells(response: HttpResponse) -> list[list[str]]:
    """What stands in each row of the table, cell by cell."""
    rows = re.findall(r"<tr data-row>(.*?)</tr>", text(response), flags=re.S)
    found = [re.findall(r"<t[hd]\b[^>]*>(.*?)</t[hd]>", row, flags=re.S) for row in rows]
    return [[" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in row] for row in found]


def asked(cast: Cast, url: str = LIBRARY) -> int:
    """How many queries the page costs somebody who has signed in before."""
    client = signed_in(cast.engineer)
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def test_the_library_shows_each_flow_with_its_version_and_owner_newest_first(cast: Cast) -> None:
    make_version(
        cast,
        title="Printer prints nothing",
        summary="Gets pages out again.",
        domain="printing",
        client=cast.client,
        owner=cast.team_admin,
    )
    actions.create_flow(cast.account.pk, title="Mail is late")

    assert cells(signed_in(cast.engineer).get(LIBRARY)) == [
        ["Mail is late", "Draft", "–", "All teams", "All clients", "–", "0", "–", "–", "–", "–"],
        [
            "Printer prints nothing Gets pages out again.",
            "Published",
            "Printing &amp; scanning",
            "Service desk",
            "Northwind",
            "1",
            "0",
            "–",
            "–",
            "–",
            "Lead",
        ],
    ]


def test_a_row_says_whether_its_flow_may_be_trusted_and_until_when(cast: Cast) -> None:
    User.objects.filter(pk=cast.colleague.pk).update(name="")
    flow = make_version(cast, title="<b>Printer</b>", owner=cast.colleague).flow
    FlowDraft.objects.create(account=cast.account, flow=flow, tree=printing().to_json())
    marks = {"decaying": True, "verified_at": timezone.now()}
    rows, client = Flow.objects.filter(pk=flow.pk), signed_in(cast.engineer)

    rows.update(**marks, review_due_at=datetime(2126, 3, 9, 12, tzinfo=UTC))
    [row] = cells(client.get(LIBRARY))
    assert row[1] == "Published Unpublished changes Decaying Verified"
    assert row[-2:] == ["9 Mar 2126", cast.colleague.email]

    rows.update(review_due_at=datetime(2026, 3, 9, 12, tzinfo=UTC))
    page = client.get(LIBRARY)
    assert cells(page)[0][1] == "Published Unpublished changes Decaying Review due"
    assert "<b>Printer" not in text(page)


def test_a_row_leads_to_the_page_of_its_flow(cast: Cast) -> None:
    flow = make_version(cast).flow

    page = text(signed_in(cast.engineer).get(LIBRARY))

    assert f'<a href="{reverse("flows:detail", args=[flow.pk])}" data-row-link>{flow.title}</a>' in page


@pytest.mark.parametrize("person", ["engineer", "other_team_admin", "account_admin"])
def test_everybody_in_the_account_reads_the_whole_library(cast: Cast, person: str) -> None:
    make_version(cast, title="Of the desk")
    make_version(cast, title="Of the projects", team=cast.other_team)

    assert titles(signed_in(getattr(cast, person)).get(LIBRARY)) == ["Of the projects", "Of the desk"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"q": "printers"}, ["Printer prints nothing"]),
        ({"q": "late"}, ["Mail is late"]),
        ({"domain": "email"}, ["Mail is late"]),
        ({"status": "retired"}, ["Old flow"]),
        ({"status": "published"}, ["Mail is late", "Printer prints nothing"]),
    ],
)
def test_the_library_is_narrowed_by_words_domain_and_status(
    cast: Cast, query: dict[str, str], expected: list[str]
) -> None:
    make_version(cast, title="Printer prints nothing", domain="printing")
    make_version(cast, title="Mail is late", domain="email")
    actions.retire(make_version(cast, title="Old flow").flow, by=None)

    assert titles(signed_in(cast.engineer).get(LIBRARY, query)) == expected


def test_the_library_is_narrowed_by_team_and_client(cast: Cast) -> None:
    make_version(cast, title="Of the desk", client=cast.client)
    make_version(cast, title="Of the projects", team=cast.other_team)
    client = signed_in(cast.engineer)

    assert titles(client.get(LIBRARY, {"team": cast.other_team.pk})) == ["Of the projects"]
    assert titles(client.get(LIBRARY, {"client": cast.client.pk})) == ["Of the desk"]


def test_a_team_of_another_account_is_no_filter(cast: Cast, outsiders: Cast) -> None:
    make_version(cast, title="Of the desk")

    page = signed_in(cast.engineer).get(LIBRARY, {"team": outsiders.team.pk})

    assert titles(page) == ["Of the desk"]
    assert "Not filtered. Team:" in words(page)


def test_a_search_that_is_too_long_narrows_nothing_and_says_so(cast: Cast) -> None:
    make_version(cast, title="Of the desk")

    page = signed_in(cast.engineer).get(LIBRARY, {"q": "-" * 5000})

    assert titles(page) == ["Of the desk"]
    assert "Not filtered. Search: Ensure this value has at most 200 characters" in words(page)


def test_only_the_rows_come_under_htmx_with_the_filters_beside_them(cast: Cast) -> None:
    make_version(cast, title="Mail is late")
    client = signed_in(cast.engineer)

    page, rows = client.get(LIBRARY), client.get(LIBRARY, headers=HTMX)

    assert titles(page) == titles(rows) == ["Mail is late"]
    assert ("<html" in text(page), "<html" in text(rows)) == (True, False)
    assert re.findall(r'id="([a-z-]+)" hx-swap-oob', text(rows)) == ["filter-chips", "filter-count"]
    assert "HX-Request" in page.headers["Vary"]
    assert "HX-Request" in rows.headers["Vary"]


def test_the_more_link_leads_through_all_flows_once(cast: Cast) -> None:
    for number in range(PAGE_SIZE + 2):
        actions.create_flow(cast.account.pk, title=f"Flow {number}")
    client = signed_in(cast.engineer)

    first = client.get(LIBRARY)
    rest = client.get(re.findall(r'href="([^"]*after=[^"]*)"', text(first))[0])

    assert titles(first) + titles(rest) == [f"Flow {number}" for number in reversed(range(PAGE_SIZE + 2))]
    assert "after=" not in text(rest)


def test_by_review_date_every_flow_comes_once_those_without_a_date_last(cast: Cast) -> None:
    late, soon, never, nor = (make_version(cast, title=title).flow for title in ("a", "b", "c", "d"))
    for flow, days in ((late, 9), (soon, 2)):
        Flow.objects.filter(pk=flow.pk).update(review_due_at=timezone.now() + timedelta(days=days))
    found, cursor = [], ""
    for _page in range(4):
        page = page_of(Flow.objects.all(), cursor, size=1, sort=SORTS["review"])
        cursor = page.next_cursor
        found += page.rows

    assert (found, cursor) == ([soon, late, never, nor], "")


def test_an_empty_library_says_where_flows_come_from(cast: Cast) -> None:
    page = signed_in(cast.engineer).get(LIBRARY)

    assert "The library is empty" in words(page)
    assert f'<a class="btn" href="{reverse("proposals:queue")}">See the review queue</a>' in text(page)


def test_when_nothing_matches_the_library_offers_to_clear_the_filters(cast: Cast) -> None:
    make_version(cast)

    page = signed_in(cast.engineer).get(LIBRARY, {"q": "telephone"})

    assert f'<a class="btn" href="{LIBRARY}">Clear all filters</a>' in text(page)


def test_the_navigation_marks_the_library(cast: Cast) -> None:
    page = text(signed_in(cast.engineer).get(LIBRARY))

    assert re.findall(r'<a href="([^"]+)" aria-current="page"', page) == [LIBRARY]


def test_a_superuser_has_no_library(cast: Cast) -> None:
    page = signed_in(make_user(None, "root", is_superuser=True, is_staff=True)).get(LIBRARY)

    assert page.status_code == 403


def test_the_library_costs_the_same_queries_for_one_row_as_for_thirty(cast: Cast) -> None:
    make_version(cast, owner=cast.engineer)
    one = asked(cast)
    for _number in range(29):
        make_version(cast, owner=cast.team_admin, client=cast.client)

    assert asked(cast) == one <= 7


def test_the_library_reads_no_trees_for_its_list(cast: Cast) -> None:
    make_version(cast)
    client = signed_in(cast.engineer)
    with CaptureQueriesContext(connection) as queries:
        client.get(LIBRARY)

    assert [query["sql"] for query in queries if '"tree_structure"' in query["sql"]] == []
