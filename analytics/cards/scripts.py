"""The script generator: how often it is asked, what it writes, and what came of it."""

from typing import Any, Final

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from analytics.figures import Counts
from analytics.parts import (
    Card,
    Cell,
    Fact,
    Table,
    badge_cell,
    count_fact,
    leading,
    number,
    share_cell,
    share_fact,
)
from analytics.scope import Scope, for_rows
from analytics.seen import Seen
from sessions.models import AISessionStep, GeneratedScript

HANDED_OUT: Final = Q(body__gt="")
RUN: Final = Q(run_at__isnull=False)
WORKED: Final = RUN & Q(run_outcome=AISessionStep.Outcome.WORKED)
BY_RULES: Final = Q(fallback__gt="")
NEEDS: Final = {
    "asked": Count("pk"),
    "written": Count("pk", filter=HANDED_OUT),
    "refused": Count("pk", filter=~HANDED_OUT),
    "run": Count("pk", filter=RUN),
    "worked": Count("pk", filter=WORKED),
    "by_rules": Count("pk", filter=BY_RULES),
    "in_sessions": Count("session", distinct=True),
    "refused_in": Count("session", distinct=True, filter=~HANDED_OUT),
    "run_in": Count("session", distinct=True, filter=RUN),
    "worked_in": Count("session", distinct=True, filter=WORKED),
    "by_rules_in": Count("session", distinct=True, filter=BY_RULES),
}


def scripts(scope: Scope, seen: Seen) -> Card:
    """Scripts of the sessions that began in these days."""
    scope, note = for_rows(scope)
    rows = _rows(scope)
    now, before = _needs(rows), _needs(_rows(scope.before())) if scope.compares else None
    if not now["asked"]:
        return Card(empty=_("Nobody asked for a script in these days."))
    facts = [leading(fact, scope.url(set=key), now[within]) for fact, key, within in _facts(now, before)]
    return Card(facts, tables=[_by_risk(scope, rows)], note=note)


def _rows(scope: Scope) -> QuerySet[GeneratedScript]:
    rows = GeneratedScript.objects.for_account(scope.user.account_id)
    return rows.filter(session__in=scope.sessions()).order_by()


def _needs(rows: QuerySet[GeneratedScript]) -> Counts:
    return Counts(rows.aggregate(**NEEDS))


def _facts(now: Counts, before: Counts | None) -> list[tuple[Fact, str, str]]:
    """Each with the set of the sessions behind it, and the name of their number."""

    def count(label: str, name: str) -> Fact:
        return count_fact(label, now[name], before[name] if before else None)

    def share(label: str, part: str, whole: str, good: str = "") -> Fact:
        return share_fact(
            label, now.share(part, whole), before.share(part, whole) if before else None, good=good
        )

    return [
        (count(_("Sessions with a script"), "in_sessions"), "scripted", "in_sessions"),
        (count(_("Asked for"), "asked"), "scripted", "in_sessions"),
        (share(_("Refused"), "refused", "asked"), "script_refused", "refused_in"),
        (share(_("Run of those written"), "run", "written"), "script_run", "run_in"),
        (share(_("Worked of those run"), "worked", "run", "up"), "script_worked", "worked_in"),
        (share(_("Written by rules instead"), "by_rules", "asked"), "script_by_rules", "by_rules_in"),
    ]


def _by_risk(scope: Scope, rows: Any) -> Table:
    found = {row["risk"]: row for row in rows.filter(HANDED_OUT).order_by().values("risk").annotate(**NEEDS)}
    header = [_("Risk"), _("Sessions"), _("Scripts"), _("Run"), _("Worked of those run")]
    return Table(
        header, [_risk_row(scope, risk, found.get(risk, {})) for risk in GeneratedScript.Risk.values]
    )


def _risk_row(scope: Scope, risk: str, row: dict[str, int]) -> list[Cell]:
    return [
        badge_cell("risk", risk),
        number(row.get("in_sessions", 0), scope.url(set=f"script_{risk}")),
        number(row.get("written", 0)),
        number(row.get("run", 0)),
        share_cell(Counts(row).share("worked", "run")),
    ]
