"""What came of sessions: the row of figures, tiers, links, what was known."""

from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics import charts
from analytics.calendar import Period, periods, place_of
from analytics.charts import Chart, Column, Part
from analytics.figures import NONE, Counts, fitting, read
from analytics.metrics import ABANDONED, DURABLE, ESCALATED, KNOWN, LINK_BAND, LINKED, RESOLVED, Rate
from analytics.models import UNSCORED
from analytics.parts import Card, Cell, Fact, Table, count_fact, number, share_cell, text_cell
from analytics.scope import Scope
from analytics.seen import Seen
from flowpilot.core.statistics import Share, calibration_error
from flowpilot.core.templatetags.text import NOTHING, rate

TIERS: Final = {
    "guided": gettext_lazy("Guided"),
    "exploring": gettext_lazy("Exploring"),
    "discovery": gettext_lazy("Discovery"),
    UNSCORED: gettext_lazy("Not scored"),
}
CALIBRATED_FROM: Final = 100
"""Fewer scored sessions tell nothing about the scores."""


def headline(scope: Scope, seen: Seen) -> Card:
    """How many sessions, and what came of them."""
    before = seen.before["sessions"] if seen.before else None
    sessions = count_fact(_("Sessions"), seen.now["sessions"], before, url=seen.scope.url())
    return Card([sessions, *(each.fact(seen) for each in (RESOLVED, DURABLE, ESCALATED, LINKED))])


def outcomes(scope: Scope, seen: Seen) -> Card:
    """How sessions ended; those under way apart, for they have no outcome."""
    facts: list[Fact] = [each.fact(seen) for each in (RESOLVED, ESCALATED, ABANDONED)]
    for label, name in (
        (_("Still open"), "unfinished"),
        (_("Reopened"), "reopened"),
        (_("Handed over"), "handed_over"),
    ):
        before = seen.before[name] if seen.before else None
        facts.append(count_fact(label, seen.now[name], before, url=seen.scope.url(set=name)))
    return Card(facts)


def tiers(scope: Scope, seen: Seen) -> Card:
    """Sessions by tier over time, and how often each tier's sessions are resolved."""
    found = periods(seen.scope)
    cells = [{tier: NONE for tier in TIERS} for _period in found]
    for day, tier, counts in seen.cells:
        if day >= seen.scope.since and tier in TIERS:
            place = place_of(day, found)
            cells[place][tier] += counts
    if not seen.now["sessions"]:
        return Card(empty=_("No sessions in these days."), action=(_("Look at all time"), "?range=all"))
    columns = [_tier_column(seen.scope, period, cell) for period, cell in zip(found, cells, strict=True)]
    shown = [(tier, name) for tier, name in TIERS.items() if tier in seen.by_tier]
    scored = seen.now["sessions"] - seen.by_tier.get(UNSCORED, NONE)["sessions"]
    sentence = _("%(sessions)s sessions in %(columns)s columns, %(scored)s of them with a score.") % {
        "sessions": seen.now["sessions"],
        "columns": len(columns),
        "scored": scored,
    }
    bars = charts.stacked(columns, sentence=sentence, legend=shown)
    return Card(charts=[bars], tables=[_tier_table(seen, scored), _period_table(seen.scope, found, cells)])


def _tier_column(scope: Scope, period: Period, cell: dict[str, Counts]) -> Column:
    parts = [Part(tier, cell[tier]["sessions"]) for tier in TIERS]
    told = ", ".join(f"{TIERS[part.series]} {part.value}" for part in parts if part.value)
    url = scope.on(period.since, period.until).url()
    return Column(period.label, f"{period.title}: {told or NOTHING}", parts, url)


def _tier_table(seen: Seen, scored: int) -> Table:
    header = [_("Tier"), _("Sessions"), _("Share of the scored"), RESOLVED.label, DURABLE.label]
    rows = []
    for tier, name in TIERS.items():
        counts = seen.by_tier.get(tier, NONE)
        share = share_cell(_share(counts["sessions"], scored)) if tier != UNSCORED else Cell(NOTHING)
        rows.append(
            [
                text_cell(name),
                number(counts["sessions"], seen.scope.url(tier=tier)),
                share,
                _linked(RESOLVED, counts, seen.scope, tier=tier),
                _linked(DURABLE, counts, seen.scope, tier=tier),
            ]
        )
    return Table(header, rows)


