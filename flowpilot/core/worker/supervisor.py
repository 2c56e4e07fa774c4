"""Keeps a cluster at work: starts it, sends heartbeats, replaces it when work no longer goes on."""

import logging
import time
from collections.abc import Callable, Collection
from typing import Protocol

from flowpilot.core.worker.evidence import Evidence
from flowpilot.core.worker.queue import DATABASE_ERRORS
from flowpilot.core.worker.reports import Report, What

log = logging.getLogger(__name__)

POLL_SECONDS = 0.5
HEARTBEAT_SECONDS = 15.0
# One may get lost with a killed process although the cluster goes on; more would only pile up.
HEARTBEATS_WAITING = 3
DATABASE_RETRY_SECONDS = 5.0
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
# Longer between two looks: this process was stopped, or the machine asleep, and nobody listened.
STALL_SECONDS = 10.0


class Cluster(Protocol):
    """See `process.ClusterProcess`."""

    def exit_code(self) -> int | None: ...
    def reports(self) -> list[Report]: ...
    def stop(self) -> None: ...
    def kill(self) -> None: ...
    def close(self) -> None: ...


class Queue(Protocol):
    """See `queue.WorkQueue`."""

    def send_heartbeat(self) -> str: ...
    def ask(self) -> None: ...
    def mend_times(self) -> None: ...
    def release(self, rows: Collection[int]) -> None: ...


class Supervisor:
    """`start` starts a cluster; `evidence` makes an empty record of one, given the time."""

    def __init__(
        self,
        start: Callable[[], Cluster],
        queue: Queue,
        evidence: Callable[[float], Evidence],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._start, self._queue, self._new_evidence, self._clock = start, queue, evidence, clock
        self._cluster: Cluster | None = None
        self._stepped_at = self._start_at = self._heartbeat_at = clock()
        self._pause = FIRST_PAUSE_SECONDS
        self._database_lost = False
        self.evidence = evidence(self._stepped_at)

    def run(self, stopping: Callable[[], bool]) -> None:
        try:
            while not stopping():
                self.step()
                time.sleep(POLL_SECONDS)
        finally:
            self.stop()

    def step(self) -> None:
        """Look once, and do what is due. Does not wait, except for a slow database."""
        now = self._clock()
        if now - self._stepped_at > STALL_SECONDS:
            self.evidence.forgive(now)
        if self._cluster is None:
            self._start_if_due(now)
        else:
            self._listen(self._cluster, now)
            self._send_heartbeat_if_due(now)
            if reason := self._reason_to_replace(self._cluster, now):
                self._replace(self._cluster, reason, now)
        self._stepped_at = self._clock()

    def stop(self) -> None:
        if self._cluster is not None:
            self._cluster.stop()
            self._cluster = None

    def _start_if_due(self, now: float) -> None:
        if now < self._start_at:
            return
        log.info("Starting the cluster.")
        try:
            self._cluster = self._start()
        except OSError as error:
            log.error("The cluster cannot be started, next try in %g s: %s", self._pause, error)
            self._start_later(now)
            return
        self.evidence = self._new_evidence(now)
        self._heartbeat_at = now

    def _listen(self, cluster: Cluster, now: float) -> None:
        for report in cluster.reports():
            self.evidence.note(report, now)
            if report.what == What.SAVED:
                self._pause = FIRST_PAUSE_SECONDS

    def _send_heartbeat_if_due(self, now: float) -> None:
        if now < self._heartbeat_at:
            return
        self._heartbeat_at = now + HEARTBEAT_SECONDS

        def beat() -> None:
            self._queue.mend_times()
            if self.evidence.waiting < HEARTBEATS_WAITING:
                self.evidence.sent(self._queue.send_heartbeat(), now)

        self._with_database(beat, now)

    def _with_database(self, act: Callable[[], None], now: float) -> bool:
        """Whether it could be done. Without a database nothing moves, and no cluster is to blame."""
        try:
            act()
        except DATABASE_ERRORS as error:
            if not self._database_lost:
                log.warning("The database is out of reach, waiting for it: %s", " ".join(str(error).split()))
            self._database_lost = True
            self._heartbeat_at = now + DATABASE_RETRY_SECONDS
            return False
        if self._database_lost:
            log.warning("The database is back.")
            self._database_lost = False
            self.evidence.forgive(now)
        return True

    def _reason_to_replace(self, cluster: Cluster, now: float) -> str | None:
        code = cluster.exit_code()
        if code is not None:
            return f"it was killed by signal {-code}" if code < 0 else f"it ended with exit code {code}"
        if self._database_lost:
            return None
        reason = self.evidence.fault(now)
        return reason if reason and self._with_database(self._queue.ask, now) else None

    def _replace(self, cluster: Cluster, reason: str, now: float) -> None:
        log.warning("The cluster is replaced in %g s: %s.", self._pause, reason)
        self._listen(cluster, now)
        innocent = self.evidence.at_work(now)
        cluster.kill()
        self._listen(cluster, now)
        cluster.close()
        self._cluster = None
        if rows := self.evidence.unfinished(innocent):
            self._with_database(lambda: self._queue.release(rows), now)
        self._start_later(now)

    def _start_later(self, now: float) -> None:
        self._start_at = now + self._pause
        self._pause = min(2 * self._pause, LONGEST_PAUSE_SECONDS)
