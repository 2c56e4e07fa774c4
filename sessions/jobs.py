"""Scheduled work on sessions."""

from flowpilot.accounts.models import Account
from flowpilot.core.scope import account_scope
from sessions import actions


def abandon_idle() -> str:
    """Abandon what nobody touched for the account's idle days, in every account."""
    count = 0
    for account in Account.objects.order_by("created_at", "pk"):
        with account_scope(account.pk):
            count += actions.abandon_idle(account.pk, idle_days=account.idle_abandon_days)
    return f"abandoned {count}"
