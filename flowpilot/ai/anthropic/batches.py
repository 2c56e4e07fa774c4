"""Batches at the vendor: submitted, polled, collected. What becomes of the questions is in `questions`."""

import logging
from datetime import timedelta
from uuid import UUID

from anthropic import AsyncAnthropic
from anthropic.types.messages import MessageBatch, MessageBatchIndividualResponse
from asgiref.sync import async_to_sync
from django.utils import timezone
from django.utils.translation import gettext as _

from flowpilot.accounts.models import Account
from flowpilot.ai import questions
from flowpilot.ai.anthropic.client import open_client
from flowpilot.ai.anthropic.guard import refuse_secrets
from flowpilot.ai.anthropic.talking import tokens_of
from flowpilot.ai.anthropic.trouble import FAULTS, Trouble, check_stop, trouble_of
from flowpilot.ai.ledger import Outcome
from flowpilot.ai.models import AIBatch, AIQuestion
from flowpilot.ai.prices import Tokens
from flowpilot.ai.questions import Answered
from flowpilot.core.coroutines import in_database
from flowpilot.core.scope import account_scope

log = logging.getLogger(__name__)
READ_SECONDS = 60.0
CLOCKS_DIFFER = timedelta(minutes=5)
MAY_HAVE_ARRIVED = frozenset({"timeout", "disconnected", "corrupt", "server_error"})
"""Troubles that say nothing about whether the vendor took the batch."""
NOT_NOW = frozenset({"rate_limited", "overloaded"})
"""Troubles in which the vendor takes nothing, whatever it is."""
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
            try:
                collected += await _look_after(client, account, batch)
            except Exception:  # one batch that cannot be read must not keep the others, nor what waits
                log.exception("Batch %s cannot be looked after", batch.vendor_id or batch.pk)
        sent = await _submit(client, account)
    return f"submitted {sent}, collected {collected}"


async def _submit(client: AsyncAnthropic, account: Account) -> int:
    batch = await in_database(questions.prepare)(account.pk)
    if batch is None:
        return 0
    held = [
        question
        for question in await in_database(questions.questions_of)(batch)
        if await _may_leave(account, question)
    ]
    if not held:
        error_told = _("Nothing in it could be sent.")
        await in_database(questions.give_up)(batch, account, error=error_told, word="unsent", again=False)
        return 0
    try:
        told = await client.messages.batches.create(
            requests=[{"custom_id": question.pk.hex, "params": question.body} for question in held]
        )
    except (*FAULTS, Trouble) as error:
        trouble = trouble_of(error)
        if trouble.name in MAY_HAVE_ARRIVED:
            log.warning("Whether batch %s reached the vendor is looked up later: %s", batch.pk, trouble.name)
        elif trouble.name in NOT_NOW:
            await in_database(questions.put_back)(batch, error=str(trouble), request_id=trouble.request_id)
        else:
            await in_database(questions.give_up)(
                batch,
                account,
                error=str(trouble),
                word=trouble.word,
                again=trouble.again,
                request_id=trouble.request_id,
            )
        return 0
    await in_database(questions.submitted)(
        batch, vendor_id=told.id, expires_at=told.expires_at, request_id=told._request_id or ""
    )
    return len(held)


async def _may_leave(account: Account, question: AIQuestion) -> bool:
    """Whether no secret is left in a question; one that has one goes without an answer, alone."""
    try:
        refuse_secrets(question.body)
    except Trouble as trouble:
        await in_database(questions.answer)(account, question, _nothing(trouble.word, again=False))
        return False
    return True


async def _look_after(client: AsyncAnthropic, account: Account, batch: AIBatch) -> int:
    now = timezone.now()
    if batch.state == AIBatch.State.PREPARED:
        if now - batch.created_at > questions.PREPARED_FOR:
            await _look_for(client, account, batch)
        return 0
    try:
        told = await client.messages.batches.retrieve(batch.vendor_id)
        if told.processing_status != "ended":
            return 0
        return await _collect(client, account, batch, _size(told))
    except FAULTS as error:
        log.warning("Batch %s cannot be collected now: %s", batch.vendor_id, trouble_of(error))
        if now > batch.expires_at + questions.LASTS:
            told_why = _("The vendor did not return the batch.")
            await in_database(questions.give_up)(batch, account, error=told_why, word="expired", again=True)
        return 0


