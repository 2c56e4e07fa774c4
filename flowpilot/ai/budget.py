"""How much an account has spent on models, and how much it may."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import F, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from flowpilot.accounts.models import Account
from flowpilot.ai.models import AIUse
from flowpilot.core.moments import zone_named

WARN_FROM = Decimal("0.8")
"""Share of a budget from which the account's admins are warned."""
ZERO = Decimal(0)


@dataclass(frozen=True)
class Budget:
    """One limit and what counts against it: what was spent, and what is reserved for calls under way."""

    period: str
    """`day` or `month`."""
    limit: Decimal | None
    """In US dollars; None: unlimited."""
    used: Decimal

    def has_room_for(self, amount: Decimal) -> bool:
        return self.limit is None or self.used + amount <= self.limit

    @property
    def share(self) -> Decimal:
        """The part that is used; 0 without a limit, 1 for a limit of nothing."""
        if self.limit is None:
            return ZERO
        return self.used / self.limit if self.limit else Decimal(1)

    @property
    def is_near_its_end(self) -> bool:
        return self.share >= WARN_FROM

    def __str__(self) -> str:
        return _("daily budget") if self.period == "day" else _("monthly budget")


def today_of(account: Account, now: datetime | None = None) -> date:
    """The date in the account's time zone."""
    return (now or timezone.now()).astimezone(zone_named(account.time_zone)).date()


def budgets(account: Account, day: date) -> tuple[Budget, Budget]:
    """The day's and the month's, as they stand."""
    amount = F("cost_usd") + F("reserved_usd")
    rows = AIUse.objects.for_account(account.pk).filter(day__gte=day.replace(day=1), day__lte=day)
    used = rows.aggregate(today=Sum(amount, filter=Q(day=day), default=ZERO), month=Sum(amount, default=ZERO))
    limits = _limits(account.pk)
    return Budget("day", limits[0], used["today"]), Budget("month", limits[1], used["month"])


def _limits(account_id: UUID) -> tuple[Decimal | None, Decimal | None]:
    """As they stand now: whoever holds the account may have read it hours ago."""
    rows = Account.objects.filter(pk=account_id)
    return rows.values_list("ai_daily_budget_usd", "ai_monthly_budget_usd").get()
