"""Stops the server of users that died without a word.

The last user stops the server when it ends. One that is killed cannot; this small process waits in the
background until nobody is left, and does it then.
"""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

from flowpilot.core.postgres import postmaster
from flowpilot.core.postgres.flock import open_lock, try_exclusive
from flowpilot.core.postgres.location import base_of, known_place

PROJECT = Path(__file__).resolve().parents[3]
THROWAWAY_MARK = "throwaway"


def is_throwaway(home: Path) -> bool:
    return (base_of(home) / THROWAWAY_MARK).exists()


def shut_down(home: Path) -> None:
    """Stop the server; remove a home that was made to be thrown away. Call it as the only user."""
    if not base_of(home).exists():
        return
    place = known_place(home)
    postmaster.stop(place.data)
    if is_throwaway(home):
        shutil.rmtree(place.sockets, ignore_errors=True)
        shutil.rmtree(place.root, ignore_errors=True)
        shutil.rmtree(home, ignore_errors=True)


def ensure(home: Path) -> None:
    """Start a keeper for `home` unless one is at work. Call it as a user of the cluster."""
    descriptor = open_lock(base_of(home) / "keeper.lock")
    try:
        at_work = not try_exclusive(descriptor)
    finally:
        os.close(descriptor)
    if not at_work:
        subprocess.run(  # noqa: S603
            [sys.executable, "-m", "flowpilot.core.postgres", str(home)],
            check=False,
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )


def keep(home: Path) -> None:
    keeper = open_lock(base_of(home) / "keeper.lock")
    if not try_exclusive(keeper):
        return
    # The caller waits for this process only; its child lives on, and nobody has to collect it.
    if os.fork():
        return
    os.chdir("/")
    users = open_lock(base_of(home) / "users.lock")
    fcntl.flock(users, fcntl.LOCK_EX)
    shut_down(home)
    # In this order: whoever joins next must find no keeper at work.
    os.close(keeper)
    os.close(users)
