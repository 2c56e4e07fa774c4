"""Python's garbage collector, told how often to look."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

NEW_OBJECTS: Final = 20_000
"""Of 100 bytes or so each; Python's own setting is 700."""
SETTLED: Final = 3
"""So many full collections, for what requests hold at that moment is kept with the rest."""


def settle() -> None:
    """For a process that answers requests: what is left after its first full collections stays, templates and
    all that first requests make, and is not looked through again. Every hundredth answer or so waits for
    such a collection: for 5 ms instead of 30."""
    gc.callbacks.append(_Settling())


class _Settling:
    def __init__(self) -> None:
        self._left = SETTLED

    def __call__(self, phase: str, about: dict[str, int]) -> None:
        if phase == "stop" and about["generation"] == 2 and self._left:
            self._left -= 1
            gc.freeze()


@contextmanager
def collecting_rarely() -> Iterator[None]:
    """For a block that makes many objects which stay and few that refer to each other: the collector finds
    nothing in them and would look through all that is loaded again and again, a fifth of the time."""
    before = gc.get_threshold()
    gc.set_threshold(NEW_OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
