"""Advisory file locks. The kernel drops them with the process that holds them, however it ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flowpilot.core.postgres.errors import ClusterError


def open_lock(path: Path) -> int:
    """A descriptor that programs started from here do not inherit."""
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except PermissionError:
        raise ClusterError(
            f"{path} belongs to another user: run as that user, or set FLOWPILOT_HOME to a directory of "
            "your own."
        ) from None


def try_exclusive(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Wait for the lock, hold it in the block."""
    descriptor = open_lock(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


class Users:
    """The processes that use one cluster: each holds a shared lock on one file while it lives."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def join(self) -> bool:
        """Become a user; waits while the last one is stopping the server. False when already one."""
        if self._descriptor is not None:
            return False
        descriptor = open_lock(self.path)
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        self._descriptor = descriptor
        return True

    def only_me(self) -> bool:
        """Whether nobody else is left; if so nobody can join until `leave`. Not to be asked twice: a no
        may already have given up our own place."""
        return self._descriptor is not None and try_exclusive(self._descriptor)

    def leave(self) -> None:
        """In a forked child this closes the child's copy and takes nothing from the parent."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
