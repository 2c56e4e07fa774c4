"""What the page "AI use" shows, and what the admins of an account are told on every page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from django.conf import settings
from django.db.models import Count, F, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from flowpilot.accounts.models import Account
from flowpilot.ai.anthropic.plans import plan_for
from flowpilot.ai.budget import Budget, budgets, today_of
from flowpilot.ai.ledger import BudgetUsedUp
from flowpilot.ai.models import AICall, AIUse, Job
from flowpilot.ai.prices import most_for
from flowpilot.ai.router import hindrance, wants_claude

DAYS_SHOWN: Final = 31
SUMS: Final = (
    "calls",
    "failures",
    "fallbacks",
    "input_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "output_tokens",
    "cost_usd",
)
SENTENCES: Final = {
    "switched_off": gettext_lazy("Models are switched off on this installation"),
    "no_key": gettext_lazy("No key for Claude"),
    "circuit_open": gettext_lazy("Claude had failed several times"),
    "day_budget": gettext_lazy("The daily budget was used up"),
    "month_budget": gettext_lazy("The monthly budget was used up"),
    "refusal": gettext_lazy("Claude declined to answer"),
    "overloaded": gettext_lazy("Claude was overloaded"),
    "rate_limited": gettext_lazy("Too many questions at once"),
    "timeout": gettext_lazy("No answer in time"),
    "disconnected": gettext_lazy("The connection broke off"),
    "unusable": gettext_lazy("The answer could not be used"),
    "unauthorised": gettext_lazy("The key was refused"),
    "blocked": gettext_lazy("Something on the way to Claude refused the question"),
    "not_there": gettext_lazy("Nothing answered for Claude at the configured address"),
    "unforeseen": gettext_lazy("A fault of FlowPilot's own"),
}


REFUSED: Final = frozenset({"unauthorised", "payment_required", "forbidden"})


@dataclass(frozen=True)
class Line:
    """The sums of some calls, under a name: a job's or a day's."""

    name: str | date
    calls: int
    failures: int
    fallbacks: int
    input_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    output_tokens: int
    cost_usd: Decimal

    @property
    def all_input_tokens(self) -> int:
        return self.input_tokens + self.cache_read_tokens + self.cache_write_tokens


@dataclass(frozen=True)
class Use:
    """An account's use of models: limits, this month by job, the last days, why the rules stepped in."""

    budgets: tuple[Budget, Budget]
    speaks: str
    """Who would answer now."""
    hindrance: str
    """Why not Claude although it is wanted; empty otherwise."""
    by_job: Sequence[Line]
    by_day: Sequence[Line]
    fallbacks: Sequence[tuple[str, int]]


def use_of(account: Account) -> Use:
    today = today_of(account)
    rows = AIUse.objects.for_account(account.pk)
    month = rows.filter(day__gte=today.replace(day=1), day__lte=today)
    recent = rows.filter(day__gt=today - timedelta(days=DAYS_SHOWN), day__lte=today)
    labels = {choice.value: str(choice.label) for choice in Job}
    wanted = wants_claude(account)
    limits = budgets(account, today)
    reason = hindrance(account) if wanted else None
    full = _used_up(limits, today) if wanted else None
    why = reason.sentence if reason else str(BudgetUsedUp(full)) if full else ""
    return Use(
        budgets=limits,
        speaks=str(AICall.Engine.ANTHROPIC.label if wanted and not why else AICall.Engine.OFFLINE.label),
        hindrance=why,
        by_job=[Line(**{**row, "name": labels[row["name"]]}) for row in _sums(month, "job")],
        by_day=[Line(**row) for row in reversed(_sums(recent, "day"))],
        fallbacks=_fallbacks(account),
    )


def notice_for(account: Account) -> str:
    """What the account's admins have to know about models; empty when all is well. Costs no query where there
    is neither a key nor a budget."""
    if account.ai_mode == Account.AiMode.OFFLINE:
        return ""
    if account.ai_mode == Account.AiMode.ANTHROPIC and (reason := hindrance(account)):
        return reason.sentence
    if why := _key_refused(account):
        return why
    if account.ai_daily_budget_usd is None and account.ai_monthly_budget_usd is None:
        return ""
    today = today_of(account)
    limits = budgets(account, today)
    if full := _used_up(limits, today):
        return _("The %(budget)s for AI is used up; the rules answer instead.") % {"budget": full}
    fullest = max(limits, key=lambda budget: budget.share)
    if fullest.is_near_its_end:
        told = {"share": int(fullest.share * 100), "budget": fullest}
        return _("%(share)s %% of the %(budget)s for AI is used.") % told
    return ""


def _key_refused(account: Account) -> str:
    """Whether the vendor's last word was that the key does not count: until somebody does something, it is
    asked in vain. Read from the ledger, for the worker finds it out before the web does."""
    if not (settings.ANTHROPIC_API_KEY and settings.AI_ENABLED):
        return ""
    since = timezone.now() - timedelta(days=1)
    rows = AICall.objects.for_account(account.pk).filter(
        engine=AICall.Engine.ANTHROPIC, settled_at__isnull=False, created_at__gte=since
    )
    last = rows.order_by("-created_at", "-id").values_list("error_class", flat=True).first()
    return _("Claude refuses this installation's key; the rules answer instead.") if last in REFUSED else ""


def _used_up(limits: Iterable[Budget], day: date) -> Budget | None:
    """The first that has no room for even the shortest guidance: who asks next is answered by the rules."""
    plan = plan_for("guide")
    least = most_for(plan.model, size=0, images=0, max_tokens=plan.max_tokens, at=day)
    return next((budget for budget in limits if not budget.has_room_for(least)), None)


def _sums(rows: Any, by: str) -> list[dict[str, Any]]:
    """One row for each value of `by`, in its order, which is called `name`."""
    sums = {f"{name}_sum": Sum(name) for name in SUMS}
    found = rows.annotate(name=F(by)).values("name").annotate(**sums).order_by("name")
    return [{"name": row["name"], **{name: row[f"{name}_sum"] for name in SUMS}} for row in found]


def _fallbacks(account: Account) -> list[tuple[str, int]]:
    """Why the rules answered in Claude's place lately, the most frequent reason first."""
    since = timezone.now() - timedelta(days=DAYS_SHOWN)
    rows = AICall.objects.for_account(account.pk).filter(engine=AICall.Engine.OFFLINE, created_at__gte=since)
    counted = rows.values("error_class").annotate(count=Count("pk")).order_by("-count", "error_class")
    return [(str(SENTENCES.get(row["error_class"], row["error_class"])), row["count"]) for row in counted]
