"""A supervised cluster on the test's own database, its processes by their parts, and sessions to analyse."""

import os
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import monotonic, sleep

import psutil
from django.db import connection
from django.utils import timezone
from django_q.conf import Conf
from django_q.models import Task
from django_q.tasks import async_task

from flowpilot.core.models import Heartbeat
from flowpilot.core.worker.evidence import Evidence
from flowpilot.core.worker.process import ClusterProcess, is_alive
from flowpilot.core.worker.queue import WorkQueue
from flowpilot.core.worker.supervisor import Supervisor

STEP_SECONDS = 0.1
SETTLING_SECONDS = 1
HIGHEST_PID = int(Path("/proc/sys/kernel/pid_max").read_text())
# In the order in which they start.
PARTS = ("main", "sentinel", "worker", "other worker", "monitor", "pusher")
REAL_PATIENCE_SECONDS = 300


def group(leader: int) -> list[psutil.Process]:
    """The processes of a cluster, oldest first. Those that look after the embedded database, which any
    process may start, have groups of their own. Those of one hundredth of a second are told apart by their
    numbers, which begin anew after the highest."""
    family = [psutil.Process(leader), *psutil.Process(leader).children(recursive=True)]
    members = [process for process in family if _belongs(process, leader)]
    return sorted(members, key=lambda process: (process.create_time(), (process.pid - leader) % HIGHEST_PID))


def _belongs(process: psutil.Process, leader: int) -> bool:
    try:
        return os.getpgid(process.pid) == leader
    except ProcessLookupError:  # a program that a task ran, ended by now
        return False


def leave_trace(name: str) -> None:
    """A task whose effect shows without its result; like every job, it does nothing the second time."""
    Heartbeat.objects.get_or_create(name=name, defaults={"beat_at": timezone.now()})


class Clock:
    """Runs with the real one, or `speed` times as fast."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def __call__(self) -> float:
        return monotonic() + self._ahead

    def tick(self, speed: float) -> None:
        sleep(STEP_SECONDS)
        self._ahead += STEP_SECONDS * (speed - 1)


class Supervised:
    """Use it as a context manager; `starts` counts the clusters so far, `settings` is their module."""

    def __init__(self, settings: str = "tests.journeys.own_database") -> None:
        self._settings = settings
        self.clusters: list[ClusterProcess] = []
        self.clock = Clock()
        evidence = partial(Evidence, workers=Conf.WORKERS, timeout=Conf.TIMEOUT, alive=is_alive)
        self.supervisor = Supervisor(self._start, WorkQueue(), evidence, clock=self.clock)

    def __enter__(self) -> "Supervised":
        os.environ["DJANGO_SETTINGS_MODULE"] = self._settings
        os.environ["FLOWPILOT_TEST_DATABASE"] = str(connection.settings_dict["NAME"])
        return self

    def __exit__(self, *_error: object) -> None:
        os.environ["DJANGO_SETTINGS_MODULE"] = "flowpilot.settings"
        del os.environ["FLOWPILOT_TEST_DATABASE"]
        if self.clusters and self.clusters[-1].exit_code() is None:
            self.clusters[-1].kill()
            self.clusters[-1].close()

    @property
    def starts(self) -> int:
        return len(self.clusters)

    def wait_until(self, condition: Callable[[], bool], *, speed: float = 1) -> None:
        deadline = monotonic() + REAL_PATIENCE_SECONDS
        while not condition():
            assert monotonic() < deadline, "it never came"
            self.supervisor.step()
            self.clock.tick(speed)

    def wait_until_replaced(self, *, speed: float = 1) -> None:
        before = self.starts
        self.wait_until(lambda: self.starts > before, speed=speed)

    def begin_anew(self) -> None:
        """A cluster that has not yet lost any process."""
        if self.clusters:
            os.killpg(self.clusters[-1].pid, signal.SIGKILL)
        self.wait_until_replaced()
        self.wait_until_at_work()
        self.settle()

    def wait_until_at_work(self) -> None:
        """Until a fresh task has gone all the way round."""
        task = async_task("platform.node")
        self.wait_until(lambda: Task.objects.filter(id=task, success=True).exists())

    def settle(self) -> None:
        """Until every process has waited a while for the next task: some of them with the lock of a queue.
        Two workers that are at work hold none, and a cluster that loses both then heals itself."""
        worked_at = monotonic()

        def rested() -> bool:
            nonlocal worked_at
            evidence = self.supervisor.evidence
            if evidence.waiting or evidence.unfinished(evidence.busy):
                worked_at = monotonic()
            return monotonic() - worked_at > SETTLING_SECONDS

        self.wait_until(rested)

    def parts(self) -> dict[str, psutil.Process]:
        """The processes of a cluster that has not yet lost any, when no task runs a program of its own."""
        self.wait_until(lambda: len(group(self.clusters[-1].pid)) == len(PARTS))
        return dict(zip(PARTS, group(self.clusters[-1].pid), strict=True))

    def busy(self) -> list[int]:
        return list(self.supervisor.evidence.busy)

    def _start(self) -> ClusterProcess:
        self.clusters.append(ClusterProcess())
        return self.clusters[-1]
