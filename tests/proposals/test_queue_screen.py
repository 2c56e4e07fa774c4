import gzip
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from flowpilot.accounts.models import Client
from flowpilot.core import counting
from proposals import actions, reading
from proposals.models import FlowProposal, ProposalEvidence
from tests.factories import Cast, make_proposal, make_resolved, make_user, make_version, small_tree
from tests.screens import HTMX, at, counted_without_end, signed_in, text, titles, words


def asked(cast: Cast, url: str, **headers: str) -> int:
    """How many queries a page costs somebody who has signed in before."""
    client = signed_in(cast.team_admin)
    client.get(url, headers=headers)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url, headers=headers).status_code == 200
    return len(queries)


def test_the_queue_lists_what_is_pending_and_opens_the_newest(cast: Cast) -> None:
    older = make_proposal(cast, title="Printer is offline")
    newer = make_proposal(cast, title="Mail is late")
    make_proposal(cast, title="Declined one", status="dismissed")

    page = signed_in(cast.engineer).get(at("queue"))

    assert titles(page) == ["Mail is late", "Printer is offline"]
    assert (page.context["detail"].proposal, page.context["page"].rows) == (newer, [newer, older])
    assert f'<li class="fp-row is-current" data-row id="row-{newer.pk}">' in text(page)
    assert text(page).count('aria-current="true"') == 1


@pytest.mark.parametrize(
    ("tab", "status"),
    [
        ("pending", "pending"),
        ("published", "approved"),
        ("published", "edited"),
        ("dismissed", "dismissed"),
        ("rejected", "rejected"),
        ("expired", "expired"),
    ],
)
def test_each_status_stands_under_its_tab(cast: Cast, tab: str, status: str) -> None:
    make_proposal(cast, title="Found", status=status)

    shown = {
        name: titles(signed_in(cast.engineer).get(at("queue"), {"status": name})) for name in reading.TABS
    }

    assert shown == {name: ["Found"] if name == tab else [] for name in reading.TABS}


def test_a_tab_that_does_not_exist_is_the_first(cast: Cast) -> None:
    make_proposal(cast, title="Found")

    assert titles(signed_in(cast.engineer).get(at("queue"), {"status": "nonsense"})) == ["Found"]


def test_the_tabs_keep_the_filters(cast: Cast) -> None:
    page = text(signed_in(cast.engineer).get(at("queue"), {"type": "enhancement"}))

    assert "/review/?type=enhancement&amp;status=dismissed" in page


def test_the_number_of_pending_ones_stands_in_tab_and_navigation(cast: Cast) -> None:
    make_proposal(cast)
    make_proposal(cast)
    make_proposal(cast, team=cast.other_team)

    page = text(signed_in(cast.engineer).get(at("queue")))

    assert re.findall(r'id="(?:nav|tab)-review-count">(.*?)<', page) == ["2", "2"]


def test_no_number_is_shown_when_nothing_is_pending(cast: Cast) -> None:
    page = text(signed_in(cast.engineer).get(at("queue")))

    assert re.findall(r'id="(?:nav|tab)-review-count">(.*?)<', page) == ["", ""]


