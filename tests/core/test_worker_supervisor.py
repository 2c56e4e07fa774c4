"""What the supervisor does about what it sees: clusters and queue are stand-ins, the clock moves by hand."""

import logging
from collections.abc import Collection

import pytest
from django.db import OperationalError

from flowpilot.core.worker.evidence import PATIENCE, Evidence
from flowpilot.core.worker.reports import Report, What
from flowpilot.core.worker.supervisor import (
    DATABASE_RETRY_SECONDS,
    HEARTBEAT_SECONDS,
    HEARTBEATS_WAITING,
    LONGEST_PAUSE_SECONDS,
    Supervisor,
)

WORKER, SENTINEL, MONITOR, PUSHER, OTHER_WORKER = range(1, 6)
STEP = 5.0


class ScriptedCluster:
    """Goes round and runs what the queue holds, unless a part of it is broken."""

    def __init__(self, queue: "ListQueue") -> None:
        self.queue = queue
        self.broken: set[str] = set()
        self.code: int | None = None
        self.ended_by = ""
        self.closed = False
        self.last_words: list[list[Report]] = []

    def exit_code(self) -> int | None:
        return self.code

    def reports(self) -> list[Report]:
        if self.code is not None or self.ended_by:
            return self.last_words.pop(0) if self.last_words else []
        said = [] if "sentinel" in self.broken else [Report(What.GUARDS, SENTINEL)]
        tasks, self.queue.tasks = self.queue.tasks, []
        for row, task in tasks:
            said.append(Report(What.PULLED, PUSHER, row))
            if "worker" not in self.broken:
                said += [Report(What.TOOK, WORKER, row, task), Report(What.DID, WORKER, row, task)]
                said += [] if "monitor" in self.broken else [Report(What.SAVED, MONITOR, 0, task)]
        return said

    def stop(self) -> None:
        self.ended_by = "stop"

    def kill(self) -> None:
        self.ended_by = "kill"

    def close(self) -> None:
        assert self.ended_by == "kill", "who is still running may have something to say"
        self.closed = True


class ListQueue:
    def __init__(self) -> None:
        self.tasks: list[tuple[int, str]] = []
        self.sent = 0
        self.released: set[int] = set()
        self.away = False

    def send_heartbeat(self) -> str:
        self.ask()
        self.sent += 1
        self.tasks.append((self.sent, f"beat{self.sent}"))
        return f"beat{self.sent}"

    def ask(self) -> None:
        if self.away:
            raise OperationalError("the server is gone")

    def mend_times(self) -> None:
        self.ask()

    def release(self, rows: Collection[int]) -> None:
        self.ask()
        self.released.update(rows)


