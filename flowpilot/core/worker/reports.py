"""What the processes of a cluster tell their supervisor: one short line each, through a pipe.

Not through the database: it may be what is gone, and a task is reported before and after it runs.
"""

import contextlib
import os
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django_q.brokers.orm import ORM
from django_q.signals import post_execute, post_execute_in_worker, pre_execute

CHUNK = 65536


class What(StrEnum):
    GUARDS = "guards"
    """The sentinel went round once more: twice a second."""
    PULLED = "pulled"
    """The pusher took a row from the queue's table; its task waits in memory for a worker."""
    TOOK = "took"
    """A worker began a task."""
    DID = "did"
    """A worker ended that task, well or not."""
    SAVED = "saved"
    """The monitor dealt with the task's result and took it from the queue."""


@dataclass(frozen=True)
class Report:
    what: What
    pid: int
    row: int = 0
    """The task's row in the queue's table; it goes when the result is saved."""
    task: str = ""

    def __str__(self) -> str:
        return f"{self.what} {self.pid} {self.row} {self.task}\n"

    @classmethod
    def parse(cls, line: str) -> "Report":
        what, pid, row, task = line.split(" ")
        return cls(What(what), int(pid), int(row), task)


class Reporter:
    """The cluster's end. A report that does not fit into the pipe is dropped: work never waits for it."""

    def __init__(self, descriptor: int) -> None:
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor

    def connect(self) -> None:
        """Report every task of this process and of those that it forks."""
        pre_execute.connect(self._took, weak=False)
        post_execute_in_worker.connect(self._did, weak=False)
        post_execute.connect(self._saved, weak=False)

    def send(self, what: What, row: int = 0, task: str = "") -> None:
        # A line is far shorter than PIPE_BUF, so lines of several processes do not mix.
        with contextlib.suppress(OSError):
            os.write(self._descriptor, str(Report(what, os.getpid(), row, task)).encode())

    def _took(self, *, task: dict[str, Any], **_signal: Any) -> None:
        self.send(What.TOOK, task["ack_id"], task["id"])

    def _did(self, *, task: dict[str, Any], **_signal: Any) -> None:
        self.send(What.DID, task["ack_id"], task["id"])

    def _saved(self, *, task: dict[str, Any], **_signal: Any) -> None:
        self.send(What.SAVED, task=task["id"])


class ReportingBroker(ORM):
    """The queue's table, telling what is pulled from it, and that the sentinel notes its state: its sign of
    life in every round."""

    def __init__(self, reporter: Reporter) -> None:
        super().__init__()
        self._reporter = reporter

    def dequeue(self) -> list[tuple[int, str]] | None:
        pulled: list[tuple[int, str]] | None = super().dequeue()
        for row, _payload in pulled or ():
            self._reporter.send(What.PULLED, row)
        return pulled

    def set_stat(self, key: str, value: str, timeout: int) -> None:
        self._reporter.send(What.GUARDS)
        super().set_stat(key, value, timeout)


class Receiver:
    """The supervisor's end."""

    def __init__(self, descriptor: int) -> None:
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor
        self._rest = b""

    def read(self) -> list[Report]:
        """All that has arrived; does not wait."""
        arrived = [self._rest]
        with contextlib.suppress(BlockingIOError):
            while chunk := os.read(self._descriptor, CHUNK):
                arrived.append(chunk)
        *lines, self._rest = b"".join(arrived).split(b"\n")
        return [Report.parse(line.decode()) for line in lines]

    def close(self) -> None:
        os.close(self._descriptor)
