"""The pages of knowledge gaps: all sessions of one, filters, pages, and what a flow can be drafted from."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from analytics import gap_reading
from analytics.actions import gaps
from analytics.actions.gaps import find_gaps
from analytics.models import KnowledgeGap
from flowpilot.core.scope import account_scope
from proposals.models import FlowProposal
from tests.analytics.looking import behind
from tests.analytics.planting import NOW, put
from tests.factories import Cast, make_gap, make_resolved, make_session, make_version
from tests.screens import HTMX, signed_in, text, words


@pytest.fixture
def desk(cast: Cast) -> Iterator[Cast]:
    with account_scope(cast.account.pk):
        yield cast


def many_escalated(desk: Cast, number: int) -> KnowledgeGap:
    """That of a domain from which so many were handed out of FlowPilot, and all of them are."""
    flow = make_version(desk).flow
    put(desk, 200, problem_domain="printing", matched_flow=flow)
    put(desk, number, problem_domain="voip", matched_flow=flow, status="escalated")
    find_gaps(desk.account, now=NOW)
    return KnowledgeGap.objects.get(kind="high_escalation")


@pytest.mark.django_db
def test_the_number_of_a_gap_leads_to_all_its_sessions(desk: Cast) -> None:
    gap = many_escalated(desk, 120)
    client, address = signed_in(desk.team_admin), f"{reverse('sessions:list')}?gap={gap.pk}"

    listed, shown = client.get(reverse("analytics:gaps")), client.get(reverse("analytics:gap", args=[gap.pk]))

    assert (gap.demand, behind(address, desk.team_admin)) == (120, 120)
    assert f'<a class="fp-link" href="{address}">120</a>' in text(listed)
    assert f'<dd><a href="{address}">120</a>' in text(shown)
    assert "All 120 sessions Here are the newest." in words(shown)
    assert "Knowledge gap: the sessions that show it" in words(client.get(address))
    assert client.get(reverse("sessions:list"), {"gap": "x"}).status_code == 200


@pytest.mark.django_db
def test_sessions_are_said_to_be_left_out_where_the_gap_has_too_many_and_not_where_the_reader_sees_fewer(
    desk: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gap_reading, "SHOWN", 1)
    monkeypatch.setattr(gap_reading, "SESSIONS_KEPT", 3)
    seen = [make_resolved(desk), make_resolved(desk)]
    narrow = make_gap(desk, *seen, make_resolved(desk, team=desk.other_team))
    wide = make_gap(desk, *seen, demand=4)
    client = signed_in(desk.team_admin)

    told = [words(client.get(reverse("analytics:gap", args=[gap.pk]))) for gap in (narrow, wide)]

    assert ["All 2 sessions Here are the newest." in page for page in told] == [True, True]
    assert ["Of so many, the newest are kept." in page for page in told] == [False, True]


@pytest.mark.django_db
def test_no_flow_is_drafted_for_the_escalations_of_a_whole_domain(desk: Cast) -> None:
    gap, topic = many_escalated(desk, 12), make_gap(desk)
    client = signed_in(desk.team_admin)
    page = client.get(reverse("analytics:gap", args=[gap.pk]))
    asked = client.post(reverse("analytics:draft", args=[gap.pk]), follow=True)

    assert reverse("analytics:draft", args=[gap.pk]) not in text(page)
    assert f"?kind=uncovered_topic&amp;team={desk.team.pk}&amp;domain=voip" in text(page)
    assert "no flow answers them all" in words(asked)
    assert not FlowProposal.objects.exists()
    drafts = text(client.get(reverse("analytics:gaps")))
    assert reverse("analytics:draft", args=[topic.pk]) in drafts
    assert reverse("analytics:draft", args=[gap.pk]) not in drafts
    nodes = KnowledgeGap(kind="high_escalation", evidence={"scope": "node"})
    assert (nodes.is_one_problem, KnowledgeGap(kind="sideways").is_one_problem) == (True, False)


@pytest.mark.django_db
def test_a_flow_is_drafted_from_the_resolved_sessions_however_many_newer_ones_are_not(desk: Cast) -> None:
    resolved = make_resolved(desk)
    gap = make_gap(desk, resolved, *(make_session(desk) for _newer in range(3)))
    old = [make_resolved(desk) for _old in range(3)]
    for number, session in enumerate(old):
        session.created_at -= timedelta(days=number + 1)
        session.save(update_fields=["created_at"])
        gap.shown_by.create(account=desk.account, session=session)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(gaps, "DRAFTED_FROM", 2)
        proposed = gaps.draft_flow(gap, by=desk.team_admin).proposal

    assert proposed is not None
    assert set(proposed.evidence.values_list("session", flat=True)) == {resolved.pk, old[0].pk}


@pytest.mark.django_db
def test_gaps_are_narrowed_and_paged_and_the_share_of_topics_is_of_all_of_them(desk: Cast) -> None:
    shown = make_resolved(desk)
    for number in range(30):
        more = {"team": desk.other_team} if number == 0 else {"domain": "email"} if number == 1 else {}
        make_gap(desk, shown, title=f"Topic {number:02}", demand=10, priority=number, **more)
    make_gap(desk, shown, title="Way", kind="weak_option", priority=99)
    client, address = signed_in(desk.account_admin), reverse("analytics:gaps")

    first = client.get(address)
    with CaptureQueriesContext(connection) as asked_for_more:
        second = client.get(address, {"after": first.context["page"].next_cursor}, headers=HTMX)

    assert [gap.title for gap in first.context["page"].rows] == [
        "Way",
        *(f"Topic {n:02}" for n in range(29, 5, -1)),
    ]
    assert [gap.title for gap in second.context["page"].rows] == [f"Topic {n:02}" for n in range(5, -1, -1)]
    ranked = [each["sql"] for each in asked_for_more if "uncovered_topic" in each["sql"]]
    assert ranked == [], "what stands around the rows is not read for those that follow"
    assert "These 24 topics cover 80% of the 300 uncovered sessions." in words(first)
    assert "from 20 hours in the 13 weeks on, high from 8, medium from 2, low below" in words(first)
    for asked, titles in (
        ({"team": desk.other_team.pk}, ["Topic 00"]),
        ({"domain": "email"}, ["Topic 01"]),
        ({"kind": "weak_option"}, ["Way"]),
        ({"kind": "weak_option", "state": "resolved"}, []),
    ):
        page = client.get(address, asked)
        assert [gap.title for gap in page.context["page"].rows] == titles
    assert f"{address}?kind=weak_option&amp;state=dismissed" in text(page)
    assert "No gap matches these filters" in words(page)
    part = text(client.get(address, {"kind": "weak_option"}, headers=HTMX))
    assert 'id="gap-pareto" hx-swap-oob="true"' in part
