"""How long resolutions take, and to whom incidents are handed."""

from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _

from analytics.cards.outcomes import TIERS
from analytics.figures import Times, times
from analytics.parts import Card, Table, minutes_cell, minutes_fact, number, text_cell
from analytics.scope import Scope
from analytics.seen import Seen
from sessions.models import AISession

NOTHING_YET = Times(0, None, None)
LONGEST_LIST = 10


def resolve_times(scope: Scope, seen: Seen) -> Card:
    """Median and p90 from start to resolution, pauses included."""
    now = times(scope).get((), NOTHING_YET)
    before = times(seen.former).get((), NOTHING_YET) if seen.former else NOTHING_YET
    by_tier = times(scope, "tier")
    rows = []
    for tier, name in TIERS.items():
        one = by_tier.get((tier,), NOTHING_YET)
        resolved = number(one.n, scope.url(set="resolved", tier=tier))
        rows.append([text_cell(name), resolved, minutes_cell(one.median), minutes_cell(one.p90)])
    facts = [
        minutes_fact(_("Median"), now.median, before.median, now.n),
        minutes_fact(_("Nine of ten within"), now.p90, before.p90, now.n),
    ]
    return Card(facts, tables=[Table([_("Tier"), _("Resolved"), _("Median"), _("Nine of ten within")], rows)])


def escalations(scope: Scope, seen: Seen) -> Card:
    """Why incidents leave FlowPilot, and where they go."""
    rows = scope.sessions().filter(status=AISession.Status.ESCALATED).order_by()
    if not rows.exists():
        return Card(empty=_("Nothing was escalated in these days."))
    tables = [
        _counted(scope, rows, "escalation_reason", "reason", _("Reason")),
        _counted(scope, rows, "escalation_destination", "destination", _("Destination")),
    ]
    return Card(tables=tables)


def _counted(scope: Scope, rows: Any, column: str, parameter: str, heading: str) -> Table:
    """The most frequent values, each with the sessions behind it; rows without a value lead nowhere."""
    counted = rows.values(column).annotate(n=Count("pk")).order_by("-n", column)[:LONGEST_LIST]
    found = []
    for row in counted:
        value = row[column] or ""
        url = scope.url(set="escalated", **{parameter: value}) if value else ""
        found.append([text_cell(value or _("Not said")), number(row["n"], url)])
    return Table([heading, _("Escalated")], found)
