"""Scheduled work that goes from account to account."""

import logging
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from math import inf
from time import monotonic
from typing import Final

from flowpilot.accounts.models import Account
from flowpilot.core.scope import account_scope

log = logging.getLogger(__name__)
NEVER: Final = datetime.min.replace(tzinfo=UTC)


class AccountsFailed(Exception):
    """Some accounts could not be done; the message names them. The others were."""


def in_every_account(
    done: str,
    work: Callable[[Account], int],
    *,
    last: Callable[[Account], datetime | None] | None = None,
    deadline: float = inf,
) -> str:
    """Work in the scope of each account, the oldest first; says what was done how often, as in "indexed 3".

    Where there is a deadline (`monotonic`), no account is begun after it; `last` says when one was done last,
    and the one that waits longest comes first: the next round reaches those that this one does not.

    One account's trouble is logged and stops no other. Raises `AccountsFailed` at the end if there was any.
    """
    count, failed = 0, []
    for account in _in_turn(last):
        if monotonic() >= deadline:
            break
        try:
            with account_scope(account.pk):
                count += work(account)
        except Exception:
            log.exception("What is to be %s in account %s failed", done, account.slug)
            failed.append(account.slug)
    return told(done, count, failed)


def _in_turn(last: Callable[[Account], datetime | None] | None) -> list[Account]:
    accounts = list(Account.objects.order_by("created_at", "pk"))
    if last is None:
        return accounts
    since = {account.pk: _in_scope(last, account) for account in accounts}
    return sorted(accounts, key=lambda account: since[account.pk] or NEVER)


def _in_scope(last: Callable[[Account], datetime | None], account: Account) -> datetime | None:
    with account_scope(account.pk):
        return last(account)


def told(done: str, count: int, failed: Iterable[str]) -> str:
    """What came of a round. Raises `AccountsFailed` if some have failed."""
    if names := ", ".join(failed):
        raise AccountsFailed(f"{done} {count}; failed in {names}, see the log")
    return f"{done} {count}"
