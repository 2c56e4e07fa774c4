"""A history with planted truth, through the scheduled jobs: what is planted is found, and nothing else."""

from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from analytics.actions import rollups
from analytics.cards import effects
from analytics.jobs import count_days, find_gaps
from analytics.models import KnowledgeGap, RollupState
from flowpilot.core.scope import account_scope
from flowpilot.core.statistics import difference, wilson
from flowpilot.flows.actions import publish_version
from flowpilot.flows.models import FlowVersion
from proposals import actions as proposals
from sessions.models import AISession
from tests.analytics.looking import behind, built, counted
from tests.analytics.planting import choose, put
from tests.factories import Cast, make_proposal, make_version, small_tree
from tests.screens import signed_in, text

TOPICS = {
    "Scanner stops with error 0x8021": "The scanner in {place} stops with 0x8021 after the firmware update.",
    "Payroll export rejects the pension column": "{place}: the export says the pension column is invalid.",
    "Badge reader does not open the garage": "The badge reader of the garage stays red, reports {place}.",
}
PLACES = ("reception", "the warehouse", "the second floor", "accounting", "the branch office")


@pytest.fixture
def desk(cast: Cast) -> Iterator[Cast]:
    with account_scope(cast.account.pk):
        yield cast


def mixed(desk: Cast, random: Random, number: int, good: float, **more: Any) -> list[AISession]:
    """So many sessions, each resolved with that chance; else `bad` says what became of it."""
    begun, bad = more.pop("begun", timezone.now() - timedelta(days=40)), more.pop("bad", "abandoned")
    found = put(desk, number, begun=begun, **more)
    ended_so = [session.pk for session in found if random.random() >= good]
    AISession.objects.filter(pk__in=ended_so).update(status=bad)
    return found


def on(version: FlowVersion, **more: Any) -> dict[str, Any]:
    return {"flow_version": version, "matched_flow": version.flow, "problem_domain": "printing", **more}


@pytest.mark.django_db
def test_the_scheduled_search_finds_what_was_planted_and_nothing_else(desk: Cast) -> None:
    random, long_ago = Random(11), timezone.now() - timedelta(days=80)
    weak, fair, decaying = (make_version(desk, title=title) for title in ("Weak", "Fair", "Decaying"))
    for version, chance in ((weak, 0.5), (fair, 0.78)):
        choose(desk, mixed(desk, random, 120, 0.78, **on(version)), "n1", "o1")
        choose(desk, mixed(desk, random, 60, chance, **on(version)), "n1", "o2")
    mixed(desk, random, 80, 0.95, begun=long_ago, **on(decaying))
    mixed(desk, random, 60, 0.5, begun=long_ago + timedelta(days=50), **on(decaying))
    escalating = on(fair, problem_domain="voip", bad="escalated", escalation_reason="Needs the provider")
    mixed(desk, random, 40, 0.6, **escalating)
    for title, told in TOPICS.items():
        for place in PLACES:
            about = {"problem_summary": title, "intake_content": {"text": told.format(place=place)}}
            mixed(desk, random, 1, 0.7, **about)

    find_gaps()

    found = KnowledgeGap.objects.exclude(kind="uncovered_topic").values_list("kind", "title")
    assert set(found) == {
        ("weak_option", "Weak: Does the printer show an error? → No"),
        ("decaying_flow", "Decaying"),
        ("high_escalation", "Telephony"),
    }
    topics = KnowledgeGap.objects.filter(kind="uncovered_topic")
    kept = [sorted(topic.shown_by.values_list("session__problem_summary", flat=True)) for topic in topics]
    assert sorted(kept) == sorted([title] * len(PLACES) for title in TOPICS)
    assert [topic.demand for topic in topics] == [len(PLACES)] * len(TOPICS)


