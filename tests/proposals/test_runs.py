"""What is known of the learning job: who runs it, what waits, what failed; and its two verbs."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import OrmQ, Schedule

from flowpilot.accounts.roles import NotAllowed
from flowpilot.core.locks import single_instance
from flowpilot.core.models import Heartbeat
from proposals import actions, jobs, runs
from proposals.models import AnalysisRun
from sessions import actions as session_actions
from sessions.models import AISession
from tests.factories import Cast, make_resolved
from tests.proposals.runs_rows import analysis, ended, failed, in_work, put_off, unended


def states(cast: Cast) -> list[str]:
    return [run.state for run in runs.last_runs(cast.account.pk)]


@pytest.mark.django_db(transaction=True)
def test_a_run_without_an_end_goes_on_while_its_runner_holds_the_lock(cast: Cast) -> None:
    unended(cast, minutes_ago=60)
    with single_instance(jobs.LOCK):
        unended(cast)
        assert states(cast) == ["running", "broken_off"]

    assert states(cast) == ["broken_off", "broken_off"]


def test_a_run_says_what_came_of_it_in_words(cast: Cast) -> None:
    ended(cast, claimed=4, completed=3, failed=1, new_flow=2, nothing=1)

    (run,) = runs.last_runs(cast.account.pk)

    assert (run.state, run.seconds, run.claimed, run.completed, run.failed) == ("completed", 12.0, 4, 3, 1)
    assert run.outcomes == [("New flow proposed", 2), ("Too thin", 1)]


def test_the_newest_ten_runs_of_the_account_are_shown(cast: Cast, outsiders: Cast) -> None:
    rows = [ended(cast, minutes_ago=number) for number in range(1, 13)]
    ended(outsiders)

    assert [run.row for run in runs.last_runs(cast.account.pk)] == rows[:10]


def test_what_waits_is_what_the_next_run_may_take(cast: Cast, outsiders: Cast) -> None:
    oldest = put_off(cast, -1).session
    make_resolved(cast)
    later = put_off(cast, 4)
    put_off(cast, 9)
    failed(cast)
    make_resolved(outsiders)

    waiting = runs.waiting(cast.account.pk, at_work=False)

    assert (str(waiting.ready), waiting.oldest) == ("2", oldest.resolved_at)
    assert (waiting.in_work, waiting.later, waiting.next_retry) == (0, 2, later.lease_until)
    assert jobs.run(cast.account.pk).claimed == 2


def test_what_a_run_has_in_hand_is_in_work_and_waits_again_when_it_broke_off(cast: Cast) -> None:
    in_work(cast)

    seen = [runs.waiting(cast.account.pk, at_work=at_work) for at_work in (True, False)]

    assert [(waiting.in_work, waiting.ready.number) for waiting in seen] == [(1, 0), (0, 1)]


def test_counting_stops_where_it_says(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "COUNTED_TO", 2)
    sessions = AISession.objects.for_account(cast.account.pk)
    make_resolved(cast)
    make_resolved(cast)
    assert str(runs.amount(sessions)) == "2"

    make_resolved(cast)
    assert str(runs.amount(sessions)) == "2+"


@pytest.mark.parametrize(("seconds", "works"), [(30, True), (600, False)])
def test_a_worker_lives_while_its_heart_beats(db: None, seconds: int, works: bool) -> None:
    assert (runs.service().works, runs.service().last_beat) == (False, None)

    Heartbeat.objects.create(name="worker", beat_at=timezone.now() - timedelta(seconds=seconds))

    assert runs.service().works is works


def test_the_next_run_is_the_schedules(db: None) -> None:
    assert runs.service().next_run is None
    due = timezone.now() + timedelta(minutes=1)

    Schedule.objects.create(func="proposals.jobs.analyse_pending", next_run=due)

    assert runs.service().next_run == due


def test_a_run_is_asked_for_once(cast: Cast, outsiders: Cast) -> None:
    actions.request_run(cast.account.pk, by=cast.team_admin)
    actions.request_run(outsiders.account.pk, by=outsiders.account_admin)

    with pytest.raises(actions.AlreadyAtWork, match="queued already"):
        actions.request_run(cast.account.pk, by=cast.account_admin)

    assert sorted((row.func(), row.args()) for row in OrmQ.objects.all()) == sorted(
        ("proposals.jobs.analyse_now", (str(account.pk),)) for account in (cast.account, outsiders.account)
    )


@pytest.mark.django_db(transaction=True)
def test_no_run_is_asked_for_while_one_goes_on(cast: Cast) -> None:
    with single_instance(jobs.LOCK):
        unended(cast)
        with pytest.raises(actions.AlreadyAtWork, match="running already"):
            actions.request_run(cast.account.pk, by=cast.team_admin)

    actions.request_run(cast.account.pk, by=cast.team_admin)
    assert OrmQ.objects.count() == 1


def test_only_the_accounts_own_admins_ask_for_a_run(cast: Cast, outsiders: Cast) -> None:
    for person in (cast.engineer, outsiders.account_admin):
        with pytest.raises(NotAllowed):
            actions.request_run(cast.account.pk, by=person)

    assert not OrmQ.objects.exists()


def test_the_run_that_was_asked_for_analyses_the_account_alone(cast: Cast, outsiders: Cast) -> None:
    make_resolved(cast)
    make_resolved(outsiders)

    assert jobs.analyse_now(str(cast.account.pk)) == "claimed 1, completed 1, failed 0"

    run = AnalysisRun.objects.get()
    assert (run.account, run.trigger) == (cast.account, "hand")


def test_all_that_failed_goes_back_in_the_line(cast: Cast, outsiders: Cast) -> None:
    sessions = [failed(cast), failed(cast, team=cast.other_team), failed(cast, team=None)]
    foreign = failed(outsiders)

    assert actions.retry_all(cast.account.pk, by=cast.account_admin) == 3
    assert actions.retry_all(cast.account.pk, by=cast.account_admin) == 0

    assert {AISession.objects.get(pk=session.pk).analysis_status for session in sessions} == {"pending"}
    assert AISession.objects.get(pk=foreign.pk).analysis_status == "failed"
    assert {(a.state, a.attempts, a.error) for s in sessions for a in s.analyses.all()} == {
        ("claimed", 0, "")
    }
    jobs.run(cast.account.pk)
    assert {AISession.objects.get(pk=session.pk).analysis_status for session in sessions} == {"completed"}


def test_team_admins_retry_all_of_their_teams_only(cast: Cast) -> None:
    own, other = failed(cast), failed(cast, team=cast.other_team)

    assert actions.retry_all(cast.account.pk, by=cast.team_admin) == 1
    assert actions.retry_all(cast.account.pk, by=cast.engineer) == 0

    assert AISession.objects.get(pk=own.pk).analysis_status == "pending"
    assert AISession.objects.get(pk=other.pk).analysis_status == "failed"


def test_what_failed_of_an_earlier_resolution_stays_as_it_is(cast: Cast) -> None:
    session = failed(cast)
    session_actions.reopen(session, by=session.user, reason="It is back.")

    assert actions.retry_all(cast.account.pk, by=cast.account_admin) == 0
    assert session.analyses.get().state == "failed"
    assert not runs.failing_in(cast.account.pk).exists()


def test_one_press_takes_so_many_the_oldest_first(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proposals.actions.runs.RETRIED_AT_ONCE", 1)
    first, second = failed(cast), failed(cast)

    assert actions.retry_all(cast.account.pk, by=cast.account_admin) == 1

    assert [session.analyses.get().state for session in (first, second)] == ["claimed", "failed"]


def test_the_reason_is_that_of_the_resolution_that_stands(cast: Cast) -> None:
    session = failed(cast, error="The first time")
    AISession.objects.filter(pk=session.pk).update(resolution_no=2)
    session.refresh_from_db()
    analysis(session, state="failed", attempts=3, error="The second time")

    (failure,) = runs.failures(list(runs.with_failure(runs.failing_in(cast.account.pk))), None)

    assert failure.error == "The second time"
