"""Sessions that came from a ticket: with a flow and without one."""

from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from analytics.figures import MINUTES, RESOLVED, Counts, Percentile
from analytics.parts import Card, Cell, Table, minutes_cell, number, share_cell, text_cell
from analytics.scope import Scope
from analytics.seen import Seen
from flowpilot.core.statistics import ENOUGH
from flowpilot.psa.models import PsaConnection


def tickets(scope: Scope, seen: Seen) -> Card:
    """Handling of tickets along a flow against handling without one; too few of either are not compared."""
    connected = PsaConnection.objects.for_account(scope.user.account_id).exists()
    rows = scope.sessions().exclude(psa_ticket_id=None).exclude(psa_ticket_id="").order_by()
    found = [_side(rows.filter(matched_flow__isnull=without)) for without in (False, True)]
    if not sum(side["n"] for side in found):
        return _nothing(connected)
    enough = all(side["n"] >= ENOUGH for side in found)
    measures: list[tuple[str, list[Cell]]] = [
        (_("Tickets"), [number(side["n"]) for side in found]),
        (_("Median time to resolve"), [_if(enough, minutes_cell(side["median"])) for side in found]),
        (_("Resolved"), [_if(enough, _rate(side, "resolved", "ended")) for side in found]),
        (_("Reopened"), [_if(enough, _rate(side, "reopened", "ever")) for side in found]),
    ]
    table = Table(
        [_("Measure"), _("Along a flow"), _("Without")],
        [[text_cell(name), *cells] for name, cells in measures],
    )
    note = "" if enough else _("Too few to compare: each side needs %(needed)s tickets.") % {"needed": ENOUGH}
    return Card(tables=[table], note=note)


def _nothing(connected: bool) -> Card:
    if connected:
        return Card(empty=_("No session of these days came from a ticket."))
    return Card(
        empty=_(
            "No ticket system is connected. Once an administrator connects one under “PSA connections”,"
            " tickets appear here."
        )
    )


def _side(rows: Any) -> dict[str, Any]:
    found: dict[str, Any] = rows.aggregate(
        n=Count("pk"),
        ended=Count("pk", filter=Q(ended_at__isnull=False)),
        resolved=Count("pk", filter=RESOLVED),
        ever=Count("pk", filter=Q(resolution_no__gte=1)),
        reopened=Count("pk", filter=Q(reopened_at__isnull=False)),
        median=Percentile(MINUTES, share=0.5, filter=RESOLVED),
    )
    return found


def _rate(side: dict[str, Any], part: str, whole: str) -> Cell:
    return share_cell(Counts(side).share(part, whole))


def _if(enough: bool, cell: Cell) -> Cell:
    return cell if enough else text_cell(_("too few"))
