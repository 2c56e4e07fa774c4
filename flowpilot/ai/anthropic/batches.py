"""Batches at the vendor: submitted, polled, collected. What becomes of the questions is in `questions`."""

import logging
from uuid import UUID

from anthropic import AsyncAnthropic
from anthropic.types.messages import MessageBatchIndividualResponse
from asgiref.sync import async_to_sync
from django.utils import timezone
from django.utils.translation import gettext as _

from flowpilot.accounts.models import Account
from flowpilot.ai import questions
from flowpilot.ai.anthropic.client import open_client
from flowpilot.ai.anthropic.talking import tokens_of
from flowpilot.ai.anthropic.trouble import FAULTS, Trouble, check_stop, trouble_of
from flowpilot.ai.ledger import Outcome
from flowpilot.ai.models import AIBatch
from flowpilot.ai.prices import Tokens
from flowpilot.ai.questions import Answered
from flowpilot.core.coroutines import in_database
from flowpilot.core.scope import account_scope

log = logging.getLogger(__name__)
READ_SECONDS = 60.0
RETRYABLE = frozenset({"overloaded_error", "rate_limit_error", "api_error", "timeout_error"})


def exchange(account: Account) -> str:
    """Submit what waits, collect what has ended; says what was done."""
    with account_scope(account.pk):
        return async_to_sync(_exchange)(account)


async def _exchange(account: Account) -> str:
    collected = 0
    under_way = await in_database(_under_way)(account.pk)
    async with open_client(READ_SECONDS) as client:
        for batch in under_way:
            collected += await _look_after(client, account, batch)
        sent = await _submit(client, account)
    return f"submitted {sent}, collected {collected}"


async def _submit(client: AsyncAnthropic, account: Account) -> int:
    batch = await in_database(questions.prepare)(account.pk)
    if batch is None:
        return 0
    held = await in_database(questions.questions_of)(batch)
    try:
        told = await client.messages.batches.create(
            requests=[{"custom_id": question.pk.hex, "params": question.body} for question in held]
        )
    except (*FAULTS, Trouble) as error:
        trouble = trouble_of(error)
        # A connection that broke off after the request may have brought the batch: that is not known.
        await in_database(questions.give_up)(
            batch, account, error=str(trouble), word=trouble.name, again=trouble.again
        )
        return 0
    await in_database(questions.submitted)(batch, vendor_id=told.id, expires_at=told.expires_at)
    return len(held)


async def _look_after(client: AsyncAnthropic, account: Account, batch: AIBatch) -> int:
    now = timezone.now()
    if batch.state == AIBatch.State.PREPARED:
        if now - batch.created_at > questions.PREPARED_FOR:
            error = _("It is not known whether the batch reached the vendor.")
            await in_database(questions.give_up)(batch, account, error=error, word="lost", again=True)
        return 0
    try:
        told = await client.messages.batches.retrieve(batch.vendor_id)
        if told.processing_status != "ended":
            return 0
        return await _collect(client, account, batch)
    except FAULTS as error:
        log.warning("Batch %s cannot be collected now: %s", batch.vendor_id, trouble_of(error))
        if now > batch.expires_at + questions.LASTS:
            told_why = _("The vendor did not return the batch.")
            await in_database(questions.give_up)(batch, account, error=told_why, word="expired", again=True)
        return 0


async def _collect(client: AsyncAnthropic, account: Account, batch: AIBatch) -> int:
    """Read all results, in whatever order; what is missing among them has expired."""
    waiting = {question.pk.hex: question for question in await in_database(questions.questions_of)(batch)}
    count = 0
    async for result in await client.messages.batches.results(batch.vendor_id):
        if question := waiting.pop(result.custom_id, None):
            await in_database(questions.answer)(account, question, _read(result))
            count += 1
    for question in waiting.values():
        await in_database(questions.answer)(account, question, _nothing("expired", again=True))
    await in_database(questions.collected)(batch)
    return count


def _read(response: MessageBatchIndividualResponse) -> Answered:
    result = response.result
    if result.type == "errored":
        kind = result.error.error.type
        return _nothing(kind[:40], again=kind in RETRYABLE)
    if result.type != "succeeded":
        return _nothing(result.type, again=result.type == "expired")
    message = result.message
    outcome = Outcome(tokens_of(message.usage), stop_reason=message.stop_reason or "", request_id=message.id)
    try:
        check_stop(message)
    except Trouble as trouble:
        return Answered(outcome, error=trouble.name)
    return Answered(outcome, "".join(block.text for block in message.content if block.type == "text"))


def _nothing(error: str, *, again: bool) -> Answered:
    return Answered(Outcome(Tokens()), error=error, again=again)


def _under_way(account_id: UUID) -> list[AIBatch]:
    states = [AIBatch.State.PREPARED, AIBatch.State.SUBMITTED]
    with account_scope(account_id):
        rows = AIBatch.objects.for_account(account_id).filter(state__in=states)
        return list(rows.order_by("created_at"))