async def _look_for(client: AsyncAnthropic, account: Account, batch: AIBatch) -> None:
    """Of a batch whose arrival was not noted: the vendor's own list tells. What came is taken on, what did
    not is sent again; as long as it cannot be told, nothing is, for it might be paid twice."""
    held = {question.pk.hex for question in await in_database(questions.questions_of)(batch)}
    try:
        for told in await _alike(client, batch, len(held)):
            if told.processing_status != "ended" and timezone.now() < batch.expires_at:
                return
            if await _one_of(client, told) in held:
                await in_database(questions.submitted)(batch, vendor_id=told.id, expires_at=told.expires_at)
                return
    except FAULTS as error:
        log.warning("Batches at the vendor cannot be listed now: %s", trouble_of(error))
        if timezone.now() < batch.expires_at:
            return
    error_told = _("The batch did not reach the vendor.")
    await in_database(questions.give_up)(batch, account, error=error_told, word="lost", again=True)


async def _alike(client: AsyncAnthropic, batch: AIBatch, size: int) -> list[MessageBatch]:
    """Batches at the vendor, the newest first, that none of ours is known as and this one may be."""
    known = await in_database(questions.vendor_ids)(batch.account_id)
    first = batch.created_at - CLOCKS_DIFFER
    last = batch.created_at + questions.PREPARED_FOR + CLOCKS_DIFFER
    found = []
    async for told in client.messages.batches.list(limit=100):
        if told.created_at < first:
            break
        if told.created_at < last and told.id not in known and _size(told) == size:
            found.append(told)
    return found


def _size(told: MessageBatch) -> int:
    counts = told.request_counts
    return counts.processing + counts.succeeded + counts.errored + counts.canceled + counts.expired


async def _one_of(client: AsyncAnthropic, told: MessageBatch) -> str:
    """Our name of a question that is in the batch; empty as long as, or once, it has no results."""
    if not told.results_url:
        return ""
    async for result in await client.messages.batches.results(told.id):
        return result.custom_id
    return ""


async def _collect(client: AsyncAnthropic, account: Account, batch: AIBatch, size: int) -> int:
    """Read all results, in whatever order. What is missing in a file of full length has expired; a file that
    ends early is read again at the next round."""
    waiting = {question.pk.hex: question for question in await in_database(questions.questions_of)(batch)}
    lines = count = 0
    async for result in await client.messages.batches.results(batch.vendor_id):
        lines += 1
        if question := waiting.pop(getattr(result, "custom_id", None) or "", None):
            await in_database(questions.answer)(account, question, _understood(result))
            count += 1
    if lines < size:
        log.warning("Batch %s returned %s of %s results", batch.vendor_id, lines, size)
        if timezone.now() < batch.expires_at + questions.LASTS:
            return count
    for question in waiting.values():
        await in_database(questions.answer)(account, question, _nothing("expired", again=True))
    await in_database(questions.collected)(batch)
    return count


def _understood(response: MessageBatchIndividualResponse) -> Answered:
    """One result; if it has another form than the vendor describes, that costs this question alone."""
    try:
        return _read(response)
    except Exception:
        log.exception("A result of a batch cannot be read")
        return _nothing("corrupt", again=True)


def _read(response: MessageBatchIndividualResponse) -> Answered:
    result = response.result
    if result.type == "errored":
        kind = result.error.error.type
        return _nothing(kind[:40], again=kind in RETRYABLE)
    if result.type != "succeeded":
        return _nothing(result.type[:40], again=result.type == "expired")
    message = result.message
    outcome = Outcome(
        tokens_of(message.usage),
        stop_reason=(message.stop_reason or "")[:40],
        request_id=(message.id or "")[:100],
    )
    try:
        check_stop(message)
    except Trouble as trouble:
        return Answered(outcome, error=trouble.word)
    return Answered(outcome, "".join(block.text for block in message.content if block.type == "text"))


def _nothing(error: str, *, again: bool) -> Answered:
    return Answered(Outcome(Tokens()), error=error, again=again)


def _under_way(account_id: UUID) -> list[AIBatch]:
    states = [AIBatch.State.PREPARED, AIBatch.State.SUBMITTED]
    with account_scope(account_id):
        rows = AIBatch.objects.for_account(account_id).filter(state__in=states)
        return list(rows.order_by("created_at"))
