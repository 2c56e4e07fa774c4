"""Web and worker under one supervisor: they start together, and one's end is the end of all."""

import os
import shlex
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from honcho.manager import SIGNALS, Manager

WORKER_COMMAND = "worker"
WEB_PROCESSES = 2
# How long a running request may go on once the server is told to stop; honcho kills after 5 seconds.
GRACE_SECONDS = 3
# Connections that each web process keeps to the database, unless FLOWPILOT_DB_POOL says otherwise.
WEB_POOL = "10"
ENDED_BY_SIGNAL = {how["rc"] for how in SIGNALS.values()}


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


def run(address: Address, project: Path) -> int | None:
    """Run both until a signal ends them (returns None) or one ends by itself (returns its exit code)."""
    common = {**os.environ, "PYTHONUNBUFFERED": "1"}
    manager = Manager()
    _add(manager, "web", _web(address), project, {"FLOWPILOT_DB_POOL": WEB_POOL, **common})
    _add(manager, "worker", ["manage.py", WORKER_COMMAND], project, common)
    # Closing the terminal is a signal of its own, which would leave the children behind.
    signal.signal(signal.SIGHUP, _as_terminate)
    manager.loop()
    return None if manager.returncode in ENDED_BY_SIGNAL else manager.returncode


def _add(manager: Manager, name: str, command: list[str], project: Path, env: Mapping[str, str]) -> None:
    # honcho runs a shell; without exec the signal would reach only that.
    manager.add_process(name, f"exec {shlex.join([sys.executable, *command])}", env=env, cwd=str(project))


def _web(address: Address) -> list[str]:
    return [
        *("-m", "uvicorn", "flowpilot.asgi:application"),
        *("--host", address.host, "--port", str(address.port), "--workers", str(WEB_PROCESSES)),
        *("--timeout-graceful-shutdown", str(GRACE_SECONDS)),
        *("--no-access-log", "--no-server-header", "--log-level", "warning"),
    ]


def _as_terminate(_signal: int, _frame: FrameType | None) -> None:
    os.kill(os.getpid(), signal.SIGTERM)
