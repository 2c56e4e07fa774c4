"""Scheduled work that goes from account to account."""

import logging
from collections.abc import Callable, Iterable

from flowpilot.accounts.models import Account
from flowpilot.core.scope import account_scope

log = logging.getLogger(__name__)


class AccountsFailed(Exception):
    """Some accounts could not be done; the message names them. The others were."""


def in_every_account(done: str, work: Callable[[Account], int]) -> str:
    """Work in the scope of each account, the oldest first; says what was done how often, as in "indexed 3".

    One account's trouble is logged and stops no other. Raises `AccountsFailed` at the end if there was any.
    """
    count, failed = 0, []
    for account in Account.objects.order_by("created_at", "pk"):
        try:
            with account_scope(account.pk):
                count += work(account)
        except Exception:
            log.exception("What is to be %s in account %s failed", done, account.slug)
            failed.append(account.slug)
    return told(done, count, failed)


def told(done: str, count: int, failed: Iterable[str]) -> str:
    """What came of a round. Raises `AccountsFailed` if some have failed."""
    if names := ", ".join(failed):
        raise AccountsFailed(f"{done} {count}; failed in {names}, see the log")
    return f"{done} {count}"
