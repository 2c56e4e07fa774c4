"""A pass that broke off is picked up by the next one at once."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from flowpilot.ai.contracts import AnalyseRequest, AnalyseResult
from flowpilot.core.locks import lock_key
from proposals import actions, jobs
from proposals.models import FlowProposal, SessionAnalysis
from proposals.running import LOCK
from sessions.models import AISession
from tests.factories import Cast, make_cast, make_resolved
from tests.proposals.test_learning_job import OneCluster, Recorder, analysis_of, similar
from tests.proposals.test_learning_job_troubles import Killer


def test_what_a_killed_pass_had_claimed_is_taken_over_at_once_one_after_the_other(cast: Cast) -> None:
    first, second = sorted(make_resolved(cast).pk for _ in range(2))
    killed = actions.claim(cast.account.pk, limit=9, alone=True)
    fresh = make_resolved(cast).pk

    one = actions.claim(cast.account.pk, limit=9, alone=True)

    assert set(killed.fresh) == {first, second}
    assert (one.fresh, len(one.again)) == ((fresh,), 1)
    assert set(one.again) < {first, second}


def test_who_is_not_the_only_runner_waits_for_the_lease(cast: Cast) -> None:
    make_resolved(cast)
    actions.claim(cast.account.pk, limit=9)

    assert actions.claim(cast.account.pk, limit=9).sessions == ()


def test_the_least_tried_is_taken_over_first(cast: Cast) -> None:
    suspect, other = make_resolved(cast), make_resolved(cast)
    actions.claim(cast.account.pk, limit=9, alone=True)
    SessionAnalysis.objects.filter(session=suspect).update(attempts=2)

    assert actions.claim(cast.account.pk, limit=9, alone=True).again == (other.pk,)


def test_claims_by_hand_and_pauses_between_attempts_are_left_alone(cast: Cast) -> None:
    by_hand, paused = make_resolved(cast), make_resolved(cast)
    token = actions.claim(cast.account.pk, limit=9, alone=True).token
    actions.fail(cast.account.pk, paused.pk, token=token, error="Out of breath.")
    SessionAnalysis.objects.filter(session=by_hand).delete()
    AISession.objects.filter(pk=by_hand.pk).update(analysis_status="completed")
    hand = actions.claim_by_hand([by_hand], by=cast.team_admin)

    assert actions.claim(cast.account.pk, limit=9, alone=True).sessions == ()

    assert analysis_of(by_hand).claim_token == hand.token
    assert analysis_of(paused).attempts == 1


def test_a_session_that_kills_every_pass_is_parked_and_the_others_are_done(cast: Cast) -> None:
    poison = similar(cast, 0)
    AISession.objects.filter(pk=poison.pk).update(intake_content={"text": "poison"})
    healthy = [similar(cast, number) for number in range(1, 4)]

    for _ in range(actions.MAX_ATTEMPTS):
        with pytest.raises(SystemExit):
            jobs.run(engine_of=lambda account: Killer())
    last = jobs.run(engine_of=lambda account: Killer())

    assert last.errors == []
    assert {analysis_of(session).state for session in healthy} == {"completed"}
    assert (analysis_of(poison).state, analysis_of(poison).attempts) == ("failed", 3)


class Unlocker(Recorder):
    """Ends the connection that holds the runner's lock, as a failing network would."""

    def analyse(self, request: AnalyseRequest) -> AnalyseResult:
        high, low = divmod(lock_key(LOCK) % 2**64, 2**32)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory' AND granted"
                " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
                " AND classid = %s AND objid = %s",
                [high, low],
            )
        return super().analyse(request)


@pytest.mark.django_db(transaction=True)
def test_a_runner_that_lost_its_lock_claims_nothing_more(settings: Settings) -> None:
    settings.ANALYSIS_BATCH = 1
    cast = make_cast("acme")
    for _ in range(2):
        make_resolved(cast)

    tally = jobs.run(engine_of=lambda account: Unlocker())

    assert (tally.claimed, tally.completed) == (1, 1)
    assert tally.errors == ["acme: LockLost: the runner's lock was lost"]


def test_a_runner_that_lost_its_lock_writes_nothing_of_what_was_taken_over(cast: Cast) -> None:
    session = make_resolved(cast)
    lost = actions.claim(cast.account.pk, limit=9, alone=True)
    holder = actions.claim(cast.account.pk, limit=9, alone=True)

    jobs.Work(cast.account.pk, lost.token, OneCluster(), jobs.Tally()).analyse_claim(lost)

    assert FlowProposal.objects.count() == 0
    assert (analysis_of(session).claim_token, holder.again) == (holder.token, (session.pk,))
    assert analysis_of(session).lease_until > timezone.now() + timedelta(seconds=1)
