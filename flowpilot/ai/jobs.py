"""Scheduled work on calls and batches."""

import logging

from django.conf import settings

from flowpilot.accounts.models import Account
from flowpilot.ai import ledger, questions
from flowpilot.ai.anthropic.batches import exchange
from flowpilot.ai.models import AIBatch, AIQuestion
from flowpilot.core.scope import account_scope

log = logging.getLogger(__name__)


class UpkeepFailed(Exception):
    """Some accounts could not be looked after; the message names them. The others were."""


def look_after_calls() -> str:
    """Settle what dead processes left, send and collect batches, in every account."""
    lost, told, failed = 0, [], []
    for account in Account.objects.order_by("created_at", "pk"):
        try:
            lost += ledger.settle_lost(account.pk)
            questions.drop_old_drafts(account.pk)
            if _has_batches(account):
                told.append(f"{account.slug}: {exchange(account)}")
        except Exception:
            log.exception("The calls of account %s could not be looked after", account.slug)
            failed.append(account.slug)
    if failed:
        raise UpkeepFailed(f"settled {lost}; failed in {', '.join(failed)}, see the log")
    return "; ".join([f"settled {lost}", *told])


def _has_batches(account: Account) -> bool:
    if not (settings.AI_ENABLED and settings.ANTHROPIC_API_KEY):
        return False
    with account_scope(account.pk):
        waiting = AIQuestion.objects.for_account(account.pk).filter(state=AIQuestion.State.WAITING)
        under_way = AIBatch.objects.for_account(account.pk).filter(
            state__in=[AIBatch.State.PREPARED, AIBatch.State.SUBMITTED]
        )
        return waiting.exists() or under_way.exists()
