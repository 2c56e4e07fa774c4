"""Money is kept back before a model is asked, and replaced by what it cost."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from flowpilot.accounts.models import Account
from flowpilot.ai import ledger
from flowpilot.ai.budget import budgets, today_of
from flowpilot.ai.ledger import Asked, BudgetUsedUp, Outcome
from flowpilot.ai.models import AICall, AIUse
from flowpilot.ai.prices import Tokens
from flowpilot.core.scope import account_scope
from tests.factories import Cast, make_cast

pytestmark = pytest.mark.usefixtures("noon")

ASKED = Asked("guide", "claude-sonnet-5-5", "abc", Decimal("0.03"))


def limited(cast: Cast, *, day: str | None = None, month: str | None = None) -> Account:
    Account.objects.filter(pk=cast.account.pk).update(
        ai_daily_budget_usd=day and Decimal(day), ai_monthly_budget_usd=month and Decimal(month)
    )
    cast.account.refresh_from_db()
    return cast.account


def test_a_reservation_counts_until_it_is_settled(cast: Cast) -> None:
    account = limited(cast, day="1")
    call = ledger.reserve(account, ASKED)

    assert budgets(account, call.day)[0].used == Decimal("0.03")

    cost = ledger.settle(call, Outcome(Tokens(input=1000, output=100), stop_reason="end_turn"))

    assert cost == Decimal("0.003")
    assert budgets(account, call.day)[0].used == Decimal("0.003")
    use = AIUse.objects.get()
    assert (use.calls, use.input_tokens, use.output_tokens, use.reserved_usd) == (1, 1000, 100, 0)


def test_settling_twice_counts_once(cast: Cast) -> None:
    call = ledger.reserve(cast.account, ASKED)
    ledger.settle(call, Outcome(Tokens(input=1000)))

    ledger.settle(call, Outcome(Tokens(input=9000)))

    assert AIUse.objects.get().input_tokens == AICall.objects.get().input_tokens == 1000


def test_a_call_for_which_there_is_no_room_is_not_written(cast: Cast) -> None:
    account = limited(cast, day="0.05")
    ledger.reserve(account, ASKED)

    with pytest.raises(BudgetUsedUp, match="^The daily budget for AI is used up.$"):
        ledger.reserve(account, ASKED)

    assert AICall.objects.count() == 1
    assert AIUse.objects.get().calls == 1


def test_the_month_is_limited_over_its_days(cast: Cast) -> None:
    account = limited(cast, month="0.10")
    for day in (3, 4, 5):
        with time_machine.travel(datetime(2026, 11, day, 12, tzinfo=UTC), tick=False):
            ledger.reserve(account, ASKED)

    with (
        time_machine.travel(datetime(2026, 11, 30, 12, tzinfo=UTC), tick=False),
        pytest.raises(BudgetUsedUp, match="monthly"),
    ):
        ledger.reserve(account, ASKED)
    with time_machine.travel(datetime(2026, 12, 1, 12, tzinfo=UTC), tick=False):
        assert ledger.reserve(account, ASKED).day == date(2026, 12, 1)


def test_days_are_those_of_the_account(cast: Cast) -> None:
    cast.account.time_zone = "Pacific/Auckland"

    assert today_of(cast.account, datetime(2026, 11, 22, 18, tzinfo=UTC)) == date(2026, 11, 23)


def test_a_limit_that_was_lowered_meanwhile_holds(cast: Cast) -> None:
    held = Account.objects.get(pk=cast.account.pk)
    limited(cast, day="0.01")

    with pytest.raises(BudgetUsedUp):
        ledger.reserve(held, ASKED)


def test_one_accounts_budget_is_not_the_others(cast: Cast, outsiders: Cast) -> None:
    limited(cast, day="0.05")
    ledger.reserve(outsiders.account, ASKED)
    ledger.reserve(outsiders.account, ASKED)

    assert ledger.reserve(cast.account, ASKED).account_id == cast.account.pk


@pytest.mark.parametrize(
    ("used", "near", "gone"), [("0.79", False, False), ("0.80", True, False), ("1.00", True, True)]
)
def test_a_budget_warns_at_four_fifths(cast: Cast, used: str, near: bool, gone: bool) -> None:
    account = limited(cast, day="1")
    ledger.reserve(account, Asked("guide", "claude-sonnet-5-5", "abc", Decimal(used)))

    day, month = budgets(account, today_of(account))

    assert (day.is_near_its_end, day.has_room_for(Decimal("0.01"))) == (near, not gone)
    assert (month.is_near_its_end, month.limit) == (False, None)


def test_what_a_dead_process_left_is_charged_as_reserved(cast: Cast) -> None:
    lost = ledger.reserve(cast.account, ASKED)
    AICall.objects.filter(pk=lost.pk).update(created_at=timezone.now() - timedelta(hours=1))
    alive = ledger.reserve(cast.account, ASKED)

    assert ledger.settle_lost(cast.account.pk) == 1

    lost.refresh_from_db()
    alive.refresh_from_db()
    assert (lost.error_class, lost.cost_usd, alive.settled_at) == ("lost", Decimal("0.03"), None)
    use = AIUse.objects.get()
    assert (use.cost_usd, use.reserved_usd, use.failures) == (Decimal("0.03"), Decimal("0.03"), 1)


def test_an_answer_of_the_rules_in_a_models_place_is_counted(cast: Cast) -> None:
    ledger.note_fallback(cast.account, "guide", "overloaded")

    call, use = AICall.objects.get(), AIUse.objects.get()
    assert (call.engine, call.error_class, call.cost_usd) == ("offline", "overloaded", 0)
    assert (use.fallbacks, use.calls) == (1, 0)


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_do_not_overshoot() -> None:
    account = limited(make_cast("acme"), day="0.30")

    def reserve(_number: int) -> bool:
        try:
            ledger.reserve(account, ASKED)
        except BudgetUsedUp:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(max_workers=20) as pool:
        granted = list(pool.map(reserve, range(20)))

    assert sum(granted) == 10
    with account_scope(account.pk):
        assert AIUse.objects.get().reserved_usd == Decimal("0.30")
        assert AICall.objects.count() == 10
