"""When a cluster counts as wedged. Process ids are small numbers, the time is in seconds."""

import pytest

from flowpilot.core.worker.evidence import OVERTIME, PATIENCE, STARTUP_PATIENCE, Evidence
from flowpilot.core.worker.reports import Report, What

SENTINEL, FIRST, SECOND, MONITOR, PUSHER = range(1, 6)
JOB_TIMEOUT = 600
NO_WORK = "its workers take no work"
NOT_SAVED = "its monitor saves no results"
SILENT = "its sentinel is silent"


class Told:
    """Evidence of a cluster of two workers that is up since second 0, and whose sentinel goes round."""

    def __init__(self) -> None:
        self.dead: set[int] = set()
        self.evidence = Evidence(0, workers=2, timeout=JOB_TIMEOUT, alive=lambda pid: pid not in self.dead)
        self.guards(0)

    def guards(self, now: float) -> None:
        self.evidence.note(Report(What.GUARDS, SENTINEL), now)

    def pulled(self, row: int, now: float) -> None:
        self.evidence.note(Report(What.PULLED, PUSHER, row), now)

    def took(self, pid: int, now: float, *, row: int = 0, task: str = "job") -> None:
        self.evidence.note(Report(What.TOOK, pid, row, task), now)

    def did(self, pid: int, now: float, *, task: str = "job") -> None:
        self.evidence.note(Report(What.DID, pid, 0, task), now)

    def saved(self, now: float, *, task: str = "job") -> None:
        self.evidence.note(Report(What.SAVED, MONITOR, 0, task), now)

    def fault(self, now: float) -> str | None:
        """As seen by a supervisor to which the sentinel has just reported."""
        self.guards(now)
        return self.evidence.fault(now)


@pytest.fixture
def told() -> Told:
    return Told()


def test_idle_cluster_without_work_is_fine_for_ever(told: Told) -> None:
    assert told.fault(10_000) is None


def test_heartbeat_that_goes_round_is_fine(told: Told) -> None:
    for start in range(0, 600, 15):
        told.evidence.sent("beat", start)
        told.took(FIRST, start + 1, task="beat")
        told.did(FIRST, start + 2, task="beat")
        told.saved(start + 3, task="beat")
        assert told.fault(start + 14) is None
    assert told.fault(10_000) is None


def test_work_that_nobody_takes_is_a_fault(told: Told) -> None:
    told.evidence.sent("beat", 100)

    assert told.fault(100 + PATIENCE) is None
    assert told.fault(100 + PATIENCE + 1) == NO_WORK


def test_two_long_jobs_are_no_wedge_however_long_heartbeats_wait(told: Told) -> None:
    told.took(FIRST, 0)
    told.took(SECOND, 10)
    told.evidence.sent("beat", 15)

    assert told.fault(480) is None
    told.did(FIRST, 481)
    told.saved(482)
    told.took(FIRST, 483, task="beat")
    assert told.fault(481 + PATIENCE) is None


def test_freed_worker_gets_its_time_to_take_what_waits(told: Told) -> None:
    told.took(FIRST, 0)
    told.took(SECOND, 0)
    told.evidence.sent("beat", 15)
    assert told.fault(300) is None
    told.did(FIRST, 301)
    told.saved(301)

    assert told.fault(300 + PATIENCE) is None
    assert told.fault(302 + PATIENCE) == NO_WORK


def test_one_long_job_does_not_hide_that_the_other_worker_is_stuck(told: Told) -> None:
    told.took(FIRST, 0)
    told.evidence.sent("beat", 15)

    assert told.fault(15 + PATIENCE + 1) == NO_WORK


def test_dead_worker_is_not_busy(told: Told) -> None:
    told.took(FIRST, 0)
    told.took(SECOND, 0)
    told.evidence.sent("beat", 15)
    told.dead.add(SECOND)

    assert told.fault(15 + PATIENCE + 1) == NO_WORK


def test_job_far_beyond_its_timeout_counts_as_hung(told: Told) -> None:
    told.took(FIRST, 0)
    told.took(SECOND, 0)
    told.evidence.sent("beat", 15)
    last_busy = JOB_TIMEOUT + OVERTIME - 1

    assert told.fault(last_busy) is None
    assert told.fault(last_busy + PATIENCE + 1) == NO_WORK


