"""What models cost, by job, against the budgets."""

from django.db.models import Sum
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from analytics.figures import Counts
from analytics.parts import (
    Card,
    Cell,
    Fact,
    Former,
    Table,
    leading,
    measure_fact,
    number,
    share_cell,
    share_fact,
)
from analytics.scope import Scope
from analytics.seen import Seen
from flowpilot.ai.budget import Budget, budgets, today_of
from flowpilot.ai.models import AIUse, Job
from flowpilot.core.statistics import Share
from flowpilot.core.templatetags.text import NOTHING

SUMS = (
    "calls",
    "failures",
    "fallbacks",
    "input_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "output_tokens",
    "cost_usd",
)


def models_used(scope: Scope, seen: Seen) -> Card:
    """Calls, tokens and cost in these days. Of the whole account: a call belongs to a job, not to a team."""
    found = _by_job(scope)
    formerly = _by_job(scope.before()) if scope.compares else None
    now, before = _whole(found), None if formerly is None else _whole(formerly)
    facts = [
        measure_fact(_("Cost"), now.values["cost_usd"], before.values["cost_usd"] if before else None, _usd),
        share_fact(_("Answered by rules instead"), _fallbacks(now), _fallbacks(before) if before else None),
        share_fact(_("Input read from the cache"), _cached(now), _cached(before) if before else None),
        *(_budget(budget) for budget in budgets(scope.account, today_of(scope.account))),
    ]
    facts = [leading(fact, reverse("ai:use")) for fact in facts]
    header = [
        _("Job"),
        _("Calls"),
        _("Failed"),
        _("Rules instead"),
        _("Tokens in"),
        _("Cached"),
        _("Tokens out"),
        _("Cost"),
    ]
    rows = [_row(job, found[job], formerly) for job in Job.values if job in found]
    table = Table(header, rows)
    return Card(
        facts,
        tables=[table] if table.rows else [],
        note="" if found else _("No model was asked in these days."),
    )


def _by_job(scope: Scope) -> dict[str, dict[str, int]]:
    rows = AIUse.objects.for_account(scope.user.account_id).filter(day__gte=scope.since, day__lte=scope.until)
    sums = {f"{name}_n": Sum(name) for name in SUMS}
    return {row["job"]: row for row in rows.values("job").annotate(**sums)}


def _whole(found: dict[str, dict[str, int]]) -> Counts:
    return Counts({name: float(sum(row[f"{name}_n"] for row in found.values())) for name in SUMS})


def _row(job: str, row: dict[str, int], formerly: dict[str, dict[str, int]] | None) -> list[Cell]:
    """`formerly` are all jobs of the days before; None where nothing is compared."""
    counts = _whole({job: row})
    was = None if formerly is None else _whole({job: formerly[job]} if job in formerly else {})
    cost = None if was is None else Former(_usd(was.values["cost_usd"]), round(was.values["cost_usd"], 4))
    name = str(Job(job).label)
    return [
        Cell(name, name),
        number(counts["calls"]),
        number(counts["failures"]),
        number(counts["fallbacks"]),
        number(_input(counts)),
        share_cell(_cached(counts), former=None if was is None else _cached(was)),
        number(counts["output_tokens"]),
        Cell(_usd(row["cost_usd_n"]), float(row["cost_usd_n"]), former=cost),
    ]


def _input(counts: Counts) -> int:
    return counts["input_tokens"] + counts["cache_read_tokens"] + counts["cache_write_tokens"]


def _cached(counts: Counts) -> Share:
    return Counts({"read": counts["cache_read_tokens"], "all": _input(counts)}).share("read", "all")


def _fallbacks(counts: Counts) -> Share:
    asked = counts["calls"] + counts["fallbacks"]
    return Counts({"fallbacks": counts["fallbacks"], "asked": asked}).share("fallbacks", "asked")


def _budget(budget: Budget) -> Fact:
    label = _("Today") if budget.period == "day" else _("This month")
    limit = _("of %(limit)s") % {"limit": _usd(budget.limit)} if budget.limit is not None else _("no limit")
    return Fact(label, _usd(budget.used), float(budget.used), change=limit)


def _usd(amount: object) -> str:
    return NOTHING if amount is None else f"${number_format(amount, decimal_pos=2, force_grouping=True)}"  # type: ignore[arg-type]
