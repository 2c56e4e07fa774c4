"""Python's garbage collector, told how often to look."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

NEW_OBJECTS: Final = 20_000
"""Of 100 bytes or so each; Python's own setting is 700."""


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
