"""Verbs of the ledger: money is reserved and the attempt written down before a model is asked, settled after.

Each of them is a short transaction of its own, in the scope of the account.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from flowpilot.accounts.models import Account
from flowpilot.ai.budget import ZERO, Budget, budgets, today_of
from flowpilot.ai.contracts import Job
from flowpilot.ai.models import AICall, AIUse
from flowpilot.ai.prices import Tokens, cost_of
from flowpilot.core.locks import lock_key
from flowpilot.core.scope import account_scope

LOST_AFTER = timedelta(minutes=20)
"""No call that somebody waits for takes that long: its process died before it could settle it."""


class BudgetUsedUp(Exception):
    """The account's budget has no room for the call; nothing was written."""

    def __init__(self, budget: Budget) -> None:
        super().__init__(_("The %(budget)s for AI is used up.") % {"budget": budget})
        self.budget = budget


@dataclass(frozen=True)
class Asked:
    """What a call is about, as far as it is known before it is made."""

    job: Job
    model: str
    prompt_version: str
    estimate: Decimal
    """The most that it may cost, in US dollars."""
    session_id: UUID | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of a call."""

    tokens: Tokens
    duration_ms: int | None = None
    stop_reason: str = ""
    request_id: str = ""
    error_class: str = ""


def reserve(account: Account, asked: Asked) -> AICall:
    """Write the attempt down and keep its price back. Raises `BudgetUsedUp`.

    Accounts' reservations go one after the other, so that parallel calls cannot overshoot together.
    """
    with account_scope(account.pk), transaction.atomic():
        one_after_the_other(account.pk)
        day = today_of(account)
        for budget in budgets(account, day):
            if not budget.has_room_for(asked.estimate):
                raise BudgetUsedUp(budget)
        _add(account.pk, day, asked.job, calls=1, reserved_usd=asked.estimate)
        return AICall.objects.create(
            account=account,
            job=asked.job,
            session_id=asked.session_id,
            model=asked.model,
            prompt_version=asked.prompt_version,
            day=day,
            reserved_usd=asked.estimate,
        )


def settle(call: AICall, outcome: Outcome) -> Decimal:
    """Replace the reservation by what the call cost, and return that. A second time changes nothing."""
    price = cost_of(call.model, outcome.tokens, at=call.created_at.date(), batch=call.batch_id is not None)
    return _settle(call, outcome, price.usd, price.as_of)


def settle_as_reserved(call: AICall, outcome: Outcome) -> Decimal:
    """Settle at the price that was reserved, where nobody knows what the vendor charges; return that."""
    return _settle(call, outcome, call.reserved_usd, None)


def settle_lost(account_id: UUID, now: datetime | None = None) -> int:
    """Settle what a dead process left open, at the price that was reserved: the vendor may charge it."""
    before = (now or timezone.now()) - LOST_AFTER
    with account_scope(account_id):
        left = AICall.objects.for_account(account_id).filter(
            settled_at__isnull=True, question__isnull=True, created_at__lt=before
        )
        calls = list(left)
        for call in calls:
            settle_as_reserved(call, Outcome(Tokens(), error_class="lost"))
    return len(calls)


def note_fallback(account: Account, job: Job, reason: str, *, session_id: UUID | None = None) -> None:
    """The rules answered where a model was wanted; `reason` is one word."""
    now = timezone.now()
    with account_scope(account.pk), transaction.atomic():
        day = today_of(account, now)
        AICall.objects.create(
            account=account,
            job=job,
            session_id=session_id,
            engine=AICall.Engine.OFFLINE,
            day=day,
            cost_usd=ZERO,
            error_class=reason,
            settled_at=now,
        )
        _add(account.pk, day, job, fallbacks=1)


def _settle(call: AICall, outcome: Outcome, cost: Decimal, price_date: date | None) -> Decimal:
    tokens = outcome.tokens
    counted: dict[str, int | Decimal] = {
        "input_tokens": tokens.input,
        "cache_read_tokens": tokens.cache_read,
        "cache_write_tokens": tokens.cache_write,
        "output_tokens": tokens.output,
    }
    with account_scope(call.account_id), transaction.atomic():
        open_call = AICall.objects.for_account(call.account_id).filter(pk=call.pk, settled_at__isnull=True)
        settled = open_call.update(
            **counted,
            cache_write_1h_tokens=tokens.cache_write_1h,
            cost_usd=cost,
            price_date=price_date,
            duration_ms=outcome.duration_ms,
            stop_reason=outcome.stop_reason,
            request_id=outcome.request_id,
            error_class=outcome.error_class,
            settled_at=timezone.now(),
        )
        if settled:
            counted |= {
                "cost_usd": cost,
                "reserved_usd": -call.reserved_usd,
                "failures": 1 if outcome.error_class else 0,
            }
            _add(call.account_id, call.day, call.job, **counted)
    return cost


def _add(account_id: UUID, day: date, job: str, **amounts: int | Decimal) -> None:
    row = AIUse.objects.for_account(account_id).filter(day=day, job=job)
    changes = {name: F(name) + amount for name, amount in amounts.items()}
    if not row.update(**changes):
        AIUse.objects.bulk_create([AIUse(account_id=account_id, day=day, job=job)], ignore_conflicts=True)
        row.update(**changes)


def one_after_the_other(account_id: UUID) -> None:
    """Until the transaction ends, no other reserves for the account. Taken before any row of its use."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock_key(f"ai.budget.{account_id}")])
