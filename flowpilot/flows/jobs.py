"""Scheduled work on the library."""

from flowpilot.accounts.turns import in_turns
from flowpilot.core.retrieval.upkeep import catch_up, waiting_since
from flowpilot.flows.matching.library import FLOWS

SECONDS_AT_ONCE = 40
"""The next run goes on where this one stops."""


def index_library() -> str:
    """Index published flows that matching does not know as they are, in every account."""
    return in_turns(
        "indexed",
        lambda account, until: catch_up(FLOWS, account.pk, deadline=until),
        since=lambda account: waiting_since(FLOWS, account.pk),
        seconds=SECONDS_AT_ONCE,
    )
