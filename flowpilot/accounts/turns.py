"""Scheduled work that an account may have more of than one run can do: everybody gets a share of the time."""

import logging
from collections.abc import Callable
from datetime import datetime
from time import monotonic
from typing import Final

from flowpilot.accounts.models import Account
from flowpilot.accounts.rounds import NEVER, told
from flowpilot.core.scope import account_scope

log = logging.getLogger(__name__)

Since = Callable[[Account], datetime | None]
"""When what waits longest came in; None where nothing waits."""
Work = Callable[[Account, float], int]
"""Called with an account and until when it may work (`monotonic`); says how much it has done."""
_FAILED: Final = -1


def in_turns(done: str, work: Work, *, since: Since, seconds: float) -> str:
    """Work in the scope of each account for so many seconds; says how much was done, as in "indexed 3".

    Whoever has waited longest comes first, after those without anything to do, which are done at once. Each
    may work for an equal part of the time that is left; what others leave over is shared out again among
    those that have not come to their end. So nobody's work, however much it is, keeps others from theirs.

    One account's trouble is logged and stops no other. Raises `AccountsFailed` at the end if there was any.
    """
    deadline, count, failed = monotonic() + seconds, 0, list[str]()
    turn = _in_order(since)
    while turn and monotonic() < deadline:
        again = []
        for place, account in enumerate(turn):
            until = monotonic() + (deadline - monotonic()) / (len(turn) - place)
            did = _tried(done, work, account, until)
            if did == _FAILED:
                failed.append(account.slug)
            count += max(0, did)
            if did > 0 and monotonic() >= until:
                again.append(account)
        turn = again
    return told(done, count, failed)


def _in_order(since: Since) -> list[Account]:
    return sorted(Account.objects.order_by("created_at", "pk"), key=lambda account: _waiting(since, account))


def _waiting(since: Since, account: Account) -> datetime:
    """An account that cannot even be asked fails at once, and is told of, when it is its turn."""
    try:
        with account_scope(account.pk):
            return since(account) or NEVER
    except Exception:
        log.exception("What waits in account %s cannot be told", account.slug)
        return NEVER


def _tried(done: str, work: Work, account: Account, until: float) -> int:
    try:
        with account_scope(account.pk):
            return work(account, until)
    except Exception:
        log.exception("What is to be %s in account %s failed", done, account.slug)
        return _FAILED
