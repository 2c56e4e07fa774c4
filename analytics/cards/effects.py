"""What publishing each flow has changed."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import reduce
from operator import or_
from statistics import median
from typing import Any, Final

from django.db.models import Count, Q, QuerySet, Subquery, Sum, Value
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from analytics.cards.library import proposed, published
from analytics.counting import figures
from analytics.figures import MINUTES, NONE, RESOLVED, Counts, served, together
from analytics.metrics import DURABLE
from analytics.models import DomainDay
from analytics.parts import Card, Cell, Table, share_cell, text_cell
from analytics.scope import ONE_DAY, Scope
from analytics.seen import Seen
from flowpilot.core.statistics import ENOUGH, Share, bootstrap, difference
from flowpilot.core.templatetags.text import minutes
from flowpilot.flows.models import FlowVersion
from sessions.models import AISession

SHOWN: Final = 20
"""Publications of a page of the card, the newest first."""
EFFECT_DAYS: Final = 60
"""On either side of a publication."""
MOST_TIMES: Final = 300
"""Times of one side that a bootstrap draws from: the newest."""
ROUNDS: Final = 200
NAMES: Final = (DURABLE.part, DURABLE.whole)


@dataclass(frozen=True)
class Stretch:
    """The days on one side of a publication, in the sessions that the flow is for."""

    scope: Scope
    domain: str

    def rows(self) -> QuerySet[AISession]:
        return self.scope.sessions().filter(problem_domain=self.domain).order_by()


@dataclass(frozen=True)
class Side:
    """A stretch with what was found of it."""

    stretch: Stretch
    inside: Share
    elsewhere: Share
    """Of all other domains, in the whole account."""
    taken: list[float]
    """Minutes to resolution of the newest sessions inside."""


def effects(scope: Scope, seen: Seen) -> Card:
    """What came after each publication of a new flow, and of each change that came from a proposal: sessions
    of the flow's domain, team and client, before it and after it, compared with all other domains over the
    same days."""
    made = published(scope).filter(Q(number=1) | Q(proposed()))
    nowhere = made.filter(flow__domain=None).order_by()
    left_out = Subquery(nowhere.values("account").annotate(n=Count("pk")).values("n"))
    start = SHOWN * (scope.page - 1)
    told = made.exclude(flow__domain=None).annotate(left_out=left_out).order_by("-published_at", "-pk")
    found = list(told.select_related("flow__team", "flow__client")[start : start + SHOWN + 1])
    if not found:
        nothing = _("No flow of a known domain was published in these days.")
        return Card(empty=f"{nothing} {_left_out_told(nowhere.count())}".strip(), newer=scope.page - 1)
    header = [
        _("Flow"),
        _("Published"),
        _("Durable before"),
        _("Durable after"),
        _("Change"),
        *([] if scope.domain else [_("Change elsewhere")]),
        _("Median time"),
    ]
    versions = found[:SHOWN]
    sides = _measured([stretch for version in versions for stretch in _around(scope, version)])
    rows = [_row(scope, version, sides[2 * n], sides[2 * n + 1]) for n, version in enumerate(versions)]
    note = _(
        "Sessions of the flow's domain, of its team and client if it has one, %(days)s days on either side;"
        " intervals of 95%%."
    ) % {"days": EFFECT_DAYS}
    if not scope.domain:
        note += " " + _("Elsewhere are all other domains of the whole account, over the same days.")
    older = scope.page + 1 if len(found) > SHOWN else 0
    note = f"{note} {_left_out_told(found[0].left_out or 0)}".strip()
    return Card(tables=[Table(header, rows)], note=note, newer=scope.page - 1, older=older)


def _left_out_told(number: int) -> str:
    if not number:
        return ""
    return ngettext(
        "%(count)s publication is left out: its flow has no domain to look at the sessions of.",
        "%(count)s publications are left out: their flows have no domain to look at the sessions of.",
        number,
    ) % {"count": number}


def _around(scope: Scope, version: FlowVersion) -> tuple[Stretch, Stretch]:
    """Before and after, without the day itself. A flow of a team or client changes nothing for the others."""
    flow, day = version.flow, version.published_at.astimezone(scope.zone).date()
    today, span = scope.now.astimezone(scope.zone).date(), timedelta(days=EFFECT_DAYS)
    within = replace(scope, team=flow.team or scope.team, client=flow.client or scope.client)
    before, after = (day - span, day - ONE_DAY), (day + ONE_DAY, min(day + span, today))
    return (
        Stretch(within.on(*before), flow.domain or ""),
        Stretch(within.on(*after), flow.domain or ""),
    )


def _measured(stretches: Sequence[Stretch]) -> list[Side]:
    """In three queries, however many there are: the counted days by domain, from which stand all others and
    what nothing but its domain narrows; the sessions of what a team or client narrows; times."""
    days = _by_day(stretches)
    narrowed = [stretch for stretch in stretches if not served(stretch.scope, "domain")]
    of_sessions = dict(zip(narrowed, _from_sessions(narrowed), strict=True))
    return [
        Side(stretch, DURABLE.of(of_sessions.get(stretch, own)), DURABLE.of(others), taken)
        for stretch, (own, others), taken in zip(
            stretches, (_summed(days, stretch) for stretch in stretches), _times(stretches), strict=True
        )
    ]


Days = dict[date, list[tuple[str, Counts]]]
"""Day → (domain, its counts)."""


def _by_day(stretches: Sequence[Stretch]) -> Days:
    """The counted days of the whole account on which any of the stretches lies."""
    scopes = [stretch.scope for stretch in stretches]
    within = reduce(or_, (Q(day__range=(scope.since, scope.until)) for scope in scopes))
    rows = DomainDay.objects.for_account(scopes[0].account.pk).filter(within).order_by()
    sums = {f"{name}_n": Sum(name) for name in NAMES}
    found: defaultdict[date, list[tuple[str, Counts]]] = defaultdict(list)
    for row in rows.values("day", "domain").annotate(**sums):
        found[row["day"]].append((row["domain"], Counts({name: row[f"{name}_n"] for name in NAMES})))
    return found


def _summed(days: Days, stretch: Stretch) -> tuple[Counts, Counts]:
    """Of its domain, and of all others."""
    since, until = stretch.scope.since, stretch.scope.until
    cells = [cell for day, of_day in days.items() if since <= day <= until for cell in of_day]
    own = together(counts for domain, counts in cells if domain == stretch.domain)
    return own, together(counts for domain, counts in cells if domain != stretch.domain)


def _from_sessions(stretches: Sequence[Stretch]) -> list[Counts]:
    """Of each, from one query."""
    parts: list[QuerySet[Any, Any]] = [
        stretch.rows().values(place=Value(place)).annotate(**figures(stretch.scope.now, NAMES))
        for place, stretch in enumerate(stretches)
    ]
    found = [NONE] * len(stretches)
    for row in parts[0].union(*parts[1:], all=True) if parts else ():
        found[row["place"]] = Counts({name: row[f"{name}_n"] for name in NAMES})
    return found


def _row(scope: Scope, version: FlowVersion, before: Side, after: Side) -> list[Cell]:
    flow, day = version.flow, version.published_at.astimezone(scope.zone).date()
    return [
        text_cell(_named(version), reverse("flows:detail", args=[flow.pk])),
        Cell(date_format(day, "j M Y"), day.isoformat()),
        *(_share(side) for side in (before, after)),
        _change(before.inside, after.inside),
        # Where the page is narrowed to one domain there is no other one to compare with.
        *([] if scope.domain else [_change(before.elsewhere, after.elsewhere)]),
        _time_change(before.taken, after.taken),
    ]


def _named(version: FlowVersion) -> str:
    """A change to a flow says which version it made."""
    told = {"title": version.flow.title, "number": version.number}
    return version.flow.title if version.number == 1 else _("%(title)s, version %(number)s") % told


def _share(side: Side) -> Cell:
    return share_cell(side.inside, DURABLE.url(side.stretch.scope, domain=side.stretch.domain))


def _change(before: Share, after: Share) -> Cell:
    if not (before.enough and after.enough) or before.rate is None or after.rate is None:
        return text_cell(_("too early"))
    low, high = difference(after, before)
    by = after.rate - before.rate
    told = _("%(by)+.1f points (%(low)+.1f to %(high)+.1f)")
    return Cell(told % {"by": by * 100, "low": low * 100, "high": high * 100}, round(by, 4))


def _time_change(before: list[float], after: list[float]) -> Cell:
    if len(before) < ENOUGH or len(after) < ENOUGH:
        return text_cell(_("too early"))
    by = median(after) - median(before)
    low, high = bootstrap(after, before, median, rounds=ROUNDS)
    said = _("%(by)s slower") if by > 0 else _("%(by)s faster")
    told = _("%(said)s (%(low)s to %(high)s min)") % {
        "said": said % {"by": minutes(abs(by))},
        "low": f"{low:+.0f}",
        "high": f"{high:+.0f}",
    }
    return Cell(told, round(by, 1))


def _times(stretches: Sequence[Stretch]) -> list[list[float]]:
    """The minutes to resolution of the newest sessions of each, from one query."""
    found: list[list[float]] = []
    parts = []
    for place, stretch in enumerate(stretches):
        found.append([])
        resolved = stretch.rows().filter(RESOLVED).annotate(taken=MINUTES, place=Value(place))
        parts.append(resolved.order_by("-created_at").values_list("place", "taken")[:MOST_TIMES])
    for place, taken in parts[0].union(*parts[1:], all=True):
        found[place].append(float(taken))
    return found
