"""Ends a cluster whose supervisor is gone, however that ended.

Every process of the cluster waits for the end of a pipe whose other end only the supervisor holds; the
kernel closes it even after SIGKILL. Whoever sees it first kills the whole group, so no order of deaths leaves
an orphan. Nothing is lost by such a death: what the jobs do is keyed by rows.
"""

import os
import signal
import threading


def hold(descriptor: int) -> None:
    """Tie this process, which leads a process group, and all that it forks to the pipe's other end."""
    os.register_at_fork(after_in_child=lambda: _watch(descriptor))
    _watch(descriptor)


def _watch(descriptor: int) -> None:
    threading.Thread(target=_wait, args=(descriptor,), name="lifeline", daemon=True).start()


def _wait(descriptor: int) -> None:
    # Signals are for the main thread: one that arrived here would not wake it from what it waits for.
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    os.read(descriptor, 1)
    os.killpg(os.getpgrp(), signal.SIGKILL)