def _period_table(scope: Scope, found: list[Period], cells: list[dict[str, Counts]]) -> Table:
    rows = []
    for period, cell in zip(found, cells, strict=True):
        within = scope.on(period.since, period.until)
        counts = [number(cell[tier]["sessions"], within.url(tier=tier)) for tier in TIERS]
        rows.append([text_cell(period.title), *counts])
    return Table([_("Days"), *TIERS.values()], rows)


def _share(hits: int, n: int) -> Share:
    return Counts({"hits": hits, "n": n}).share("hits", "n")


def _linked(metric: Rate, counts: Counts, scope: Scope, **more: object) -> Cell:
    """A rate that leads to its sessions."""
    share = metric.of(counts)
    cell = share_cell(share)
    return Cell(cell.text, cell.value, metric.url(scope, **more) if share.hits else "")


def calibration(scope: Scope, seen: Seen) -> Card:
    """What was said of sessions against what came of them."""
    scope = fitting(scope, "decile")
    found = {decile: counts for (decile,), counts in read(scope, "decile")}
    bins = [(found[n], n) for n in sorted(found) if found[n]["ended"]]
    ended = sum(counts["ended"] for counts, _n in bins)
    facts = [Fact(_("Ended with a score"), str(ended), ended)]
    unscored = seen.by_tier.get(UNSCORED, NONE)["ended"]
    facts.append(Fact(_("Ended, not scored"), str(unscored), unscored))
    if ended < CALIBRATED_FROM:
        told = _("Calibration is shown from %(needed)s ended sessions with a score on.")
        return Card(facts, note=told % {"needed": CALIBRATED_FROM})
    error = calibration_error(
        [(counts.values["score_sum"], counts["resolved"], counts["ended"]) for counts, _n in bins]
    )
    facts.insert(0, Fact(_("Calibration error"), rate(error), error, ended))
    rows, points = [], []
    for counts, decile in bins:
        said, came = counts.values["score_sum"] / counts["ended"], RESOLVED.of(counts)
        url = RESOLVED.url(scope, decile=decile)
        points.append(
            (
                said,
                came.rate or 0.0,
                counts["ended"],
                f"{rate(said)} → {rate(came.rate)}, n = {counts['ended']}",
                url,
            )
        )
        interval = f"{rate(came.low)} – {rate(came.high)}"
        rows.append(
            [
                text_cell(f"{decile * 10}–{decile * 10 + 10}%"),
                Cell(rate(said), said),
                _linked(RESOLVED, counts, scope, decile=decile),
                text_cell(interval),
            ]
        )
    sentence = _(
        "On the average, the probability that was told is %(error)s away from the share that was resolved."
    )
    chart = charts.scatter(points, sentence=sentence % {"error": rate(error)})
    return Card(
        facts,
        [chart],
        [Table([_("Confidence"), _("Told on the average"), RESOLVED.label, _("95% interval")], rows)],
    )


def links(scope: Scope, seen: Seen) -> Card:
    """How often a resolution stands on a flow, or became part of one."""
    found = periods(seen.scope)
    cells = [NONE for _period in found]
    for day, _tier, counts in seen.cells:
        if day >= seen.scope.since:
            place = place_of(day, found)
            cells[place] += counts
    shares = [LINKED.of(counts) for counts in cells]
    rows = [
        [text_cell(period.title), _linked(LINKED, counts, seen.scope.on(period.since, period.until))]
        for period, counts in zip(found, cells, strict=True)
    ]
    sentence = _("Linked of all resolved sessions: %(rate)s. Healthy is 60 to 80%%.") % {
        "rate": rate(LINKED.of(seen.now).rate)
    }
    series = [("linked", LINKED.label, [share.rate for share in shares])]
    chart: Chart = charts.lines(series, [period.label for period in found], sentence=sentence, band=LINK_BAND)
    return Card([LINKED.fact(seen)], [chart], [Table([_("Days"), LINKED.label], rows)])


def known(scope: Scope, seen: Seen) -> Card:
    """Whether the problems were known, and whether what is known was used."""
    return Card(
        [each.fact(seen) for each in KNOWN], note=_("Of the ended sessions; each is in one of the four.")
    )


def ratings(scope: Scope, seen: Seen) -> Card:
    """What engineers thought of their sessions, from 1 to 5."""
    mean = seen.now.mean("rating_sum", "rated")
    before = seen.before.mean("rating_sum", "rated") if seen.before else None
    change = "" if mean is None or before is None else _("before: %(mean)s") % {"mean": f"{before:.1f}"}
    url = seen.scope.url(set="rated") if seen.now["rated"] else ""
    text = NOTHING if mean is None else f"{mean:.1f}"
    return Card([Fact(_("Mean rating"), text, mean, seen.now["rated"], url, change)])
