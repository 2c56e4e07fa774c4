"""Scheduled work of the ticket systems."""

from uuid import UUID

from flowpilot.accounts.models import Account
from flowpilot.accounts.rounds import in_every_account
from flowpilot.core.scope import account_scope
from flowpilot.psa.delivery import Courier
from flowpilot.psa.models import PsaConnection
from flowpilot.psa.registry import connector_for, usable


def deliver_all() -> str:
    """What is due in every account; what the hurry after an ending missed, and every further attempt."""
    return in_every_account("delivered", lambda account: _deliver(account.pk))


def deliver_account(account_id: str) -> str:
    """What is due in one account, at once."""
    account = Account.objects.get(pk=UUID(account_id))
    with account_scope(account.pk):
        return f"delivered {_deliver(account.pk)}"


def _deliver(account_id: UUID) -> int:
    rows = usable(account_id).filter(state=PsaConnection.State.OK)
    return sum(Courier(row, connector_for(row)).deliver() for row in rows)
