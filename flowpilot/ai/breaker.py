"""The circuit breaker: a vendor that keeps failing is left alone for a while.

One per process, on purpose: it needs no storage and no locks between machines, and a process that has not
seen the trouble yet finds it out by five calls of its own, each of which falls back to the rules anyway.
"""

import threading
from collections import deque
from time import monotonic
from typing import Final

FAILURES: Final = 5
WITHIN_SECONDS: Final = 60.0
OPEN_SECONDS: Final = 120.0


class Breaker:
    """Open after so many failures within a minute; after two minutes one call may try whether it works."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures: deque[float] = deque(maxlen=FAILURES)
        self._open_until = 0.0
        self._trying = False

    def allows(self) -> bool:
        """Whether a call may be made now. After a pause, true for the first who asks."""
        with self._lock:
            if not self._open_until:
                return True
            if monotonic() < self._open_until:
                return False
            self._open_until = monotonic() + OPEN_SECONDS
            self._trying = True
            return True

    @property
    def is_open(self) -> bool:
        """Whether calls are refused now; asking changes nothing."""
        with self._lock:
            return bool(self._open_until) and monotonic() < self._open_until

    def succeeded(self) -> None:
        with self._lock:
            self._failures.clear()
            self._open_until = 0.0
            self._trying = False

    def ended(self) -> None:
        """A call is over. If it was to try whether the vendor works and did not come to tell, as when there
        was no budget for it, the next one may."""
        with self._lock:
            if self._trying:
                self._open_until = monotonic()
                self._trying = False

    def failed(self, *, for_certain: bool = False) -> None:
        """`for_certain`: the next call would fail the same way, so it is not waited for four more."""
        with self._lock:
            now = monotonic()
            self._trying = False
            self._failures.append(now)
            full = len(self._failures) == FAILURES and now - self._failures[0] <= WITHIN_SECONDS
            if full or for_certain or self._open_until:
                self._open_until = now + OPEN_SECONDS


BREAKER: Final = Breaker()
"""The process's own."""
