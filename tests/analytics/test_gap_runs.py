"""From run to run of the detectors: what is mended, covered or dismissed stays so; accounts take turns."""

from collections.abc import Iterator
from datetime import timedelta
from math import inf

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from analytics.actions import gaps
from analytics.actions.gaps import find_gaps
from analytics.actions.known import NoneCouldBeLookedUp
from analytics.models import KnowledgeGap
from flowpilot.accounts.models import Account
from flowpilot.accounts.rounds import in_every_account
from flowpilot.core.scope import account_scope
from flowpilot.flows.models import Flow
from proposals import actions as proposals
from tests.analytics.planting import NOW, put, topic
from tests.factories import Cast, make_gap, make_resolved, make_version

TOPICS = [
    (
        "Scanner stops with error 0x8021 after the firmware update",
        "The scanner in reception stops with 0x8021.",
    ),
    (
        "Payroll export rejects the pension column",
        "The payroll export says that the pension column is invalid.",
    ),
]


@pytest.fixture
def desk(cast: Cast) -> Iterator[Cast]:
    with account_scope(cast.account.pk):
        yield cast


@pytest.mark.django_db
def test_a_mended_flow_decays_no_more(desk: Cast) -> None:
    version = make_version(desk)
    at = {"matched_flow": version.flow, "flow_version": version}
    put(desk, 60, begun=NOW - timedelta(days=60), **at)
    put(desk, 40, begun=NOW - timedelta(days=30), status="abandoned", **at)
    find_gaps(desk.account, now=NOW)
    assert Flow.objects.get().decaying

    put(desk, 20, begun=NOW - timedelta(days=10), **at)
    find_gaps(desk.account, now=NOW + timedelta(days=1))

    gap = KnowledgeGap.objects.get(kind="decaying_flow")
    assert (gap.state, gap.closed_itself, Flow.objects.get().decaying) == ("resolved", True, False)


@pytest.mark.django_db
def test_the_newest_sessions_of_a_gap_are_kept_and_go_to_the_database_as_one_parameter(
    desk: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gaps, "SESSIONS_KEPT", 4)
    sessions = topic(desk, 0, 5)
    find_gaps(desk.account, now=NOW)
    sessions += topic(desk, 0, 2, begun=NOW - timedelta(days=20))

    with CaptureQueriesContext(connection) as changing:
        find_gaps(desk.account, now=NOW)
    with CaptureQueriesContext(connection) as again:
        find_gaps(desk.account, now=NOW)

    kept = KnowledgeGap.objects.get().shown_by.order_by("session").values_list("session", flat=True)
    assert list(kept) == sorted(each.pk for each in sessions)[-4:]
    deleted, inserted = [sql for sql in written(changing) if "analytics_gapsession" in sql]
    assert deleted.startswith("DELETE")
    assert "::uuid[]" in deleted
    assert inserted.startswith("INSERT")
    assert "json_to_recordset" in inserted
    assert [sql for sql in written(again) if "analytics_gapsession" in sql] == []


def written(seen: CaptureQueriesContext) -> list[str]:
    return [query["sql"] for query in seen if query["sql"].startswith(("DELETE", "INSERT"))]


@pytest.mark.django_db
def test_a_gap_of_the_whole_account_is_drafted_from_the_team_with_most_of_it(desk: Cast) -> None:
    own = [make_resolved(desk), make_resolved(desk)]
    other = make_resolved(desk, team=desk.other_team)
    gap = make_gap(desk, other, *own, team=None)

    proposed = gaps.draft_flow(gap, by=desk.account_admin).proposal

    assert proposed is not None
    assert proposed.team == desk.team
    assert sorted(proposed.evidence.values_list("session", flat=True)) == sorted(each.pk for each in own)


@pytest.mark.django_db
def test_a_topic_is_covered_once_its_flow_is_published_and_uncovered_again_without_it(desk: Cast) -> None:
    sessions = [make_resolved(desk) for _session in range(3)]
    find_gaps(desk.account)
    proposal = gaps.draft_flow(KnowledgeGap.objects.get(), by=desk.team_admin).proposal
    assert proposal is not None
    assert set(proposal.evidence.values_list("session", flat=True)) == {each.pk for each in sessions}
    find_gaps(desk.account)
    assert KnowledgeGap.objects.get().demand == 3, "it is drafted only"

    proposals.approve(proposal, draft=proposal.current_draft_id, by=desk.team_admin)
    KnowledgeGap.objects.update(last_seen_at=timezone.now() - timedelta(days=1))
    find_gaps(desk.account)
    assert KnowledgeGap.objects.get().closed_itself

    proposals.undo(proposal, by=desk.team_admin)
    find_gaps(desk.account)
    assert KnowledgeGap.objects.get().state == "open"


@pytest.mark.django_db
def test_what_splits_off_a_dismissed_topic_is_dismissed_with_it(desk: Cast) -> None:
    one, two = topic(desk, 0, 3), topic(desk, 1, 3)
    both = [str(each.pk) for each in (*one, *two)]
    former = make_gap(desk, *one, *two, evidence={"terms": [], "sessions": both}, state="dismissed")
    KnowledgeGap.objects.update(decided_by=desk.team_admin)

    for hours in (0, 1):
        find_gaps(desk.account, now=NOW + timedelta(hours=hours))
        told = KnowledgeGap.objects.order_by("pk").values_list("state", "demand", "decided_by")
        assert list(told) == [("dismissed", 3, desk.team_admin.pk)] * 2
    assert KnowledgeGap.objects.filter(pk=former.pk).exists()


@pytest.mark.django_db
def test_nothing_is_locked_while_the_findings_are_weighed(desk: Cast) -> None:
    topic(desk, 0, 5)
    find_gaps(desk.account, now=NOW)
    with CaptureQueriesContext(connection) as seen:
        find_gaps(desk.account, now=NOW)

    asked = [query["sql"] for query in seen]
    locked = next(place for place, sql in enumerate(asked) if "FOR UPDATE" in sql and "knowledgegap" in sql)
    assert [
        sql
        for sql in asked[locked:]
        if "percentile_cont" in sql or "SELECT" in sql and 'FROM "ai_sessions"' in sql
    ] == []
    assert any("percentile_cont" in sql for sql in asked[:locked])


@pytest.mark.django_db
def test_the_detectors_run_though_nothing_can_be_looked_up(
    desk: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic(desk, 0, 4)
    put(desk, 1, problem_summary=None, intake_content=["?"])
    monkeypatch.setattr("analytics.actions.known.A_RUN", 1)
    monkeypatch.setattr("analytics.actions.known.AT_ONCE", 10)

    with pytest.raises(NoneCouldBeLookedUp):
        find_gaps(desk.account, now=NOW)

    assert KnowledgeGap.objects.get().demand == 4


@pytest.mark.django_db
def test_the_account_that_waits_longest_is_looked_at_first_and_none_after_the_deadline(
    cast: Cast, outsiders: Cast
) -> None:
    def turns(deadline: float = inf) -> list[str]:
        done: list[str] = []

        def note(account: Account) -> int:
            done.append(account.slug)
            return 1

        in_every_account("found", note, last=gaps.last_looked, deadline=deadline)
        return done

    first, second = cast.account.slug, outsiders.account.slug
    assert turns() == [first, second]
    with account_scope(cast.account.pk):
        make_gap(cast, last_seen_at=NOW)
    assert turns() == [second, first]
    assert turns(deadline=0) == []
