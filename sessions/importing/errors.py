"""What can be wrong with a file as a whole, and with one record of it."""

from dataclasses import dataclass


class UnusableFile(Exception):
    """Nothing (more) can be read from this file; the message says why and, where known, in which line."""


class UnusableRow(Exception):
    """One record cannot become a session; the message says why. The others go in."""


@dataclass(frozen=True)
class Rejected:
    line: int
    """Physical line at which the record starts, from 1."""
    error: str
