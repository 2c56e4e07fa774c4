"""An engine hangs longer than the queue gives a job. Real processes, a job's time of six seconds."""

from time import monotonic

import pytest
from django_q.tasks import async_task

from proposals.models import ProposalEvidence, SessionAnalysis
from tests.core.supervised import Supervised
from tests.factories import make_cast, make_resolved
from tests.journeys.stuck import DEAF, HANGS

PROBLEMS = (
    "Scanner sends nothing to the share",
    "Calendar of the meeting room is empty",
    "VPN drops at noon",
)

SECONDS_BETWEEN_RUNS = 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", [HANGS, pytest.param(DEAF, marks=pytest.mark.soak)])
def test_who_hangs_is_given_up_after_three_attempts_and_the_others_are_analysed(
    way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLOWPILOT_ANALYSIS_LEASE_SECONDS", "1")
    cast = make_cast("acme")
    before = make_resolved(cast, problem_summary=PROBLEMS[0])
    stuck = make_resolved(cast, problem_summary=f"The archive {way}")
    after = [make_resolved(cast, problem_summary=problem) for problem in PROBLEMS[1:]]
    ended = SessionAnalysis.objects.exclude(state="claimed")

    with Supervised("tests.journeys.stuck_engine") as supervised:
        asked = 0
        start = monotonic()

        def all_ended() -> bool:
            nonlocal asked
            # As the timetable does every minute.
            if monotonic() - start > SECONDS_BETWEEN_RUNS * asked:
                async_task("proposals.jobs.analyse_pending")
                asked += 1
            return ended.count() == 4

        supervised.wait_until(all_ended)
        assert supervised.starts == 1, "the queue deals with it, not the supervisor"

    states = dict(SessionAnalysis.objects.values_list("session", "state"))
    assert states == {
        before.pk: "completed",
        stuck.pk: "failed",
        **{session.pk: "completed" for session in after},
    }
    analysis = SessionAnalysis.objects.get(session=stuck)
    assert (analysis.attempts, analysis.error) == (3, "The analysis stopped without an answer 3 times.")
    stuck.refresh_from_db()
    assert stuck.analysis_status == "failed"
    assert stuck.pk not in set(ProposalEvidence.objects.values_list("session", flat=True))
