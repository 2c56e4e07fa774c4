"""Scheduled work of analytics."""

from time import monotonic
from typing import Final

from analytics.actions import gaps, rollups
from flowpilot.accounts.rounds import in_every_account
from flowpilot.core.locks import single_instance

COUNTING_SECONDS: Final = 100
"""The next run of the schedule goes on where this one stops, with the account that waits longest."""
LOOKING_SECONDS: Final = 300
"""No account is begun later than that: the queue ends a task after `JOB_TIMEOUT_SECONDS`."""


def count_days() -> str:
    """Bring the counted days of every account up to date, at one place at a time."""
    with single_instance(rollups.LOCK) as alone:
        if not alone:
            return "somebody else is counting"
        deadline = monotonic() + COUNTING_SECONDS
        return in_every_account(
            "counted",
            lambda account: rollups.catch_up(account, deadline=deadline),
            last=rollups.last_counted,
            deadline=deadline,
        )


def find_gaps() -> str:
    """Look for knowledge gaps in every account, at one place at a time."""
    with single_instance(gaps.LOCK) as alone:
        if not alone:
            return "somebody else is looking"
        deadline = monotonic() + LOOKING_SECONDS
        return in_every_account("found", gaps.find_gaps, last=gaps.last_looked, deadline=deadline)
