"""Scheduled work on the library."""

import logging
from time import monotonic

from flowpilot.accounts.models import Account
from flowpilot.core.retrieval.upkeep import catch_up
from flowpilot.core.scope import account_scope
from flowpilot.flows.matching.library import FLOWS

log = logging.getLogger(__name__)
SECONDS_AT_ONCE = 40
"""The next run goes on where this one stops."""


class IndexingFailed(Exception):
    """Some accounts could not be indexed; the message names them. The others were."""


def index_library() -> str:
    """Index published flows that matching does not know as they are, in every account."""
    deadline = monotonic() + SECONDS_AT_ONCE
    done, failed = 0, []
    for account in Account.objects.order_by("created_at", "pk"):
        try:
            with account_scope(account.pk):
                done += catch_up(FLOWS, account.pk, deadline=deadline)
        except Exception:
            log.exception("The flows of account %s could not be indexed", account.slug)
            failed.append(account.slug)
    if failed:
        raise IndexingFailed(f"indexed {done}; failed in {', '.join(failed)}, see the log")
    return f"indexed {done}"
