"""Whether a cluster works, judged from what it reports. Pure: time comes from outside, in seconds.

A busy cluster is not a wedged one. While every worker runs a task that is within its time, heartbeats may
wait as long as they must; and a long queue in front of them is no fault while workers take from it. What is a
fault: work waits for `PATIENCE` while a worker is free and none takes anything; results stay unsaved that
long; the sentinel, which also enqueues what the schedules say, is silent that long.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from flowpilot.core.worker.reports import Report, What

PATIENCE = 45.0
STARTUP_PATIENCE = 120.0
"""A loaded machine may take long to import everything; restarting would only add to its load."""
OVERTIME = 30.0
"""The cluster itself ends a task at its timeout; one that runs this much longer counts as hung."""


@dataclass(frozen=True)
class Task:
    """In a worker's hands: its row in the queue's table, and since when."""

    row: int
    since: float


class Evidence:
    """What is known of one cluster, from its start on."""

    def __init__(self, now: float, *, workers: int, timeout: float, alive: Callable[[int], bool]) -> None:
        self._workers = workers
        self._longest = timeout + OVERTIME
        self._alive = alive
        self._up = False
        self._judged_from = now
        self._guarded_at = now
        self._moved_at = now
        self._waiting: dict[str, float] = {}
        self._busy: dict[int, Task] = {}
        self._unsaved_since: float | None = None
        self._untouched: set[int] = set()

    @property
    def waiting(self) -> int:
        """How many heartbeats no worker has taken yet."""
        return len(self._waiting)

    @property
    def busy(self) -> Mapping[int, float]:
        """The workers that run a task, by process id, and since when."""
        return {pid: task.since for pid, task in self._busy.items()}

    def at_work(self, now: float) -> frozenset[int]:
        """The workers that live and run a task within its time."""
        within = [pid for pid, task in self._busy.items() if now - task.since < self._longest]
        return frozenset(filter(self._alive, within))

    def unfinished(self, innocent: Collection[int]) -> frozenset[int]:
        """Rows of the queue that ended with a dead cluster through no fault of theirs: those which waited in
        its memory, and those in the hands of workers that were `at_work` before it was killed. A task whose
        worker died or hung is not among them: it may be what brings workers down."""
        begun = {task.row for pid, task in self._busy.items() if pid in innocent}
        return frozenset(self._untouched | begun)

    def sent(self, heartbeat: str, now: float) -> None:
        self._waiting[heartbeat] = now

    def note(self, report: Report, now: float) -> None:
        if not self._up:
            self._up = True
            self.forgive(now)
        match report.what:
            case What.GUARDS:
                self._guarded_at = now
            case What.PULLED:
                self._untouched.add(report.row)
            case What.TOOK:
                self._moved_at = now
                self._untouched.discard(report.row)
                self._waiting.pop(report.task, None)
                self._busy[report.pid] = Task(report.row, now)
            case What.DID:
                self._busy.pop(report.pid, None)
                if self._unsaved_since is None:
                    self._unsaved_since = now
            case What.SAVED:
                self._unsaved_since = None

    def forgive(self, now: float) -> None:
        """Nothing before `now` was the cluster's fault: the database was away, or we did not listen."""
        self._judged_from = now

    def fault(self, now: float) -> str | None:
        """Why this cluster has to be replaced; None while it works."""
        if not self._up:
            return "it did not come up" if now - self._judged_from > STARTUP_PATIENCE else None
        if self._all_busy(now):
            self._moved_at = now
        if self._overdue(self._guarded_at, now):
            return "its sentinel is silent"
        if self._unsaved_since is not None and self._overdue(self._unsaved_since, now):
            return "its monitor saves no results"
        if self._waiting and self._overdue(max(self._moved_at, min(self._waiting.values())), now):
            return "its workers take no work"
        return None

    def _overdue(self, since: float, now: float) -> bool:
        return now - max(since, self._judged_from) > PATIENCE

    def _all_busy(self, now: float) -> bool:
        return len(self.at_work(now)) >= self._workers