def test_the_count_stops_at_its_limit(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    for _number in range(3):
        make_proposal(cast)
    monkeypatch.setattr(counting, "MOST", 1)

    page = text(signed_in(cast.engineer).get(at("queue")))

    assert re.findall(r'id="(?:nav|tab)-review-count">(.*?)<', page) == ["1+", "1+"]


def test_under_htmx_only_the_rows_come_with_what_speaks_of_the_filters(cast: Cast) -> None:
    make_proposal(cast, title="Found")

    part = signed_in(cast.engineer).get(at("queue"), headers=HTMX)

    assert "<html" not in text(part)
    assert titles(part) == ["Found"]
    out_of_band = re.findall(r'id="([\w-]+)"[^>]*hx-swap-oob', text(part))
    assert out_of_band == ["queue-tabs", "filter-chips", "filter-count", "pulse"]


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_page_and_fragment_are_cached_apart(cast: Cast, headers: dict[str, str]) -> None:
    proposal = make_proposal(cast)

    for url in (at("queue"), at("detail", proposal)):
        assert "HX-Request" in signed_in(cast.engineer).get(url, headers=headers)["Vary"]


def test_more_rows_follow_by_cursor_and_keep_the_filters(cast: Cast) -> None:
    for number in range(30):
        make_proposal(cast, title=f"Problem {number:02}")
    client = signed_in(cast.engineer)

    first = client.get(at("queue"), {"type": "new_flow"})
    link = re.search(r'<li class="fp-more"><a class="btn btn-sm" href="(.*?)"', text(first))
    assert link is not None
    second = client.get(link[1].replace("&amp;", "&"), headers=HTMX)

    assert titles(first) == [f"Problem {number:02}" for number in range(29, 4, -1)]
    assert titles(second) == [f"Problem {number:02}" for number in range(4, -1, -1)]
    assert "type=new_flow" in link[1]
    assert "hx-swap-oob" not in text(second)


def test_engineers_see_their_teams_proposals_only(cast: Cast, outsiders: Cast) -> None:
    make_proposal(cast, title="Ours")
    make_proposal(cast, title="Of another team", team=cast.other_team)
    make_proposal(outsiders, title="Of another account")

    assert titles(signed_in(cast.engineer).get(at("queue"))) == ["Ours"]
    assert titles(signed_in(cast.account_admin).get(at("queue"))) == ["Of another team", "Ours"]


def test_strangers_sign_in_first_and_superusers_have_no_queue(cast: Cast, client: object) -> None:
    superuser = make_user(None, "root", is_superuser=True, is_staff=True)

    assert client.get(at("queue")).url.startswith("/accounts/login/")  # type: ignore[attr-defined]
    assert signed_in(superuser).get(at("queue")).status_code == 403


def test_an_account_without_proposals_reads_how_they_appear(cast: Cast) -> None:
    page = signed_in(cast.engineer).get(at("queue"))

    assert "Nothing has been proposed yet" in words(page)
    assert f'href="{reverse("sessions:list")}">See the sessions' in text(page)


def test_a_queue_that_was_worked_off_is_clear(cast: Cast) -> None:
    make_proposal(cast, status="rejected")

    page = words(signed_in(cast.engineer).get(at("queue")))

    assert "The queue is clear" in page
    assert "Nothing has been proposed yet" not in page


def test_filters_that_match_nothing_can_be_cleared(cast: Cast) -> None:
    make_proposal(cast)

    page = signed_in(cast.engineer).get(at("queue"), {"q": "unheardof"})

    assert "Nothing matches" in words(page)
    assert '<a class="btn" href="/review/?status=pending">Clear all filters' in text(page)


def test_a_row_says_what_there_is_to_know_before_opening_it(cast: Cast) -> None:
    version = make_version(cast)
    make_proposal(
        cast, version=version, title="Spooler <b>stops</b>", problem_domain="printing", confidence=0.644
    )

    row = words(signed_in(cast.engineer).get(at("queue"), headers=HTMX))

    assert "Enhancement just now Spooler &lt;b&gt;stops&lt;/b&gt; Service desk Printing" in row
    assert "1 session · 1 client · 64.4% confidence" in row


@pytest.mark.parametrize(
    ("name", "headers", "most"), [("queue", {}, 10), ("queue", HTMX, 6), ("detail", HTMX, 8)]
)
def test_queries_do_not_grow_with_the_rows(cast: Cast, name: str, headers: dict[str, str], most: int) -> None:
    first = make_proposal(cast)
    url = at(name, first if name == "detail" else None)
    one = asked(cast, url, **headers)

    for _number in range(29):
        make_proposal(cast)

    assert asked(cast, url, **headers) == one
    assert one <= most


def test_queries_do_not_grow_with_what_stands_beside_a_proposal(cast: Cast) -> None:
    proposal = make_proposal(cast)
    one = asked(cast, at("detail", proposal), **HTMX)

    for _number in range(29):
        session = make_resolved(cast)
        ProposalEvidence.objects.create(
            account=cast.account, proposal=proposal, session=session, resolution_no=1
        )
        actions.dismiss(proposal, draft=proposal.current_draft_id, by=cast.team_admin)
        actions.reopen(proposal, by=cast.team_admin)

    assert asked(cast, at("detail", proposal), **HTMX) == one


def test_a_change_to_a_flow_costs_one_query_more_whatever_became_of_it(cast: Cast) -> None:
    new = make_proposal(cast)
    pages: list[tuple[str, dict[str, str]]] = [
        (at("detail", new), {}),
        (at("detail", new), HTMX),
        (at("queue"), HTMX),
    ]
    page, panel, rows = (asked(cast, url, **headers) for url, headers in pages)
    pending, published = (make_proposal(cast, version=make_version(cast)) for _number in range(2))
    actions.publish_edited(
        published,
        small_tree(),
        meta={},
        draft=published.current_draft_id,
        base=published.base_version_id,
        by=cast.account_admin,
    )

    assert asked(cast, at("detail", pending)) == page + 1 <= 10
    assert [asked(cast, at("detail", each), **HTMX) for each in (pending, published)] == [panel + 1] * 2
    assert (panel + 1 <= 8, asked(cast, at("queue")) <= 10) == (True, True)
    assert asked(cast, at("queue"), **HTMX) == rows


def test_the_parts_that_come_after_the_queue_are_the_panels(cast: Cast) -> None:
    proposal = make_proposal(cast)
    client = signed_in(cast.team_admin)
    assert f'hx-get="{at("parts", proposal)}?q=printer"' in text(client.get(at("queue"), {"q": "printer"}))

    part = client.get(at("parts", proposal), {"q": "printer"}, headers=HTMX)

    ids = [f'id="{name}"' for name in ("tree", "evidence", "activity")]
    assert [name in text(part) for name in ids] == [True] * 3
    assert f"{at('split', proposal)}?q=printer" not in text(part)
    assert asked(cast, at("parts", proposal), **HTMX) <= 8


def test_without_scripts_the_parts_are_on_the_page_of_the_proposal(cast: Cast) -> None:
    proposal = make_proposal(cast)

    answer = signed_in(cast.engineer).get(at("parts", proposal), {"q": "printer"})

    assert (answer.status_code, answer["Location"]) == (302, at("detail", proposal) + "?q=printer")


def test_the_parts_of_another_team_are_not_found(cast: Cast, outsiders: Cast) -> None:
    proposal = make_proposal(cast)
    people = (cast.other_team_admin, outsiders.account_admin)

    answers = [signed_in(each).get(at("parts", proposal), headers=HTMX).status_code for each in people]

    assert answers == [404, 404]


def test_figures_of_the_newest_sessions_say_so_beside_the_number_of_all(cast: Cast) -> None:
    proposal = make_proposal(cast)
    FlowProposal.objects.filter(pk=proposal.pk).update(evidence_count=120)
    client = signed_in(cast.engineer)
    few = words(client.get(at("detail", proposal), headers=HTMX))

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("proposals.evidence.EVIDENCE_SHOWN", 1)
        patched.setattr("proposals.reading.EVIDENCE_SHOWN", 1)
        shown = words(client.get(at("detail", proposal), headers=HTMX))

    assert "of the newest" not in few
    assert "Evidence 120 sessions, 1 client among the newest 1 " in shown
    assert "Still resolved 1 of the newest 1 Median time to fix under 1 min of the newest 1 " in shown


def test_the_page_of_one_proposal_costs_no_more_than_the_queue(cast: Cast) -> None:
    assert asked(cast, at("detail", make_proposal(cast))) <= 10


def test_nothing_is_counted_without_an_end(cast: Cast) -> None:
    make_proposal(cast)
    client = signed_in(cast.team_admin)

    with CaptureQueriesContext(connection) as queries:
        client.get(at("queue"))

    assert counted_without_end(queries) == []


def test_pages_without_navigation_do_not_count(cast: Cast, client: object) -> None:
    with CaptureQueriesContext(connection) as queries:
        client.get("/accounts/login/")  # type: ignore[attr-defined]

    assert [query["sql"] for query in queries if "proposals_flowproposal" in query["sql"]] == []


@pytest.mark.parametrize(
    ("headers", "raw", "packed"), [({}, 60_000, 12_000), (HTMX, 30_000, 4_000)], ids=["page", "fragment"]
)
def test_pages_and_fragments_stay_light(cast: Cast, headers: dict[str, str], raw: int, packed: int) -> None:
    """With every filter on."""
    contoso = Client.objects.create(account=cast.account, name="Contoso")
    for number in range(30):
        title = f"Outlook {number} asks for the password again and again after the update"
        make_proposal(cast, title=title, client=contoso, problem_domain="email")
    chosen = {"domain": "email", "team": cast.team.pk, "client": contoso.pk, "evidence": 1, "age": "30"}
    every = {"q": "password", "type": "new_flow", **chosen, "sort": "confidence", "status": "pending"}

    page = signed_in(cast.team_admin).get(at("queue"), every, headers=headers)

    assert len(titles(page)) == 25
    assert (len(page.content) <= raw, len(gzip.compress(page.content)) <= packed) == (True, True)