@pytest.mark.django_db
def test_a_planted_error_of_calibration_is_shown_with_the_sessions_behind_each_tenth(desk: Cast) -> None:
    scored = {"confidence_tier": "guided", "scored_at": timezone.now(), "confidence_score": 0.99}
    for score, resolved in ((0.95, 45), (0.55, 35)):
        for status, number in (("resolved", resolved), ("abandoned", 60 - resolved)):
            begun = timezone.now() - timedelta(days=20)
            put(desk, number, begun=begun, status=status, first_score=score, **scored)
    count_days()

    card = built(desk.account_admin, "", "calibration")

    assert card.facts[0].label == "Calibration error"
    assert card.facts[0].value == pytest.approx((0.95 - 45 / 60 + 35 / 60 - 0.55) / 2)
    links = counted(card)
    assert [count for _url, count in links] == [120, 120, 35, 45]
    assert links == [(url, behind(url, desk.account_admin)) for url, _count in links]
    assert [behind(mark.url, desk.account_admin) for mark in card.charts[0].marks] == [35, 45]


def around(
    desk: Cast, version: FlowVersion, domain: str, sides: tuple[int, int], n: int, **more: Any
) -> None:
    """`n` resolutions on either side of a publication, so many of which last; 60 minutes before, 30 after."""
    for days, lasting, minutes in ((-30, sides[0], 60), (20, sides[1], 30)):
        begun = version.published_at + timedelta(days=days)
        sessions = put(desk, n, begun=begun, problem_domain=domain, **more)
        for session in sessions:
            session.resolved_at = session.ended_at = session.created_at + timedelta(minutes=minutes)
        for session in sessions[lasting:]:
            session.reopened_at, session.status, session.ended_at = session.resolved_at, "active", None
        AISession.objects.bulk_update(sessions, ["resolved_at", "ended_at", "reopened_at", "status"])


@pytest.mark.django_db
def test_the_effect_of_a_flow_is_told_with_its_interval_and_from_twenty_on_either_side(desk: Cast) -> None:
    late, early = make_version(desk, domain="printing"), make_version(desk, domain="voip")
    around(desk, late, "printing", (20, 36), 40)
    around(desk, early, "voip", (10, 19), 19)
    around(desk, late, "email", (30, 30), 40)
    later = late.published_at + timedelta(days=40)
    rollups.catch_up(desk.account, now=later)

    card = built(desk.account_admin, "", "effects", RollupState(counted_at=later))

    rows = {row[0].text: row[2:] for row in card.tables[0].rows}
    told = [str(cell.text) for cell in rows[late.flow.title]]
    low, high = difference(wilson(36, 40), wilson(20, 40))
    assert told[:3] == [
        "50.0% of 40",
        "90.0% of 40",
        f"+40.0 points ({low * 100:+.1f} to {high * 100:+.1f})",
    ]
    assert told[4] == "30 min faster (-30 to -30 min)"
    too_early = [str(cell.text) for cell in rows[early.flow.title]]
    assert (too_early[0], too_early[1]) == ("52.6% of 19", "100.0% of 19")
    assert (too_early[2], too_early[4]) == ("too early", "too early")
    links = counted(card)
    assert sorted(count or 0 for _url, count in links) == [10, 19, 20, 36]
    assert links == [(url, behind(url, desk.account_admin)) for url, _count in links]


@pytest.mark.django_db
def test_the_effect_of_a_teams_flow_is_that_on_its_own_team_and_every_flow_has_its_row(desk: Cast) -> None:
    own = make_version(desk, domain="printing", title="Of the desk")
    common = make_version(desk, domain="printing", team=None, title="Of all")
    others = [make_version(desk, domain="voip") for _flow in range(12)]
    around(desk, own, "printing", (10, 20), 20)
    around(desk, own, "printing", (5, 0), 20, team=desk.other_team)
    later = own.published_at + timedelta(days=40)
    rollups.catch_up(desk.account, now=later)
    state = RollupState(counted_at=later)

    for query, of_all in (("", ("37.5% of 40", "50.0% of 40")), (f"team={desk.team.pk}", ("50.0% of 20",))):
        card = built(desk.account_admin, query, "effects", state)
        rows = {row[0].text: [str(cell.text) for cell in row] for row in card.tables[0].rows}
        assert rows["Of the desk"][2:4] == ["50.0% of 20", "100.0% of 20"]
        assert tuple(rows["Of all"][2 : 2 + len(of_all)]) == of_all
        links = counted(card)
        assert links == [(url, behind(url, desk.account_admin)) for url, _count in links]
    assert len(rows) == 1 + 1 + len(others)
    assert common.flow.team is None