def test_long_queue_before_the_heartbeat_is_no_fault_while_it_moves(told: Told) -> None:
    told.evidence.sent("beat", 0)
    for start in range(0, 900, 30):
        told.took(FIRST, start)
        told.did(FIRST, start + 20)
        told.saved(start + 21)
        assert told.fault(start + 29) is None


def test_lost_heartbeat_does_not_condemn_a_cluster_that_takes_the_next(told: Told) -> None:
    told.evidence.sent("lost with its pusher", 0)
    told.evidence.sent("next", 15)
    told.took(FIRST, 16, task="next")
    told.did(FIRST, 17, task="next")
    told.saved(18, task="next")

    assert told.fault(16 + PATIENCE) is None
    assert told.evidence.waiting == 1


def test_unsaved_results_are_a_fault(told: Told) -> None:
    told.took(FIRST, 10)
    told.did(FIRST, 20)

    assert told.fault(20 + PATIENCE) is None
    assert told.fault(20 + PATIENCE + 1) == NOT_SAVED


def test_result_lost_with_a_monitor_does_not_condemn_its_successor(told: Told) -> None:
    told.took(FIRST, 10, task="lost")
    told.did(FIRST, 20, task="lost")
    told.took(FIRST, 30, task="next")
    told.did(FIRST, 31, task="next")
    told.saved(32, task="next")

    assert told.fault(1_000) is None


def test_silent_sentinel_is_a_fault_although_workers_work(told: Told) -> None:
    told.guards(10)
    told.took(FIRST, 50)
    told.did(FIRST, 51)
    told.saved(52)

    assert told.evidence.fault(10 + PATIENCE) is None
    assert told.evidence.fault(10 + PATIENCE + 1) == SILENT


def test_starting_takes_longer_than_anything_else() -> None:
    evidence = Evidence(100, workers=2, timeout=JOB_TIMEOUT, alive=lambda pid: True)
    evidence.sent("beat", 100)

    assert evidence.fault(100 + STARTUP_PATIENCE) is None
    assert evidence.fault(100 + STARTUP_PATIENCE + 1) == "it did not come up"


def test_cluster_that_came_up_late_is_judged_from_then() -> None:
    evidence = Evidence(0, workers=2, timeout=JOB_TIMEOUT, alive=lambda pid: True)
    evidence.sent("beat", 0)
    evidence.note(Report(What.GUARDS, SENTINEL), 100)

    assert evidence.fault(100 + PATIENCE) is None
    evidence.note(Report(What.GUARDS, SENTINEL), 101 + PATIENCE)
    assert evidence.fault(101 + PATIENCE) == NO_WORK


def test_what_was_forgiven_begins_to_count_anew(told: Told) -> None:
    told.evidence.sent("beat", 0)
    told.did(FIRST, 0)
    told.evidence.forgive(1_000)

    assert told.evidence.fault(1_000 + PATIENCE) is None
    assert told.evidence.fault(1_001 + PATIENCE) == SILENT


def test_rows_in_memory_and_those_of_living_workers_are_to_be_handed_out_again(told: Told) -> None:
    for row in (7, 8, 9):
        told.pulled(row, 1)
    told.took(FIRST, 2, row=8)
    told.took(SECOND, 2, row=9)

    assert told.evidence.at_work(3) == {FIRST, SECOND}
    told.did(FIRST, 4)
    assert told.evidence.unfinished({FIRST, SECOND}) == {7, 9}


def test_row_of_a_dead_worker_is_not_handed_out_again_at_once(told: Told) -> None:
    told.took(FIRST, 2, row=8)
    told.took(SECOND, 2, row=9)
    told.dead.add(SECOND)

    assert told.evidence.unfinished(told.evidence.at_work(3)) == {8}


def test_row_of_a_job_beyond_its_timeout_is_not_handed_out_again_at_once(told: Told) -> None:
    told.took(FIRST, 0, row=8)

    assert told.evidence.unfinished(told.evidence.at_work(JOB_TIMEOUT + OVERTIME)) == frozenset()
