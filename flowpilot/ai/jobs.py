"""Scheduled work on calls and batches."""

from django.conf import settings
from django.utils.module_loading import import_string

from flowpilot.accounts.models import Account
from flowpilot.accounts.rounds import in_every_account
from flowpilot.ai import ledger, questions
from flowpilot.ai.models import AIBatch, AIQuestion
from flowpilot.ai.router import wants_batches
from flowpilot.core.scope import account_scope

EXCHANGE = "flowpilot.ai.anthropic.batches.exchange"
"""Loaded when there is something to exchange: the vendor's client takes a second and 40 MB."""


def look_after_calls() -> str:
    """Settle what dead processes left, send and collect batches, in every account."""
    exchanged = []

    def look_after(account: Account) -> int:
        settled = ledger.settle_lost(account.pk)
        questions.drop_old_drafts(account.pk)
        if not wants_batches(account):
            questions.withdraw(account.pk)
        if not _reachable():
            questions.end_overdue(account)
        elif _has_batches(account):
            exchanged.append(f"{account.slug}: {import_string(EXCHANGE)(account)}")
        return settled

    return "; ".join([in_every_account("settled", look_after), *exchanged])


def _reachable() -> bool:
    return settings.AI_ENABLED and bool(settings.ANTHROPIC_API_KEY)


def _has_batches(account: Account) -> bool:
    with account_scope(account.pk):
        waiting = AIQuestion.objects.for_account(account.pk).filter(state=AIQuestion.State.WAITING)
        under_way = AIBatch.objects.for_account(account.pk).filter(
            state__in=[AIBatch.State.PREPARED, AIBatch.State.SUBMITTED]
        )
        return waiting.exists() or under_way.exists()
