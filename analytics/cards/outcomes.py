"""What came of sessions: the row of figures, tiers, links, what was known."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics import charts
from analytics.calendar import Period
from analytics.charts import Chart, Column, Part
from analytics.figures import NONE, Counts, fitting, read, together
from analytics.metrics import (
    ABANDONED,
    DURABLE,
    ESCALATED,
    KNOWN,
    LINK_BAND,
    LINKED,
    LOOKED_UP,
    RESOLVED,
    Rate,
    looked_up,
)
from analytics.parts import (
    Card,
    Cell,
    Fact,
    Table,
    count_fact,
    leading,
    measure_fact,
    number,
    share_cell,
    text_cell,
)
from analytics.scope import Scope, cut_told
from analytics.seen import Seen
from flowpilot.core.statistics import Share, calibration_error
from flowpilot.core.templatetags.text import NOTHING, rate
from sessions.sets import UNSCORED

TIERS: Final = {
    "guided": gettext_lazy("Guided"),
    "exploring": gettext_lazy("Exploring"),
    "discovery": gettext_lazy("Discovery"),
    UNSCORED: gettext_lazy("Not scored"),
}
CALIBRATED_FROM: Final = 100
"""Fewer scored sessions tell nothing about the scores."""


def headline(scope: Scope, seen: Seen) -> Card:
    """How many sessions, and what came of them, each with its way through the periods."""
    found = [together(cells.values()) for _period, cells in seen.periods]
    before = seen.before["sessions"] if seen.before else None
    sessions = count_fact(_("Sessions"), seen.now["sessions"], before, url=seen.scope.url())
    facts = [replace(sessions, trend=[counts["sessions"] for counts in found])]
    for each in (RESOLVED, DURABLE, ESCALATED, LINKED):
        rates = [each.of(counts).rate for counts in found]
        facts.append(replace(each.fact(seen), trend=[known for known in rates if known is not None]))
    return Card(facts)


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
    if not seen.now["sessions"]:
        return Card(empty=_("No sessions in these days."), action=(_("Look at all time"), "?range=all"))
    columns = [_tier_column(seen.scope, period, cells) for period, cells in seen.periods]
    shown = [(tier, name) for tier, name in TIERS.items() if tier in seen.by_tier]
    scored = seen.now["sessions"] - seen.by_tier.get(UNSCORED, NONE)["sessions"]
    sentence = _("%(sessions)s sessions in %(columns)s columns, %(scored)s of them with a score.") % {
        "sessions": seen.now["sessions"],
        "columns": len(columns),
        "scored": scored,
    }
    bars = charts.stacked(columns, sentence=sentence, legend=shown)
    return Card(charts=[bars], tables=[_tier_table(seen, scored), _period_table(seen)])


def _tier_column(scope: Scope, period: Period, cells: dict[str, Counts]) -> Column:
    parts = [Part(tier, cells.get(tier, NONE)["sessions"]) for tier in TIERS]
    told = ", ".join(f"{TIERS[part.series]} {part.value}" for part in parts if part.value)
    url = scope.url(since=period.since, until=period.until) if told else ""
    return Column(period.label, f"{period.title}: {told or NOTHING}", parts, url)


def _tier_table(seen: Seen, scored: int) -> Table:
    header = [_("Tier"), _("Sessions"), _("Share of the scored"), RESOLVED.label, DURABLE.label]
    if seen.former:
        header.insert(2, _("Before"))
    rows = []
    for tier, name in TIERS.items():
        counts = seen.by_tier.get(tier, NONE)
        share = share_cell(_share(counts["sessions"], scored)) if tier != UNSCORED else Cell(NOTHING)
        rows.append(
            [
                text_cell(name),
                number(counts["sessions"], seen.scope.url(began=tier)),
                *([number(seen.of_tier_before(tier)["sessions"])] if seen.former else []),
                share,
                *(
                    share_cell(
                        each.of(counts),
                        each.url(seen.scope, began=tier),
                        each.of(seen.of_tier_before(tier)) if seen.former else None,
                    )
                    for each in (RESOLVED, DURABLE)
                ),
            ]
        )
    return Table(header, rows)


def _period_table(seen: Seen) -> Table:
    rows = []
    for period, cells in seen.periods:
        days = {"since": period.since, "until": period.until}
        counts = [cells.get(tier, NONE)["sessions"] for tier in TIERS]
        links = [
            seen.scope.url(**days, began=tier) if n else "" for tier, n in zip(TIERS, counts, strict=True)
        ]
        rows.append([text_cell(period.title), *map(number, counts, links)])
    return Table([_("Days"), *TIERS.values()], rows)


def _share(hits: int, n: int) -> Share:
    return Counts({"hits": hits, "n": n}).share("hits", "n")


def _linked(metric: Rate, counts: Counts, scope: Scope, **more: object) -> Cell:
    """A rate that leads to its sessions."""
    return share_cell(metric.of(counts), metric.url(scope, **more))


def calibration(scope: Scope, seen: Seen) -> Card:
    """What was said of sessions against what came of them."""
    asked, scope = scope, fitting(scope, "decile")
    cut = cut_told(scope, asked)
    bins, unscored = _bins(scope), _unscored(scope)
    former = scope.before() if scope.compares else None
    bins_before = _bins(former) if former else []
    ended, ended_before = _ended(bins), _ended(bins_before) if former else None
    facts = [
        count_fact(_("Ended with a score"), ended, ended_before, url=scope.url(set="ended_scored")),
        count_fact(
            _("Ended, not scored"),
            unscored,
            _unscored(former) if former else None,
            url=scope.url(set="ended", began=UNSCORED),
        ),
    ]
    if ended < CALIBRATED_FROM:
        few = _("Calibration is shown from %(needed)s ended sessions with a score on.")
        return Card(facts, note=f"{few % {'needed': CALIBRATED_FROM}} {cut}".rstrip())
    error, error_before = _error(bins), _error(bins_before) if ended_before else None
    said = measure_fact(_("Calibration error"), error, error_before, rate, n=ended, good="down")
    facts.insert(0, leading(said, scope.url(set="ended_scored"), ended))
    rows, points = [], []
    for counts, decile in bins:
        told, came = counts.values["score_sum"] / counts["ended"], RESOLVED.of(counts)
        url = RESOLVED.url(scope, decile=decile)
        points.append(
            (
                told,
                came.rate or 0.0,
                counts["ended"],
                f"{rate(told)} → {rate(came.rate)}, n = {counts['ended']}",
                url,
            )
        )
        interval = f"{rate(came.low)} – {rate(came.high)}"
        rows.append(
            [
                text_cell(f"{decile * 10}–{decile * 10 + 10}%"),
                Cell(rate(told), told),
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
        note=cut,
    )


def _bins(scope: Scope) -> list[tuple[Counts, int]]:
    """The ended sessions by tenth of the score, without tenths that have none."""
    return [(counts, decile) for (decile,), counts in read(scope, "decile") if counts["ended"]]


def _ended(bins: Iterable[tuple[Counts, int]]) -> int:
    return sum(counts["ended"] for counts, _n in bins)


def _unscored(scope: Scope) -> int:
    return dict(read(scope, "tier")).get((UNSCORED,), NONE)["ended"]


def _error(bins: Iterable[tuple[Counts, int]]) -> float:
    return calibration_error(
        [(counts.values["score_sum"], counts["resolved"], counts["ended"]) for counts, _n in bins]
    )


def links(scope: Scope, seen: Seen) -> Card:
    """How often a resolution stands on a flow, or became part of one."""
    found = [(period, together(cells.values())) for period, cells in seen.periods]
    rows = [
        [text_cell(period.title), _linked(LINKED, counts, seen.scope, since=period.since, until=period.until)]
        for period, counts in found
    ]
    sentence = _("Linked of all resolved sessions: %(rate)s. Healthy is 60 to 80%%.") % {
        "rate": rate(LINKED.of(seen.now).rate)
    }
    series = [("linked", LINKED.label, [LINKED.of(counts).rate for _period, counts in found])]
    labels = [period.label for period, _counts in found]
    chart: Chart = charts.lines(series, labels, sentence=sentence, band=LINK_BAND)
    return Card([LINKED.fact(seen)], [chart], [Table([_("Days"), LINKED.label], rows)])


def known(scope: Scope, seen: Seen) -> Card:
    """Whether the problems were known, and whether what is known was used."""
    now, before = looked_up(seen.now), looked_up(seen.before) if seen.before else None
    later, later_before = _later(now), _later(before) if before else None
    facts = [each.of_both(seen.scope, now, None if later_before else before) for each in KNOWN]
    note = _("Of the ended sessions that are looked up, each once; that is done every hour.")
    if later:
        waits = count_fact(_("Not looked up yet"), later, later_before, url=seen.scope.url(set="known_later"))
        facts.append(waits)
    if later_before:
        note += " " + _("Of the days before, %(waiting)s are not looked up yet: nothing is compared.") % {
            "waiting": number_format(later_before)
        }
    return Card(facts, note=note)


def _later(counts: Counts) -> int:
    return max(0, counts["ended"] - counts[LOOKED_UP])


def ratings(scope: Scope, seen: Seen) -> Card:
    """What engineers thought of their sessions, from 1 to 5."""
    mean = seen.now.mean("rating_sum", "rated")
    before = seen.before.mean("rating_sum", "rated") if seen.before else None
    change = "" if mean is None or before is None else _("before: %(mean)s") % {"mean": f"{before:.1f}"}
    url = seen.scope.url(set="rated") if seen.now["rated"] else ""
    text = NOTHING if mean is None else f"{mean:.1f}"
    rated = seen.now["rated"]
    return Card([Fact(_("Mean rating"), text, mean, rated, url, change, count=rated, former=before)])