@pytest.mark.django_db
def test_the_effects_of_many_flows_are_read_at_once_and_while_days_are_still_to_count(desk: Cast) -> None:
    kinds: list[dict[str, Any]] = [{}, {"team": None}, {"team": None, "client": desk.client}]
    versions = [make_version(desk, domain="printing", **kind) for kind in kinds * 3]
    around(desk, versions[0], "email", (20, 20), 20)
    later = versions[0].published_at + timedelta(days=40)
    rollups.catch_up(desk.account, now=later)
    around(desk, versions[0], "printing", (10, 20), 20, client=desk.client)
    AISession.objects.filter(problem_domain="email").update(problem_domain="printing")
    state = RollupState(counted_at=later)

    for user, sources in ((desk.account_admin, {("–", "–")}), (desk.team_admin, set())):
        with CaptureQueriesContext(connection) as seen:
            rows = built(user, "", "effects", state).tables[0].rows
        assert len(rows) == len(versions)
        told = {(str(row[2].text), str(row[3].text)) for row in rows}
        assert told == sources | {("75.0% of 40", "100.0% of 40"), ("50.0% of 20", "100.0% of 20")}
        assert {str(row[5].text) for row in rows} == {"+0.0 points (-16.1 to +16.1)"}
        assert len(seen) <= 5
    page = signed_in(desk.team_admin)
    page.get(reverse("analytics:overview"))
    with CaptureQueriesContext(connection) as seen:
        assert page.get(reverse("analytics:card", args=["effects"])).status_code == 200
    assert len(seen) <= 10


@pytest.mark.django_db
def test_each_change_that_came_from_a_proposal_has_its_row_and_what_has_none_is_told(desk: Cast) -> None:
    first = make_version(desk, domain="printing", title="Printer prints nothing")
    make_version(desk, domain=None)
    change = make_proposal(desk, version=first, problem_domain="printing")
    made = proposals.publish_edited(
        change,
        small_tree("Is it on?"),
        meta={},
        draft=change.current_draft_id,
        base=first.pk,
        confirmed=True,
        by=desk.account_admin,
    )
    publish_version(first.flow, small_tree("Is it ours?"), base=made, by=desk.account_admin)
    undone = make_proposal(desk, problem_domain="voip")
    proposals.approve(undone, draft=undone.current_draft_id, by=desk.account_admin)
    proposals.undo(undone, by=desk.account_admin)

    card = built(desk.account_admin, "", "effects")

    assert {str(row[0].text) for row in card.tables[0].rows} == {
        "Printer prints nothing",
        "Printer prints nothing, version 2",
    }
    assert "1 publication is left out: its flow has no domain" in str(card.note)
    assert first.flow.versions.count() == 3


@pytest.mark.django_db
def test_more_effects_than_one_page_shows_are_on_the_next(
    desk: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(effects, "SHOWN", 2)
    for number in range(3):
        make_version(desk, domain="printing", title=f"Flow {number}")
    client, address = signed_in(desk.account_admin), reverse("analytics:card", args=["effects"])

    first = client.get(address, {"range": "90"})
    second = client.get(address, {"range": "90", "page": "2"})
    file = client.get(reverse("analytics:export", args=["effects"]), {"page": "2"})

    assert f'href="{address}?page=2&amp;range=90">Earlier ones' in text(first)
    assert f'href="{address}?page=1&amp;range=90">Newer ones' in text(second)
    shown = [row[0].text for page in (first, second) for row in page.context["card"].tables[0].rows]
    assert sorted(shown) == ["Flow 0", "Flow 1", "Flow 2"]
    assert text(file).count("Flow ") == 1
    assert client.get(address, {"page": "9" * 5000}).context["card"].tables == first.context["card"].tables
