"""Which engine thinks for an account."""

from flowpilot.accounts.models import Account
from flowpilot.ai.contracts import Analyst
from flowpilot.ai.offline.engine import OfflineEngine

OFFLINE = OfflineEngine()


def engine_for(account: Account) -> Analyst:
    """The engine for one account's work; the rule-based one is the only one so far."""
    return OFFLINE
