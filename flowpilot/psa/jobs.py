"""Scheduled work of the ticket systems."""

import logging
from uuid import UUID

from flowpilot.accounts.models import Account
from flowpilot.accounts.rounds import in_every_account
from flowpilot.core.scope import account_scope
from flowpilot.psa.delivery import Courier
from flowpilot.psa.models import PsaConnection
from flowpilot.psa.registry import connector_for, usable
from flowpilot.psa.webhooks import receiving

log = logging.getLogger(__name__)


def deliver_all() -> str:
    """What is due in every account; what the hurry after an ending missed, and every further attempt."""
    return in_every_account("delivered", lambda account: _deliver(account.pk))


def deliver_account(account_id: str) -> str:
    """What is due in one account, at once."""
    account = Account.objects.get(pk=UUID(account_id))
    with account_scope(account.pk):
        return f"delivered {_deliver(account.pk)}"


def sweep_webhooks() -> str:
    """Forget old calls of ticket systems, in every account."""
    return in_every_account("forgotten", lambda account: receiving.sweep())


def _deliver(account_id: UUID) -> int:
    return sum(map(_deliver_to, usable(account_id).filter(state=PsaConnection.State.OK)))


def _deliver_to(connection: PsaConnection) -> int:
    """One connection's trouble is logged and stops no other."""
    try:
        return Courier(connection, connector_for(connection)).deliver()
    except Exception:
        log.exception("Nothing could be written into %s", connection.pk)
        return 0
