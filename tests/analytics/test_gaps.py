"""Knowledge gaps: found by their rules, kept from run to run, judged by people."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse

from analytics.actions import gaps
from analytics.actions.gaps import find_gaps
from analytics.actions.known import look_up
from analytics.gaps.decay import change_point, lasting_change
from analytics.gaps.finding import Found, Look, Weight
from analytics.gaps.unfindable import unfindable_flows
from analytics.models import KnowledgeGap
from flowpilot.accounts import audit
from flowpilot.core.scope import account_scope
from flowpilot.flows.models import Flow
from proposals.models import FlowProposal
from sessions.models import AISession
from tests.analytics.planting import NOW, TOPICS, along, put, topic
from tests.factories import Cast, make_gap, make_resolved, make_session, make_version
from tests.screens import signed_in, text, words


@pytest.fixture
def desk(cast: Cast) -> Iterator[Cast]:
    with account_scope(cast.account.pk):
        yield cast


def kinds() -> list[tuple[str, str]]:
    return list(KnowledgeGap.objects.order_by("kind", "title").values_list("kind", "title"))


@pytest.mark.django_db
def test_a_weak_option_is_found_with_its_numbers(desk: Cast) -> None:
    version = make_version(desk, title="Printer prints nothing", domain="printing")
    along(desk, version, 60, "o1")
    along(desk, version, 12, "o2")
    along(desk, version, 28, "o2", status="abandoned")

    find_gaps(desk.account, now=NOW)

    gap = KnowledgeGap.objects.get(kind="weak_option")
    assert gap.title == "Printer prints nothing: Does the printer show an error? → No"
    assert (gap.evidence["n"], gap.evidence["resolved"], gap.evidence["rate"]) == (40, 12, 0.3)
    assert (gap.evidence["flow_rate"], gap.evidence["option"]) == (0.72, "o2")
    assert gap.evidence["high"] < 0.72
    assert (gap.demand, gap.shown_by.count(), gap.team) == (40, 50 - 10, desk.team)
    assert json.loads(json.dumps(gap.evidence)) == gap.evidence


@pytest.mark.django_db
def test_few_sessions_or_a_small_difference_make_no_weak_option(desk: Cast) -> None:
    version = make_version(desk)
    along(desk, version, 60, "o1")
    along(desk, version, 19, "o2", status="abandoned")

    find_gaps(desk.account, now=NOW)

    assert not KnowledgeGap.objects.filter(kind="weak_option").exists()


@pytest.mark.django_db
def test_a_gap_of_a_teams_flow_is_about_the_sessions_of_that_team(desk: Cast) -> None:
    own, common = make_version(desk), make_version(desk, team=None)
    for version in (own, common):
        along(desk, version, 60, "o1")
        along(desk, version, 25, "o2", status="abandoned", team=desk.other_team)
        along(desk, version, 20, "o2", status="abandoned")

    find_gaps(desk.account, now=NOW)

    found = KnowledgeGap.objects.filter(kind="weak_option").values_list("team", "demand", "evidence__n")
    assert set(found) == {(desk.team.pk, 20, 20), (None, 45, 45)}
    decay = KnowledgeGap.objects.filter(kind="decaying_flow")
    assert set(decay.values_list("team", "demand")) <= {(desk.team.pk, 20), (None, 45)}


@pytest.mark.django_db
def test_small_topics_are_one_only_when_their_words_are_the_same(desk: Cast) -> None:
    sessions = topic(desk, 0, 3)
    known = make_gap(desk, key="a", evidence={"terms": ["printer", "label"], "sessions": []})
    same = make_gap(desk, key="b", evidence={"terms": ["printer", "tray"], "sessions": []})
    found = Found("uncovered_topic", "", "", {"terms": ["tray", "printer"]}, tuple(s.pk for s in sessions))
    topics = gaps.Topics([known, same])

    assert topics.same(replace(found, team_id=desk.team.pk)) == same
    assert topics.same(replace(found, team_id=desk.team.pk)) is None, "it is taken"


@pytest.mark.django_db
def test_a_domain_from_which_more_is_escalated_than_in_its_team_is_found(desk: Cast) -> None:
    put(desk, 80, problem_domain="printing", matched_flow=make_version(desk).flow)
    flow = make_version(desk).flow
    gone = {"status": "escalated", "escalation_reason": "Needs the provider", "matched_flow": flow}
    put(desk, 5, problem_domain="voip", **gone)
    put(desk, 6, problem_domain="voip", escalation_code="provider", **gone)
    taken = {"escalated_to": desk.team_admin, "escalation_requested_at": NOW - timedelta(days=30)}
    put(desk, 1, problem_domain="voip", matched_flow=flow, **taken)

    find_gaps(desk.account, now=NOW)

    gap = KnowledgeGap.objects.get(kind="high_escalation")
    assert (gap.evidence["scope"], gap.evidence["key"], gap.domain) == ("domain", "voip", "voip")
    assert (gap.evidence["n"], gap.evidence["escalated"], gap.evidence["team_rate"]) == (12, 12, 0.1304)
    assert gap.evidence["reasons"] == {"provider": 6, "Needs the provider": 5}
    page = words(signed_in(desk.team_admin).get(reverse("analytics:gap", args=[gap.pk])))
    assert "Reasons Matter of a provider or vendor (6); Needs the provider (5)" in page


@pytest.mark.django_db
def test_a_node_from_which_more_is_escalated_leads_to_its_flow(desk: Cast) -> None:
    version = make_version(desk, title="Printer prints nothing")
    put(desk, 60)
    along(desk, version, 12, "o1", status="escalated", escalation_reason="Needs the provider")

    find_gaps(desk.account, now=NOW)

    gap = KnowledgeGap.objects.get(key=f"node:{version.flow_id}:n1")
    page = text(signed_in(desk.team_admin).get(reverse("analytics:gap", args=[gap.pk])))
    assert (gap.evidence["n"], gap.evidence["escalated"]) == (12, 12)
    assert gap.evidence["reasons"] == {"Needs the provider": 12}
    assert reverse("flows:detail", args=[version.flow_id]) in page


@pytest.mark.django_db
def test_a_flow_that_helps_less_since_some_day_is_found(desk: Cast) -> None:
    version = make_version(desk, title="Outlook asks for the password")
    at = {"matched_flow": version.flow, "flow_version": version}
    desk.account.time_zone = "Pacific/Auckland"
    put(desk, 60, begun=NOW - timedelta(days=60), **at)
    put(desk, 40, begun=NOW - timedelta(days=20), status="abandoned", **at)

    find_gaps(desk.account, now=NOW)

    gap = KnowledgeGap.objects.get(kind="decaying_flow")
    assert gap.evidence["since"] == "2026-05-13", "noon of UTC is the next day in Auckland"
    assert gap.evidence["before"] == {"n": 60, "rate": 1.0}
    assert gap.evidence["after"] == {"n": 40, "rate": 0.0}


@pytest.mark.django_db
def test_the_library_calls_the_same_flows_decaying(desk: Cast) -> None:
    worse, better = make_version(desk), make_version(desk)
    Flow.objects.filter(pk=better.flow_id).update(decaying=True)
    for version, statuses in ((worse, ("resolved", "abandoned")), (better, ("abandoned", "resolved"))):
        at = {"matched_flow": version.flow, "flow_version": version}
        put(desk, 40, begun=NOW - timedelta(days=60), status=statuses[0], **at)
        put(desk, 40, begun=NOW - timedelta(days=20), status=statuses[1], **at)

    find_gaps(desk.account, now=NOW)

    assert list(KnowledgeGap.objects.filter(kind="decaying_flow").values_list("key", flat=True)) == [
        str(worse.flow_id)
    ]
    assert set(Flow.objects.filter(decaying=True)) == {worse.flow}


def test_a_share_that_does_not_fall_has_no_change() -> None:
    assert change_point([]) is None
    assert change_point([True, False] * 100) is None
    assert change_point([False] * 40 + [True] * 40) is None, "it rises"
    assert change_point([True] * 20 + [False] * 19) is None, "too few"
    assert change_point([True] * 40 + [False] * 20) == 40


def test_a_share_that_has_come_back_is_no_longer_fallen() -> None:
    fallen = [True] * 60 + [False] * 40

    assert lasting_change(fallen) == 60
    assert lasting_change(fallen + [True] * 19) == 60
    assert lasting_change(fallen + [True] * 20) is None


@pytest.mark.django_db
def test_a_topic_without_a_flow_is_named_by_its_words_and_known_again(desk: Cast) -> None:
    first = topic(desk, 0, 5)
    find_gaps(desk.account, now=NOW)
    gap = KnowledgeGap.objects.get()
    assert "scanner" in gap.title
    assert (gap.kind, gap.demand, gap.evidence["n"]) == ("uncovered_topic", 5, 5)
    assert sorted(gap.evidence["sessions"]) == sorted(str(each.pk) for each in first)

    topic(desk, 0, 4, begun=NOW - timedelta(days=9))
    topic(desk, 1, 3)
    find_gaps(desk.account, now=NOW + timedelta(hours=1))

    again = KnowledgeGap.objects.get(pk=gap.pk)
    assert (again.title, again.demand, again.first_seen_at) == (gap.title, 9, NOW)
    assert KnowledgeGap.objects.count() == 2


@pytest.mark.django_db
def test_a_dismissed_topic_stays_dismissed_however_much_comes_to_it(desk: Cast) -> None:
    topic(desk, 0, 5)
    find_gaps(desk.account, now=NOW)
    gaps.dismiss(KnowledgeGap.objects.get(), by=desk.team_admin)

    topic(desk, 0, 20, begun=NOW - timedelta(days=2))
    AISession.objects.filter(created_at__lt=NOW - timedelta(days=10)).delete()
    find_gaps(desk.account, now=NOW + timedelta(hours=1))

    gap = KnowledgeGap.objects.get()
    assert (gap.state, gap.demand) == ("dismissed", 20)


@pytest.mark.django_db
def test_a_gap_closes_by_itself_when_its_cause_is_gone_and_opens_when_it_is_back(desk: Cast) -> None:
    topic(desk, 0, 5)
    find_gaps(desk.account, now=NOW)
    AISession.objects.update(matched_flow=make_version(desk).flow)

    find_gaps(desk.account, now=NOW + timedelta(hours=1))
    assert KnowledgeGap.objects.get().state == "open", "one run without it is no proof"
    find_gaps(desk.account, now=NOW + timedelta(days=1))
    gap = KnowledgeGap.objects.get()
    assert (gap.state, gap.closed_itself) == ("resolved", True)
    page = words(signed_in(desk.team_admin).get(reverse("analytics:gap", args=[gap.pk])))
    assert "It closed by itself" in page
    assert [(event.verb, event.actor) for event in audit.activity(gap)] == [("gap_closed", None)]

    AISession.objects.update(matched_flow=None)
    find_gaps(desk.account, now=NOW + timedelta(days=2))
    assert KnowledgeGap.objects.get().state == "open"


@pytest.mark.django_db
def test_an_acknowledged_gap_that_closes_by_itself_was_closed_by_nobody(desk: Cast) -> None:
    gap = make_gap(desk, last_seen_at=NOW - timedelta(days=1))
    gaps.acknowledge(gap, by=desk.team_admin)

    find_gaps(desk.account, now=NOW)

    gap.refresh_from_db()
    assert (gap.state, gap.decided_by, gap.closed_itself) == ("resolved", None, True)


@pytest.mark.django_db
def test_a_flow_that_was_not_published_yet_could_not_be_found(desk: Cast) -> None:
    version = make_version(desk, title=TOPICS[0][0], summary=TOPICS[0][1])
    drafted = version.published_at - timedelta(days=60)
    Flow.objects.filter(pk=version.flow_id).update(created_at=drafted)
    topic(desk, 0, 3, begun=version.published_at - timedelta(days=2))
    after = topic(desk, 0, 3, begun=version.published_at + timedelta(minutes=1))

    now = version.published_at + timedelta(days=1)
    look_up(desk.account, now)
    found = list(unfindable_flows(Look(desk.account, now)))

    assert [(each.key, sorted(each.sessions)) for each in found] == [
        (str(version.flow_id), sorted(each.pk for each in after))
    ]


@pytest.mark.django_db
def test_a_gap_that_somebody_resolved_opens_only_when_more_sessions_show_it(desk: Cast) -> None:
    topic(desk, 0, 5)
    find_gaps(desk.account, now=NOW)
    gaps.resolve(KnowledgeGap.objects.get(), by=desk.team_admin)
    find_gaps(desk.account, now=NOW)
    assert KnowledgeGap.objects.get().state == "resolved"

    topic(desk, 0, 1, begun=NOW - timedelta(days=1))
    find_gaps(desk.account, now=NOW)
    assert KnowledgeGap.objects.get().state == "open"


@pytest.mark.parametrize(
    ("minutes", "severity"), [(20 * 60, "critical"), (8 * 60, "high"), (2 * 60, "medium"), (119, "low")]
)
def test_severity_goes_by_the_minutes_of_work_that_did_not_last(minutes: float, severity: str) -> None:
    weight = Weight(demand=10, resolved=5, escalated=5, durable=0.5, median_minutes=minutes / 5)

    assert (weight.priority, weight.severity) == (minutes, severity)


@pytest.mark.django_db
def test_kinds_and_severities_that_nobody_knows_are_shown_in_their_own_words(desk: Cast) -> None:
    odd = {
        "kind": "sideways_flow",
        "severity": "sev_2",
        "weeks": ["x", None, 3],
        "evidence": {"odd": [1, {}]},
    }
    gap = make_gap(desk, **odd)
    client = signed_in(desk.team_admin)
    listed = client.get(reverse("analytics:gaps"))
    shown = client.get(reverse("analytics:gap", args=[gap.pk]))

    assert (listed.status_code, shown.status_code) == (200, 200)
    assert "Sideways flow" in words(listed)
    assert 'fp-badge--unknown">' in text(listed)
    assert "Sev 2" in words(shown)
    assert client.get(reverse("analytics:gaps"), {"state": "odd"}).status_code == 200


@pytest.mark.django_db
def test_the_list_says_how_few_topics_make_most_of_what_is_uncovered(desk: Cast) -> None:
    for demand in (50, 35, 10, 5):
        make_gap(desk, demand=demand, priority=demand)

    page = words(signed_in(desk.team_admin).get(reverse("analytics:gaps")))

    assert "These 2 topics cover 80% of the 100 uncovered sessions." in page


@pytest.mark.django_db
def test_people_judge_a_gap_and_it_moves_to_its_tab(desk: Cast) -> None:
    gap, client = make_gap(desk), signed_in(desk.team_admin)
    for verb, state in (
        ("acknowledge", "acknowledged"),
        ("dismiss", "dismissed"),
        ("reopen", "open"),
        ("resolve", "resolved"),
    ):
        answer = client.post(reverse("analytics:decide", args=[gap.pk, verb]))
        gap.refresh_from_db()
        assert (answer.status_code, gap.state, gap.decided_by) == (303, state, desk.team_admin)

    client.get(reverse("analytics:gaps"))  # says what was done
    assert gap.title not in words(client.get(reverse("analytics:gaps")))
    assert gap.title in words(client.get(reverse("analytics:gaps"), {"state": "resolved"}))
    told = [(event.verb, event.actor, event.changes["state"]) for event in audit.activity(gap)]
    assert told == [
        ("gap_resolved", desk.team_admin, ["open", "resolved"]),
        ("gap_reopened", desk.team_admin, ["dismissed", "open"]),
        ("gap_dismissed", desk.team_admin, ["acknowledged", "dismissed"]),
        ("gap_acknowledged", desk.team_admin, ["open", "acknowledged"]),
    ]
    assert "Knowledge gap dismissed" in words(client.get(reverse("analytics:gap", args=[gap.pk])))
    assert client.post(reverse("analytics:decide", args=[gap.pk, "explode"])).status_code == 404


@pytest.mark.django_db
def test_a_gap_is_seen_by_the_admins_of_its_team_only(desk: Cast) -> None:
    gap = make_gap(desk)

    assert signed_in(desk.other_team_admin).get(reverse("analytics:gap", args=[gap.pk])).status_code == 404
    assert gap.title not in words(signed_in(desk.other_team_admin).get(reverse("analytics:gaps")))
    assert gap.title in words(signed_in(desk.account_admin).get(reverse("analytics:gaps")))


@pytest.mark.django_db
def test_a_flow_is_drafted_from_all_resolved_sessions_of_the_gap(desk: Cast) -> None:
    resolved = [make_resolved(desk), make_resolved(desk)]
    gap = make_gap(desk, *resolved, make_session(desk))

    answer = signed_in(desk.team_admin).post(reverse("analytics:draft", args=[gap.pk]))

    proposal = FlowProposal.objects.get()
    assert answer["Location"] == reverse("proposals:detail", args=[proposal.pk])
    assert sorted(proposal.evidence.values_list("session", flat=True)) == sorted(each.pk for each in resolved)
    gap.refresh_from_db()
    assert gap.state == "acknowledged"


@pytest.mark.django_db
def test_a_gap_without_a_resolved_session_says_that_there_is_nothing_to_learn_from(desk: Cast) -> None:
    gap = make_gap(desk, make_session(desk))
    client = signed_in(desk.team_admin)

    page = client.post(reverse("analytics:draft", args=[gap.pk]), follow=True)

    assert "nothing to learn from yet" in words(page)
    assert not FlowProposal.objects.exists()
