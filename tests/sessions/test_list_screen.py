import re
from datetime import timedelta

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from flowpilot.core.paging import PAGE_SIZE
from sessions import actions
from sessions.models import AISession
from tests.factories import Cast, make_resolved, make_session, make_user
from tests.screens import HTMX, counted_without_end, signed_in, text, words

LIST = reverse("sessions:list")


def titles(response: HttpResponse) -> list[str]:
    return re.findall(r"data-row-link>(.*?)</a>", text(response))


def cells(response: HttpResponse) -> list[list[str]]:
    """What stands in each row of the table, cell by cell."""
    rows = re.findall(r"<tr data-row>(.*?)</tr>", text(response), flags=re.S)
    found = [re.findall(r"<t[hd]\b[^>]*>(.*?)</t[hd]>", row, flags=re.S) for row in rows]
    return [[" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in row] for row in found]


def asked(cast: Cast, url: str = LIST) -> int:
    """How many queries the page costs somebody who has signed in before."""
    client = signed_in(cast.engineer)
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def test_the_list_shows_each_session_with_its_figures_newest_first(cast: Cast) -> None:
    began = timezone.now() - timedelta(hours=2)
    resolved = make_resolved(cast, problem_summary="Printer is offline", problem_domain="printing")
    AISession.objects.filter(pk=resolved.pk).update(
        created_at=began, ended_at=began + timedelta(minutes=65), psa_ticket_id="4711"
    )
    fresh = make_session(cast, problem_summary="Mail is late", intake_content={}, client=None, team=None)
    actions.score(fresh, confidence=0.9)

    page = signed_in(cast.engineer).get(LIST)

    assert cells(page) == [
        ["Mail is late", "Active", "Guided", "–", "–", "Engineer", "0", "–", "just now", "–"],
        [
            "Printer is offline #4711 · Service desk",
            "Resolved",
            "Not scored",
            "Printing &amp; scanning",
            "Northwind",
            "Engineer",
            "1",
            "1 h 5 min",
            "2 h ago",
            "Waiting",
        ],
    ]
    assert f'href="{reverse("sessions:detail", args=[fresh.pk])}"' in text(page)


def test_a_failed_analysis_stands_out_in_the_list(cast: Cast) -> None:
    session = make_resolved(cast)
    AISession.objects.filter(pk=session.pk).update(analysis_status="failed")

    assert cells(signed_in(cast.engineer).get(LIST))[0][-1] == "Failed"


def test_a_session_taken_over_stands_under_the_engineer_who_holds_it(cast: Cast) -> None:
    session = make_session(cast)
    actions.request_escalation(session, reason="No access", by=cast.engineer)
    actions.accept_escalation(session, by=cast.colleague)

    assert cells(signed_in(cast.engineer).get(LIST))[0][5] == "Colleague"


def test_the_navigation_marks_the_room_that_one_is_in(cast: Cast) -> None:
    page = text(signed_in(cast.engineer).get(LIST))

    assert re.findall(r'<a href="([^"]+)" aria-current="page"', page) == [LIST]


def test_only_the_rows_come_under_htmx_with_the_filters_beside_them(cast: Cast) -> None:
    make_session(cast, problem_summary="Printer is offline")
    client = signed_in(cast.engineer)

    page, rows = client.get(LIST), client.get(LIST, headers=HTMX)

    assert titles(page) == titles(rows) == ["Printer is offline"]
    assert ("<html" in text(page), "<html" in text(rows)) == (True, False)
    assert text(rows).strip().startswith("<tr")
    assert re.findall(r'id="([a-z-]+)" hx-swap-oob', text(rows)) == ["filter-chips", "filter-count"]
    assert "HX-Request" in page.headers["Vary"]
    assert "HX-Request" in rows.headers["Vary"]


def test_a_history_request_of_htmx_gets_the_whole_page(cast: Cast) -> None:
    page = signed_in(cast.engineer).get(LIST, headers={**HTMX, "HX-History-Restore-Request": "true"})

    assert "<html" in text(page)


def test_the_more_link_leads_through_all_rows_once_and_keeps_the_filters(cast: Cast) -> None:
    for number in range(PAGE_SIZE + 3):
        make_session(cast, problem_summary=f"Printer {number}")
    make_resolved(cast, problem_summary="Printer that works again")
    client = signed_in(cast.engineer)

    first = client.get(LIST, {"status": "open", "q": "printer"})
    address = re.findall(r'href="([^"]*after=[^"]*)"', text(first))[0].replace("&amp;", "&")
    rest = client.get(address, headers=HTMX)

    expected = [f"Printer {number}" for number in reversed(range(PAGE_SIZE + 3))]
    assert titles(first) + titles(rest) == expected
    assert "after=" not in text(rest)
    assert "hx-swap-oob" not in text(rest)


def test_a_cursor_that_is_not_ours_begins_again(cast: Cast) -> None:
    make_session(cast, problem_summary="Printer is offline")

    assert titles(signed_in(cast.engineer).get(LIST, {"after": "nonsense"})) == ["Printer is offline"]


def test_without_any_session_the_list_says_how_they_appear(cast: Cast) -> None:
    page = signed_in(cast.engineer).get(LIST)

    assert "No sessions yet" in words(page)


def test_when_nothing_matches_the_list_offers_to_clear_the_filters(cast: Cast) -> None:
    make_session(cast)

    page = signed_in(cast.engineer).get(LIST, {"status": "abandoned"})

    assert "Nothing matches" in words(page)
    assert f'<a class="btn" href="{LIST}">Clear all filters</a>' in text(page)


def test_an_active_filter_has_a_chip_that_takes_it_off(cast: Cast) -> None:
    page = signed_in(cast.engineer).get(LIST, {"status": "open", "q": "printer"})

    assert re.findall(r'<a class="fp-chip" href="([^"]+)">([^<]+)', text(page)) == [
        (f"{LIST}?q=printer", "Status: Open")
    ]


def test_a_filter_that_cannot_be_read_is_named_and_narrows_nothing(cast: Cast) -> None:
    make_session(cast, problem_summary="Printer is offline")

    page = signed_in(cast.engineer).get(LIST, {"team": "nonsense", "q": "-" * 5000})

    assert titles(page) == ["Printer is offline"]
    assert "Not filtered. Team:" in words(page)
    assert "Not filtered. Search:" in words(page)


@pytest.mark.parametrize(
    ("person", "seen"),
    [
        ("engineer", ["Without a team", "Of the desk"]),
        ("team_admin", ["Of the desk"]),
        ("other_team_admin", ["Of the projects"]),
        ("account_admin", ["Without a team", "Of the projects", "Of the desk"]),
    ],
)
def test_everybody_sees_the_sessions_of_the_own_teams_and_ones_own(
    cast: Cast, person: str, seen: list[str]
) -> None:
    make_session(cast, problem_summary="Of the desk", user=cast.colleague)
    make_session(cast, problem_summary="Of the projects", team=cast.other_team)
    make_session(cast, problem_summary="Without a team", team=None)

    assert titles(signed_in(getattr(cast, person)).get(LIST)) == seen


def test_a_superuser_has_no_sessions_to_list(cast: Cast) -> None:
    page = signed_in(make_user(None, "root", is_superuser=True, is_staff=True)).get(LIST)

    assert page.status_code == 403


def test_a_session_without_a_summary_is_called_by_its_first_line(cast: Cast) -> None:
    make_session(cast, problem_summary=None, intake_content={"text": "VPN drops\nevery hour"})
    make_session(cast, problem_summary=None, intake_content={})

    assert titles(signed_in(cast.engineer).get(LIST)) == ["Untitled session", "VPN drops"]


def test_what_people_typed_is_shown_and_not_run(cast: Cast) -> None:
    make_session(cast, problem_summary="<script>alert(1)</script>")

    page = signed_in(cast.engineer).get(LIST)

    assert titles(page) == ["&lt;script&gt;alert(1)&lt;/script&gt;"]


def test_the_list_costs_the_same_queries_for_one_row_as_for_thirty(cast: Cast) -> None:
    make_resolved(cast)
    one = asked(cast)
    for _number in range(29):
        make_session(cast, problem_summary=None)

    assert asked(cast) == one <= 8


def test_nothing_is_counted_without_an_end(cast: Cast) -> None:
    make_session(cast)
    client = signed_in(cast.engineer)
    with CaptureQueriesContext(connection) as queries:
        client.get(LIST)

    assert counted_without_end(queries) == []
