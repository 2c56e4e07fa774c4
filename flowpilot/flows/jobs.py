"""Scheduled work on the library."""

from time import monotonic

from flowpilot.accounts.rounds import in_every_account
from flowpilot.core.retrieval.upkeep import catch_up
from flowpilot.flows.matching.library import FLOWS

SECONDS_AT_ONCE = 40
"""The next run goes on where this one stops."""


def index_library() -> str:
    """Index published flows that matching does not know as they are, in every account."""
    deadline = monotonic() + SECONDS_AT_ONCE
    return in_every_account("indexed", lambda account: catch_up(FLOWS, account.pk, deadline=deadline))