class Scene:
    def __init__(self) -> None:
        self.now = 0.0
        self.queue = ListQueue()
        self.clusters: list[ScriptedCluster] = []
        self.started_at: list[float] = []
        self.refused = 0
        self.supervisor = Supervisor(
            self.start,
            self.queue,
            lambda now: Evidence(now, workers=2, timeout=600, alive=lambda pid: True),
            clock=lambda: self.now,
        )

    def start(self) -> ScriptedCluster:
        if self.refused:
            self.refused -= 1
            raise BlockingIOError("Resource temporarily unavailable")
        self.clusters.append(ScriptedCluster(self.queue))
        self.started_at.append(self.now)
        return self.clusters[-1]

    @property
    def cluster(self) -> ScriptedCluster:
        return self.clusters[-1]

    def go_on(self, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end:
            self.now = min(self.now + STEP, end)
            self.supervisor.step()

    def seconds_until_replaced(self) -> float:
        before, start = len(self.clusters), self.now
        while len(self.clusters) == before:
            assert self.now < start + 1_000, "never replaced"
            self.now += 1
            self.supervisor.step()
        return self.now - start


@pytest.fixture
def scene() -> Scene:
    scene = Scene()
    scene.supervisor.step()
    scene.go_on(60)
    return scene


def test_healthy_cluster_is_left_alone_and_asked_at_regular_times(scene: Scene) -> None:
    scene.go_on(3_600)

    assert len(scene.clusters) == 1
    assert scene.queue.sent == pytest.approx(3_660 / HEARTBEAT_SECONDS, abs=2)


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        ("worker", "its workers take no work"),
        ("monitor", "its monitor saves no results"),
        ("sentinel", "its sentinel is silent"),
    ],
)
def test_wedged_cluster_is_killed_and_replaced_within_90_seconds(
    scene: Scene, part: str, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    scene.cluster.broken.add(part)

    assert scene.seconds_until_replaced() <= 90
    assert scene.clusters[0].ended_by == "kill"
    assert [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING] == [
        f"The cluster is replaced in 1 s: {reason}."
    ]
    scene.go_on(3_600)
    assert len(scene.clusters) == 2


@pytest.mark.parametrize(
    ("code", "reason"), [(-9, "it was killed by signal 9"), (0, "it ended with exit code 0")]
)
def test_cluster_whose_main_process_ended_is_replaced_at_once(
    scene: Scene, code: int, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    scene.cluster.code = code

    assert scene.seconds_until_replaced() == 2
    assert scene.clusters[0].ended_by == "kill", "what is left of its group"
    assert caplog.messages[0] == f"The cluster is replaced in 1 s: {reason}."


def test_what_the_dead_cluster_had_in_memory_is_handed_out_again(scene: Scene) -> None:
    scene.cluster.broken.add("worker")
    taken = scene.queue.sent
    scene.seconds_until_replaced()

    assert scene.queue.released == set(range(taken + 1, taken + HEARTBEATS_WAITING + 1))


def test_what_living_workers_had_in_hand_is_handed_out_again_unless_they_had_just_ended_it(
    scene: Scene,
) -> None:
    before_the_kill = [Report(What.TOOK, WORKER, 71, "one"), Report(What.TOOK, OTHER_WORKER, 72, "other")]
    in_that_moment = [Report(What.DID, OTHER_WORKER, 72, "other")]
    scene.cluster.last_words = [before_the_kill, in_that_moment]
    scene.cluster.code = -9
    scene.seconds_until_replaced()

    assert scene.queue.released == {71}
    assert scene.clusters[0].closed


def test_waiting_heartbeats_do_not_pile_up(scene: Scene) -> None:
    scene.cluster.broken |= {"worker"}
    before = scene.queue.sent
    scene.go_on(PATIENCE)

    assert scene.queue.sent - before <= HEARTBEATS_WAITING


def test_pauses_grow_while_clusters_die_and_shrink_after_work(scene: Scene) -> None:
    gaps = []
    for _death in range(7):
        scene.cluster.code = 1
        gaps.append(scene.seconds_until_replaced() - 1)
    assert gaps == [1, 2, 4, 8, 16, LONGEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS]

    scene.go_on(2 * HEARTBEAT_SECONDS)
    scene.cluster.code = 1
    assert scene.seconds_until_replaced() - 1 == 1


def test_lost_database_is_not_blamed_on_the_cluster(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    scene.queue.away = True
    scene.cluster.broken |= {"worker", "monitor"}
    scene.go_on(3_600)
    assert len(scene.clusters) == 1

    scene.queue.away = False
    scene.cluster.broken.clear()
    scene.go_on(600)
    assert len(scene.clusters) == 1
    assert caplog.messages == [
        "The database is out of reach, waiting for it: the server is gone",
        "The database is back.",
    ]


def test_cluster_that_stays_stuck_after_the_database_is_back_is_replaced(scene: Scene) -> None:
    scene.queue.away = True
    scene.go_on(600)
    scene.cluster.broken.add("worker")
    scene.queue.away = False

    assert PATIENCE < scene.seconds_until_replaced() <= PATIENCE + DATABASE_RETRY_SECONDS + 5


def test_database_lost_just_before_the_verdict_suspends_it(scene: Scene) -> None:
    scene.cluster.broken.add("sentinel")
    scene.go_on(PATIENCE)
    scene.queue.away = True
    scene.go_on(600)

    assert len(scene.clusters) == 1


def test_cluster_is_replaced_although_the_database_is_lost_when_its_main_process_ends(scene: Scene) -> None:
    scene.queue.away = True
    scene.go_on(60)
    scene.cluster.code = -9

    assert scene.seconds_until_replaced() == 2


def test_machine_that_slept_finds_its_cluster_innocent(scene: Scene) -> None:
    scene.cluster.broken.add("sentinel")
    scene.now += 3_600
    scene.supervisor.step()
    assert scene.clusters[0].ended_by == ""

    scene.cluster.broken.clear()
    scene.go_on(600)
    assert len(scene.clusters) == 1


def test_cluster_that_cannot_be_started_is_tried_again(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.refused = 2
    scene.cluster.code = 1

    assert scene.seconds_until_replaced() == 1 + 1 + 2 + 4
    assert [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR] == [
        "The cluster cannot be started, next try in 2 s: Resource temporarily unavailable",
        "The cluster cannot be started, next try in 4 s: Resource temporarily unavailable",
    ]


def test_told_to_stop_it_stops_the_cluster_in_order(scene: Scene) -> None:
    answers = iter([False, True])
    scene.supervisor.run(lambda: next(answers))

    assert scene.cluster.ended_by == "stop"
