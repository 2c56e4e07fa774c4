"""Verbs of questions that wait for their answer in a batch: taken down, sent, answered or given up.

A question is sent only once somebody has released it, in the transaction in which it is noted who waits for
the answer; a crash before that leaves a draft, which is dropped.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from flowpilot.accounts.models import Account
from flowpilot.ai import ledger
from flowpilot.ai.anthropic.prompting import encoded
from flowpilot.ai.contracts import Job
from flowpilot.ai.ledger import Asked, BudgetUsedUp, Outcome
from flowpilot.ai.models import AIBatch, AICall, AIQuestion
from flowpilot.ai.prices import Tokens
from flowpilot.ai.router import wants_batches
from flowpilot.core.scope import account_scope

State = AIQuestion.State
MOST_ATTEMPTS: Final = 2
IN_ONE_BATCH: Final = 1_000
DRAFT_FOR: Final = timedelta(hours=1)
PREPARED_FOR: Final = timedelta(minutes=15)
"""Of a batch that is not known by then to have reached the vendor, the vendor's list is looked at. A process
that is still sending it has given up before."""
LASTS: Final = timedelta(hours=24)
"""The vendor answers a batch within that time or not at all."""


@dataclass(frozen=True)
class Answered:
    """What the vendor returned for one question: its text, or `error`, one word, and whether to ask again."""

    outcome: Outcome
    text: str = ""
    error: str = ""
    again: bool = False


def key_of(body: dict[str, Any]) -> str:
    return sha256(encoded(body).encode()).hexdigest()


def take_down(account: Account, asked: Asked, body: dict[str, Any]) -> AIQuestion:
    """Keep a question as a draft, with its price reserved. Raises `BudgetUsedUp`."""
    with account_scope(account.pk), transaction.atomic():
        call = ledger.reserve(account, asked)
        return AIQuestion.objects.create(account=account, call=call, body=body, key=key_of(body))


def release(account_id: UUID, question_id: UUID) -> None:
    """Let the next batch take it."""
    rows = AIQuestion.objects.for_account(account_id).filter(pk=question_id, state=State.DRAFT)
    rows.update(state=State.WAITING)


def drop(question: AIQuestion) -> None:
    """It was read, or nobody waits for it any more."""
    ledger.settle(question.call, Outcome(Tokens(), error_class="dropped"))
    question.delete()


def withdraw(account_id: UUID) -> int:
    """Give back what waits to be sent; whoever waits for it asks anew, as the account is set by then."""
    with account_scope(account_id), transaction.atomic():
        rows = AIQuestion.objects.for_account(account_id).filter(state=State.WAITING)
        waiting = list(rows.select_for_update(skip_locked=True, of=("self",)).select_related("call"))
        for question in waiting:
            ledger.settle(question.call, Outcome(Tokens(), error_class="withdrawn"))
            question.state = State.FAILED
            question.save(update_fields=["state"])
    return len(waiting)


def prepare(account_id: UUID) -> AIBatch | None:
    """Put what waits into a new batch, noted before the vendor hears of it; none if none is wanted."""
    with account_scope(account_id), transaction.atomic():
        if not _wanted(account_id):
            return None
        rows = AIQuestion.objects.for_account(account_id).filter(state=State.WAITING).order_by("created_at")
        waiting = list(
            rows.select_for_update(skip_locked=True, of=("self",)).select_related("call")[:IN_ONE_BATCH]
        )
        if not waiting:
            return None
        batch = AIBatch.objects.create(account_id=account_id, expires_at=timezone.now() + LASTS)
        for question in waiting:
            question.batch, question.state, question.call.batch = batch, State.SENT, batch
            question.call.save(update_fields=["batch"])
            question.save(update_fields=["batch", "state"])
    return batch


def submitted(batch: AIBatch, *, vendor_id: str, expires_at: datetime, request_id: str = "") -> None:
    with account_scope(batch.account_id):
        batch.vendor_id, batch.submitted_at = vendor_id, timezone.now()
        batch.state, batch.expires_at = AIBatch.State.SUBMITTED, expires_at
        batch.request_id = request_id
        batch.save(update_fields=["vendor_id", "submitted_at", "state", "expires_at", "request_id"])


def give_up(
    batch: AIBatch, account: Account, *, error: str, word: str, again: bool, request_id: str = ""
) -> None:
    """The batch brings no answers: what was in it is sent again, or goes without."""
    with account_scope(account.pk), transaction.atomic():
        batch.state, batch.error = AIBatch.State.FAILED, error
        batch.request_id = request_id or batch.request_id
        batch.save(update_fields=["state", "error", "request_id"])
        nothing = Answered(Outcome(Tokens(), error_class=word), error=word, again=again)
        for question in questions_of(batch):
            answer(account, question, nothing)


def put_back(batch: AIBatch, *, error: str, request_id: str = "") -> None:
    """The vendor did not take the batch: what was in it waits for the next one, uncounted."""
    with account_scope(batch.account_id), transaction.atomic():
        batch.state, batch.error, batch.request_id = AIBatch.State.FAILED, error, request_id
        batch.save(update_fields=["state", "error", "request_id"])
        AICall.objects.for_account(batch.account_id).filter(batch=batch).update(batch=None)
        batch.questions.filter(state=State.SENT).update(state=State.WAITING, batch=None)


def end_overdue(account: Account) -> None:
    """Give up batches that the vendor has no time left to answer, where it may not be asked about them.

    What they cost is not known any more, so each call is charged as reserved.
    """
    states = [AIBatch.State.PREPARED, AIBatch.State.SUBMITTED]
    with account_scope(account.pk), transaction.atomic():
        ledger.one_after_the_other(account.pk)
        rows = AIBatch.objects.for_account(account.pk).filter(state__in=states, expires_at__lt=timezone.now())
        for batch in rows:
            for question in questions_of(batch):
                ledger.settle_as_reserved(question.call, Outcome(Tokens(), error_class="overdue"))
            give_up(
                batch, account, error=_("The vendor may not be asked for it."), word="overdue", again=False
            )


def collected(batch: AIBatch) -> None:
    with account_scope(batch.account_id):
        batch.state, batch.collected_at = AIBatch.State.COLLECTED, timezone.now()
        batch.save(update_fields=["state", "collected_at"])


def answer(account: Account, question: AIQuestion, given: Answered) -> None:
    """Write down what came back, and settle the call. A second time changes nothing."""
    with account_scope(account.pk), transaction.atomic():
        # Before any row: whoever reserves takes the lock first and the account's sums after it.
        ledger.one_after_the_other(account.pk)
        rows = AIQuestion.objects.for_account(account.pk).filter(
            pk=question.pk, state=State.SENT, batch_id=question.batch_id
        )
        held = rows.select_for_update(of=("self",)).select_related("call").first()
        if held is None:
            return
        ledger.settle(held.call, replace(given.outcome, error_class=given.error))
        if given.again and held.attempts < MOST_ATTEMPTS and _asked_again(account, held):
            return
        held.state, held.answer = State.FAILED if given.error else State.ANSWERED, given.text
        held.save(update_fields=["state", "answer"])


def _wanted(account_id: UUID) -> bool:
    """As the account is set now: whoever holds it may have read it before an admin changed it."""
    return wants_batches(Account.objects.get(pk=account_id))


def _asked_again(account: Account, question: AIQuestion) -> bool:
    if not _wanted(account.pk):
        return False
    call = question.call
    asked = Asked(_job(call.job), call.model, call.prompt_version, call.reserved_usd, call.session_id)
    try:
        question.call = ledger.reserve(account, asked)
    except BudgetUsedUp:
        return False
    question.attempts += 1
    question.state, question.batch = State.WAITING, None
    question.save(update_fields=["call", "attempts", "state", "batch"])
    return True


def questions_of(batch: AIBatch) -> list[AIQuestion]:
    return list(batch.questions.filter(state=State.SENT).select_related("call"))


def vendor_ids(account_id: UUID) -> set[str]:
    """Names at the vendor that belong to batches of the account already."""
    with account_scope(account_id):
        return {
            *AIBatch.objects.for_account(account_id).exclude(vendor_id="").values_list("vendor_id", flat=True)
        }


def ready(account_id: UUID) -> Sequence[AIQuestion]:
    """Those that need not be waited for any more, the oldest first."""
    rows = AIQuestion.objects.for_account(account_id).filter(state__in=[State.ANSWERED, State.FAILED])
    return list(rows.select_related("call").order_by("created_at"))


def drop_old_drafts(account_id: UUID) -> None:
    with account_scope(account_id):
        before = timezone.now() - DRAFT_FOR
        rows = AIQuestion.objects.for_account(account_id).filter(state=State.DRAFT, created_at__lt=before)
        for question in rows.select_related("call"):
            drop(question)


def _job(name: str) -> Job:
    """Only the analysis has time to wait."""
    assert name == "analyse"
    return "analyse"
