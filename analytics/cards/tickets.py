"""Sessions that came from a ticket: with a flow and without one."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics.figures import MINUTES, RESOLVED, Counts, Percentile
from analytics.parts import Card, Cell, Table, minutes_cell, number, share_cell, text_cell
from analytics.scope import Scope, for_rows
from analytics.seen import Seen
from flowpilot.core.statistics import ENOUGH
from flowpilot.psa.models import PsaConnection
from sessions import sets

WAYS: Final = ("followed", "off_flow")
"""The sets of sessions that are compared."""
MEASURES: Final = (
    gettext_lazy("Tickets"),
    gettext_lazy("Median time to resolve"),
    gettext_lazy("Resolved"),
    gettext_lazy("Reopened"),
)


def tickets(scope: Scope, seen: Seen) -> Card:
    """Handling of tickets along a flow against handling without one; too few of either are not compared."""
    connected = PsaConnection.objects.for_account(scope.user.account_id).exists()
    scope, cut_short = for_rows(scope)
    found = _sides(scope)
    if not sum(side["n"] for side in found):
        return _nothing(scope, connected)
    before = _sides(scope.before()) if scope.compares else []
    enough = all(side["n"] >= ENOUGH for side in found)
    table = Table(
        [_("Measure"), *_header(bool(before))],
        [
            [text_cell(name), *cells]
            for name, cells in zip(
                MEASURES,
                zip(*_columns(scope, found, before, enough), strict=True),
                strict=True,
            )
        ],
    )
    note = "" if enough else _("Too few to compare: each side needs %(needed)s tickets.") % {"needed": ENOUGH}
    return Card(tables=[table], note=f"{note} {cut_short}".strip())


def _nothing(scope: Scope, connected: bool) -> Card:
    if connected:
        return Card(empty=_("No session of these days came from a ticket."))
    connect = _("Connect one"), reverse("connections:list")
    return Card(
        empty=_(
            "No ticket system is connected. Once an administrator connects one under “Ticket systems”,"
            " tickets appear here."
        ),
        action=connect if scope.user.account_admin else None,
    )


def _sides(scope: Scope) -> list[dict[str, Any]]:
    rows = scope.sessions().filter(psa_ticket_id__isnull=False).order_by()
    return [_side(rows.filter(sets.named(way).condition(scope.now))) for way in WAYS]


def _header(compares: bool) -> list[str]:
    names = [_("Along a flow"), _("Without")]
    return [each for name in names for each in (name, *([_("Before")] if compares else []))]


def _columns(
    scope: Scope, found: list[dict[str, Any]], before: list[dict[str, Any]], enough: bool
) -> Iterator[list[Cell]]:
    """Of each way the days asked for, and the days before; only the former lead to sessions."""
    for place, (way, side) in enumerate(zip(WAYS, found, strict=True)):
        yield _column(side, enough, partial(scope.url, ticket="yes"), way)
        if before:
            yield _column(before[place], enough, None, way)


def _column(side: dict[str, Any], enough: bool, url: Callable[..., str] | None, way: str) -> list[Cell]:
    counted = number(side["n"], url(set=way) if url else "")
    return [
        counted,
        _if(enough, minutes_cell(side["median"])),
        _if(enough, _rate(side, "resolved", "ended")),
        _if(enough, _rate(side, "reopened", "ever")),
    ]


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
