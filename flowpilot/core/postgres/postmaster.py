"""The running server process: found by its pid file, believed only when its command line agrees.

After a power cut the pid file may name a process that has nothing to do with PostgreSQL.
"""

import os
import signal
import time
from pathlib import Path

import psutil

PID_LINE, PORT_LINE, STATUS_LINE = 0, 3, 7
PATIENCE_SECONDS = 60
POLL_SECONDS = 0.02


def find(data: Path) -> psutil.Process | None:
    """The server process of `data`, ready or not."""
    lines = _pid_file(data)
    if not lines or not lines[PID_LINE].isdigit():
        return None
    try:
        process = psutil.Process(int(lines[PID_LINE]))
        return process if str(data) in process.cmdline() else None
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return None


def is_starting(data: Path) -> bool:
    """Whether a process is on its way to be the server of `data`, which has no pid file yet: pg_ctl's, the
    shell that this becomes, the server. While one program takes another's place, its command line is empty.
    """
    owner, known = data.stat().st_uid, ["cmdline", "uids"]
    found = [(one.info["cmdline"], one.info["uids"]) for one in psutil.process_iter(known)]
    return any(
        str(data) in " ".join(command) if command else user.real == owner
        for command, user in found
        if command is not None and user is not None  # None of one that has ended
    )


def is_ready(data: Path) -> bool:
    lines = _pid_file(data)
    return len(lines) > STATUS_LINE and lines[STATUS_LINE].strip() == "ready" and find(data) is not None


def port(data: Path) -> int:
    """The port of a server that is ready, which names its socket file; the operator may have moved it."""
    return int(_pid_file(data)[PORT_LINE])


def names_a_stranger(data: Path) -> bool:
    """Whether the pid file names a live process that is not the server of `data`."""
    lines = _pid_file(data)
    if not lines or not lines[PID_LINE].isdigit():
        return False
    return psutil.pid_exists(int(lines[PID_LINE])) and find(data) is None


def orphans(name: str) -> list[psutil.Process]:
    """Processes of the server called `name` that outlived it; a new one must not start beside them."""
    title = f"postgres: {name}: "
    processes = psutil.process_iter(["cmdline"])
    return [process for process in processes if "".join(process.info["cmdline"] or []).startswith(title)]


def stop(data: Path) -> None:
    """Stop the server of `data` and wait: politely (fast shutdown), after a minute without ceremony."""
    process = find(data)
    if process is None:
        return
    for how in (signal.SIGINT, signal.SIGQUIT):
        try:
            os.kill(process.pid, how)
        except ProcessLookupError:
            return
        if _wait_for_end(process):
            return


def _wait_for_end(process: psutil.Process) -> bool:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while _lives(process):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def _lives(process: psutil.Process) -> bool:
    """A zombie, which a container without an init process never clears away, counts as ended."""
    try:
        return bool(process.is_running()) and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _pid_file(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []
