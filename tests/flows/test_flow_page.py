import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from flowpilot.flows import actions
from flowpilot.flows.models import Flow, FlowVersion
from tests.factories import Cast, make_user, make_version, small_tree
from tests.screens import signed_in, text, words


def page_of(cast: Cast, flow: Flow, number: int | None = None) -> Any:
    name, arguments = ("flows:detail", [flow.pk]) if number is None else ("flows:version", [flow.pk, number])
    return signed_in(cast.engineer).get(reverse(name, args=arguments))


def part(response: HttpResponse, name: str) -> str:
    """The words of one card of the page."""
    found = re.search(rf'<section class="fp-card" id="{name}".*?</section>', text(response), flags=re.S)
    assert found
    return " ".join(re.sub(r"<[^>]+>", " ", found.group()).split())


def questions(response: HttpResponse) -> list[str]:
    """The titles of the tree's nodes, in reading order."""
    return re.findall(r'<p class="fp-node__title">(.*?)</p>', text(response))


@pytest.fixture
def two_versions(cast: Cast) -> tuple[FlowVersion, FlowVersion]:
    first = make_version(cast, title="Printer prints nothing")
    second = actions.publish_version(
        first.flow,
        small_tree("Is it switched on?"),
        base=first,
        note="Asks for the switch first",
        by=cast.account_admin,
    )
    return first, second


def test_the_page_says_what_the_flow_is_and_whose(cast: Cast) -> None:
    flow = make_version(
        cast,
        title="Printer prints nothing",
        summary="Gets pages out again.",
        domain="printing",
        client=cast.client,
        owner=cast.team_admin,
    ).flow
    Flow.objects.filter(pk=flow.pk).update(review_due_at=timezone.now() + timedelta(days=3, hours=1))

    page = page_of(cast, flow)

    head = re.search(r'<div class="fp-pagehead">.*?</p>', text(page), flags=re.S)
    assert head
    assert " ".join(re.sub(r"<[^>]+>", " ", head.group()).split()) == (
        "Flows Published Printing &amp; scanning Version 1 Printer prints nothing Gets pages out again."
    )
    assert part(page, "facts") == (
        "Facts Team Service desk Client Northwind Owner Lead Steps 4 Ends 1 resolution, 1 escalation "
        "Uses 0 Resolved – Created just now Updated just now Review due in 3 days"
    )


def test_the_tree_of_the_version_in_force_is_drawn(
    cast: Cast, two_versions: tuple[FlowVersion, FlowVersion]
) -> None:
    page = page_of(cast, two_versions[0].flow)

    assert questions(page) == [
        "Is it switched on?",
        "Restart the print spooler",
        "Pages come out again",
        "Hand over with the error text",
    ]
    assert "You are looking at" not in words(page)


def test_the_tree_says_how_often_each_way_was_taken(cast: Cast) -> None:
    flow = actions.create_flow(cast.account.pk, title="Printer prints nothing")
    counts = {"n2": {"reached": 14, "resolved": 9, "escalated": 2}, "n1/o1": {"chosen": 8, "resolved": 7}}
    actions.publish_version(flow, small_tree(), base=None, grounding={"counts": counts}, by=cast.team_admin)

    page = page_of(cast, flow)

    assert "9 of 14 resolved" in words(page)
    assert 'title="Chosen in 8 sessions">8×</span>' in text(page)


def test_all_versions_are_listed_with_who_published_them_and_why(
    cast: Cast, two_versions: tuple[FlowVersion, FlowVersion]
) -> None:
    flow = two_versions[0].flow

    page = page_of(cast, flow)

    assert part(page, "versions") == (
        "Versions 2 From 2 1 to 2 1 Compare "
        "Version 2 In force Owner · just now · Edited · shown here Asks for the switch first "
        "Version 1 Lead · just now · Edited"
    )
    for number in (1, 2):
        assert f'href="{reverse("flows:version", args=[flow.pk, number])}"' in text(page)


def test_an_older_version_shows_its_own_tree_and_says_that_it_is_old(
    cast: Cast, two_versions: tuple[FlowVersion, FlowVersion]
) -> None:
    flow = two_versions[0].flow

    page = page_of(cast, flow, 1)

    assert questions(page)[0] == "Does the printer show an error?"
    assert "You are looking at version 1 Version 2 is in force. Go to it" in words(page)


def test_the_current_version_under_its_number_carries_no_warning(
    cast: Cast, two_versions: tuple[FlowVersion, FlowVersion]
) -> None:
    page = page_of(cast, two_versions[0].flow, 2)

    assert questions(page)[0] == "Is it switched on?"
    assert "You are looking at" not in words(page)


def test_a_retired_flow_says_so(cast: Cast) -> None:
    flow = make_version(cast).flow
    actions.retire(flow, by=None)

    assert "This flow is retired" in words(page_of(cast, flow))


def test_a_flow_without_a_version_says_so(cast: Cast) -> None:
    page = page_of(cast, actions.create_flow(cast.account.pk, title="Mail is late"))

    assert "Nothing published yet" in words(page)
    assert part(page, "versions") == "Versions 0 None yet."


def test_a_version_that_does_not_exist_is_not_found(cast: Cast) -> None:
    assert page_of(cast, make_version(cast).flow, 7).status_code == 404


def test_a_version_number_beyond_what_the_database_holds_is_not_found(cast: Cast) -> None:
    assert page_of(cast, make_version(cast).flow, 10**12).status_code == 404


def test_what_people_wrote_is_shown_and_not_run(cast: Cast) -> None:
    flow = make_version(cast, title="<script>alert(1)</script>", summary="<img src=x>").flow

    page = text(page_of(cast, flow))

    assert "<script>alert" not in page
    assert "&lt;img src=x&gt;" in page


def test_the_outsider_and_the_superuser_do_not_get_in(cast: Cast, outsiders: Cast) -> None:
    address = reverse("flows:detail", args=[make_version(cast).flow.pk])
    superuser = make_user(None, "root", is_superuser=True, is_staff=True)

    assert signed_in(outsiders.account_admin).get(address).status_code == 404
    assert signed_in(superuser).get(address).status_code == 403


def test_the_page_costs_the_same_queries_for_one_version_as_for_ten(cast: Cast) -> None:
    def asked(flow: Flow) -> int:
        client = signed_in(cast.engineer)
        address = reverse("flows:detail", args=[flow.pk])
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        return len(queries)

    short, last = make_version(cast), make_version(cast)
    for _number in range(9):
        last = actions.publish_version(last.flow, small_tree(), base=last, by=cast.team_admin)

    assert asked(last.flow) == asked(short.flow) <= 8


def test_on_paper_each_answer_names_the_step_that_it_leads_to(
    cast: Cast, two_versions: tuple[FlowVersion, FlowVersion]
) -> None:
    old, current = two_versions
    client = signed_in(cast.engineer)
    pages = {
        one.number: client.get(reverse("flows:print", args=[one.flow_id, one.number]))
        for one in (old, current)
    }

    steps = re.findall(
        r'<li class="hue-\w+" id="step-(\d)">(.*?)</li>\s*(?=<li class="hue|</ol>)',
        text(pages[2]),
        flags=re.S,
    )
    assert [(number, " ".join(re.sub(r"<[^>]+>", " ", step).split())) for number, step in steps][0] == (
        "1",
        "1 Is it switched on? Question Yes → step 2 No → step 4",
    )
    assert [number for number, _step in steps] == ["1", "2", "3", "4"]
    assert "Does the printer show an error?" in words(pages[1])
    assert ["not in force" in words(pages[number]) for number in (1, 2)] == [True, False]
