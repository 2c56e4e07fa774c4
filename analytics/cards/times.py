"""How long resolutions take."""

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from analytics.cards.outcomes import TIERS
from analytics.figures import MOST_TIMES, NONE, WHOLE_SCOPE, Times, times
from analytics.parts import (
    Card,
    Table,
    leading,
    minutes_before,
    minutes_cell,
    minutes_fact,
    number,
    text_cell,
)
from analytics.scope import Scope
from analytics.seen import Seen

NOTHING_YET = Times(0, None, None)


def resolve_times(scope: Scope, seen: Seen) -> Card:
    """Median and p90 from start to resolution, pauses included."""
    found = times(scope)
    now = found[WHOLE_SCOPE]
    formerly = times(seen.former) if seen.former else {}
    before = formerly.get(WHOLE_SCOPE, NOTHING_YET)
    rows = []
    for tier, name in TIERS.items():
        one = found.get(tier, NOTHING_YET)
        resolved = seen.by_tier.get(tier, NONE)["resolved"]
        counted = number(resolved, seen.scope.url(set="resolved", began=tier))
        was = formerly.get(tier, NOTHING_YET) if seen.former else None
        rows.append(
            [
                text_cell(name),
                counted,
                minutes_cell(one.median, minutes_before(was.median) if was else None),
                minutes_cell(one.p90, minutes_before(was.p90) if was else None),
            ]
        )
    behind = seen.scope.url(set="resolved"), seen.now["resolved"]
    facts = [
        leading(minutes_fact(_("Median"), now.median, before.median, now.n), *behind),
        leading(minutes_fact(_("Nine of ten within"), now.p90, before.p90, now.n), *behind),
    ]
    table = Table([_("Tier"), _("Resolved"), _("Median"), _("Nine of ten within")], rows)
    note = _("Times are of the newest %(most)s resolved sessions.") % {"most": number_format(MOST_TIMES)}
    return Card(facts, tables=[table], note=note if now.n == MOST_TIMES else "")
