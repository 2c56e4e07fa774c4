"""Web and worker under one supervisor: they start together, and one's end is the end of all.

Each child leads a process group of its own, so Ctrl-C reaches the supervisor alone. On the way out only the
leaders are asked to stop, as each knows how to stop its own children; what is left of a group is killed.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

WORKER_COMMAND = "worker"
# How long all of a child's work may go on once it is told to stop.
GRACE_SECONDS = 20
POLL_SECONDS = 0.1
# Connections that each web process keeps to the database, unless FLOWPILOT_DB_POOL says otherwise.
WEB_POOL = "10"
# Closing the terminal is a signal, too.
ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Address:
    host: str
    port: int

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def here(self) -> "Address":
        """The address at which this machine reaches itself, when the server listens on all of them."""
        own = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 — only recognised, not bound
        return Address(own.get(self.host, self.host), self.port)


@dataclass(frozen=True)
class Program:
    """What to run with this Python: `arguments`, and variables that the environment may override."""

    name: str
    arguments: Sequence[str]
    defaults: Mapping[str, str]


@dataclass(frozen=True)
class Ended:
    """A program that ended without being asked to; below zero: by that signal."""

    name: str
    exit_code: int


def web(address: Address) -> Program:
    arguments = ["-m", "flowpilot.core.serving", address.host, str(address.port)]
    # Threads take turns, so one arena of the C library is enough: each further one keeps memory for itself.
    return Program("web", arguments, {"FLOWPILOT_DB_POOL": WEB_POOL, "MALLOC_ARENA_MAX": "1"})


def worker() -> Program:
    return Program("worker", ["manage.py", WORKER_COMMAND], {})


def run(programs: Sequence[Program], directory: Path) -> Ended | None:
    """Run all until a signal ends them (None) or one ends by itself."""
    with ending_signals() as received:
        children = {program.name: _start(program, directory) for program in programs}
        try:
            while not received:
                for name, child in children.items():
                    if (code := child.poll()) is not None:
                        return Ended(name, code)
                time.sleep(POLL_SECONDS)
            return None
        finally:
            _stop(list(children.values()))


def _start(program: Program, directory: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603
        [sys.executable, *program.arguments],
        cwd=directory,
        env={**program.defaults, **os.environ},
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )


def _stop(children: Sequence[subprocess.Popen[bytes]]) -> None:
    for child in children:
        child.terminate()
    deadline = time.monotonic() + GRACE_SECONDS
    for child in children:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(max(0.0, deadline - time.monotonic()))
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


@contextlib.contextmanager
def ending_signals() -> Iterator[list[int]]:
    """The ending signals received in the block; a second Ctrl-C does not cut the stopping short."""
    received: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        received.append(number)

    before = {number: signal.signal(number, note) for number in ENDING_SIGNALS}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
