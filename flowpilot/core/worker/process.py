"""A cluster as processes: a group of its own, tied to the supervisor by two pipes."""

import contextlib
import os
import signal
import subprocess
import sys

import psutil
from django.conf import settings
from django_q.cluster import Cluster

from flowpilot.core.worker import lifeline
from flowpilot.core.worker.reports import Receiver, Report, Reporter, ReportingBroker

GRACE_SECONDS = 15


class ClusterProcess:
    """Starts when it is made."""

    def __init__(self) -> None:
        lifeline_end, self._lifeline = os.pipe()
        reports, reports_end = os.pipe()
        self._receiver = Receiver(reports)
        theirs = (lifeline_end, reports_end)
        try:
            self._main = subprocess.Popen(  # noqa: S603
                [sys.executable, "manage.py", "worker", "--pipes", *map(str, theirs)],
                cwd=settings.BASE_DIR,
                stdin=subprocess.DEVNULL,
                pass_fds=theirs,
                start_new_session=True,
            )
        finally:
            for descriptor in theirs:
                os.close(descriptor)

    @property
    def pid(self) -> int:
        """Of the main process, which leads the group."""
        return self._main.pid

    def exit_code(self) -> int | None:
        """Of the main process; None while it runs, below zero when a signal ended it."""
        return self._main.poll()

    def reports(self) -> list[Report]:
        """Those that have arrived since the last call."""
        return self._receiver.read()

    def stop(self) -> None:
        """Let running tasks end, but not for longer than `GRACE_SECONDS`."""
        self._main.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._main.wait(GRACE_SECONDS)
        self.kill()
        self.close()

    def kill(self) -> None:
        """End every process of the group; those whose parent is gone are in it, too. What they said last can
        still be read."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._main.pid, signal.SIGKILL)
        self._main.wait()

    def close(self) -> None:
        """Let go of the pipes of a cluster that has ended."""
        self._receiver.close()
        os.close(self._lifeline)


def is_alive(pid: int) -> bool:
    """Whether such a process runs; one that has died and waits to be collected does not."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def serve(lifeline_end: int, reports_end: int) -> None:
    """Be that main process: what `manage.py qcluster` does, tied to the pipes. Returns when told to stop."""
    lifeline.hold(lifeline_end)
    reporter = Reporter(reports_end)
    reporter.connect()
    Cluster(broker=ReportingBroker(reporter)).start()
