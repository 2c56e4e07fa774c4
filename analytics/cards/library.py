"""The library at work: which flows are used, and what publishing one has changed."""

from datetime import date, timedelta
from statistics import median
from typing import Final
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from analytics.figures import MINUTES, NONE, RESOLVED, Counts, fitting, read
from analytics.metrics import DURABLE
from analytics.metrics import RESOLVED as RESOLVED_RATE
from analytics.parts import Card, Cell, Fact, Table, count_fact, number, share_cell, text_cell
from analytics.scope import ONE_DAY, Scope
from analytics.seen import Seen
from flowpilot.core.moments import midnight
from flowpilot.core.statistics import ENOUGH, Share, bootstrap, difference
from flowpilot.core.templatetags.text import NOTHING, minutes
from flowpilot.flows.models import Flow, FlowVersion

SHOWN: Final = 10
EFFECT_DAYS: Final = 60
"""On either side of a publication."""
MOST_TIMES: Final = 2000
"""Times of one side that a bootstrap draws from: the newest."""


def reuse(scope: Scope, seen: Seen) -> Card:
    """Sessions along flows against flows that were published: knowledge is worth having when it is used."""
    scope = fitting(scope, "flow_id")
    found = read(scope, "flow_id")
    used = sum((counts for _key, counts in found), NONE)
    published = _published(scope).count()
    before = sum((counts for _key, counts in read(seen.former, "flow_id")), NONE) if seen.former else None
    ratio = used["sessions"] / published if published else None
    facts = [
        count_fact(
            _("Sessions along flows"),
            used["sessions"],
            before["sessions"] if before else None,
            url=scope.url(set="followed"),
        ),
        Fact(_("Flows published first"), str(published), published),
        Fact(_("Uses for each new flow"), NOTHING if ratio is None else f"{ratio:.1f}", ratio),
    ]
    most = sorted(found, key=lambda each: -each[1]["sessions"])[:SHOWN]
    flows = Flow.objects.for_account(scope.user.account_id).in_bulk([key for (key,), _counts in most])
    rows = [_flow_row(scope, flows.get(key), key, counts) for (key,), counts in most]
    header = [_("Flow"), _("Sessions"), RESOLVED_RATE.label, DURABLE.label]
    return Card(facts, tables=[Table(header, rows)] if rows else [])


def _flow_row(scope: Scope, flow: Flow | None, key: UUID, counts: Counts) -> list[Cell]:
    url = reverse("flows:detail", args=[key]) if flow else ""
    return [
        text_cell(flow.title if flow else _("A flow that is gone"), url),
        number(counts["sessions"], scope.url(flow=key)),
        share_cell(RESOLVED_RATE.of(counts)),
        share_cell(DURABLE.of(counts)),
    ]


def _published(scope: Scope) -> QuerySet[FlowVersion]:
    """First versions: later ones change a flow, they add none."""
    return FlowVersion.objects.for_account(scope.user.account_id).filter(
        number=1,
        published_at__gte=midnight(scope.since, scope.zone),
        published_at__lt=midnight(scope.until + ONE_DAY, scope.zone),
    )


def effects(scope: Scope, seen: Seen) -> Card:
    """What came after each publication: sessions of the flow's domain, before it and after it, compared with
    all other domains over the same days."""
    newest = _published(scope).exclude(flow__domain=None).select_related("flow").order_by("-published_at")
    rows = [_effect(scope, version) for version in newest[:SHOWN]]
    if not rows:
        return Card(empty=_("No flow of a known domain was published first in these days."))
    header = [
        _("Flow"),
        _("Published"),
        _("Durable before"),
        _("Durable after"),
        _("Change"),
        _("Change elsewhere"),
        _("Median time"),
    ]
    note = _("Sessions of the flow's domain, %(days)s days on either side; intervals of 95%%.")
    return Card(tables=[Table(header, rows)], note=note % {"days": EFFECT_DAYS})


def _effect(scope: Scope, version: FlowVersion) -> list[Cell]:
    flow, day = version.flow, version.published_at.astimezone(scope.zone).date()
    sides = _sides(scope, day)
    inside = [_durable(side, flow.domain or "") for side in sides]
    outside = [_rest(side, own) for side, own in zip(sides, inside, strict=True)]
    return [
        text_cell(flow.title, reverse("flows:detail", args=[flow.pk])),
        Cell(date_format(day, "j M Y"), day.isoformat()),
        *(share_cell(share) for share in inside),
        _change(*inside),
        _change(*outside),
        _time_change(sides, flow.domain or ""),
    ]


def _sides(scope: Scope, day: date) -> tuple[Scope, Scope]:
    """Before and after, without the day itself."""
    before = scope.on(day - timedelta(days=EFFECT_DAYS), day - ONE_DAY)
    after = scope.on(
        day + ONE_DAY, min(day + timedelta(days=EFFECT_DAYS), scope.now.astimezone(scope.zone).date())
    )
    return before, after


def _durable(scope: Scope, domain: str) -> Share:
    found = {key: counts for (key,), counts in read(fitting(scope, "domain"), "domain")}
    return DURABLE.of(found.get(domain, NONE))


def _rest(scope: Scope, own: Share) -> Share:
    whole = DURABLE.of(sum((counts for _key, counts in read(fitting(scope))), NONE))
    return Counts({"hits": whole.hits - own.hits, "n": whole.n - own.n}).share("hits", "n")


def _change(before: Share, after: Share) -> Cell:
    if not (before.enough and after.enough) or before.rate is None or after.rate is None:
        return text_cell(_("too early"))
    low, high = difference(after, before)
    by = after.rate - before.rate
    told = _("%(by)+.1f points (%(low)+.1f to %(high)+.1f)")
    return Cell(told % {"by": by * 100, "low": low * 100, "high": high * 100}, round(by, 4))


def _time_change(sides: tuple[Scope, Scope], domain: str) -> Cell:
    before, after = (_minutes(side, domain) for side in sides)
    if len(before) < ENOUGH or len(after) < ENOUGH:
        return text_cell(_("too early"))
    by = median(after) - median(before)
    low, high = bootstrap(after, before, median)
    said = _("%(by)s slower") if by > 0 else _("%(by)s faster")
    sure = "" if low <= 0 <= high else _(", not by chance")
    return Cell(said % {"by": minutes(abs(by))} + sure, round(by, 1))


def _minutes(scope: Scope, domain: str) -> list[float]:
    rows = scope.sessions().filter(RESOLVED, problem_domain=domain).annotate(taken=MINUTES)
    return [
        float(taken) for taken in rows.order_by("-created_at").values_list("taken", flat=True)[:MOST_TIMES]
    ]
