"""Charts and tables as HTML. Written out here and not by templates: a page has some hundred bars and cells,
and a template takes longer over them than the database over their numbers."""

from collections.abc import Iterator, Sequence

from django.utils.html import conditional_escape as escaped
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from analytics.charts import Bar, Chart, Mark, Trace
from analytics.parts import Cell, Table
from flowpilot.core.templatetags import ui

BADGES = {"severity": ui.severity, "state": ui.state, "tier": ui.tier, "risk": ui.risk}


def svg_of(chart: Chart) -> SafeString:
    """What stands within the chart's <svg>, in its coordinates."""
    return mark_safe("".join(_pieces(chart)))  # noqa: S308 every text of it is escaped where it is written


def rows_of(table: Table) -> SafeString:
    """The <tr> elements of a table's body; the first cell of each names its row."""
    return mark_safe("".join(_row(row) for row in table.rows))  # noqa: S308 its cells are escaped


def cell_of(cell: Cell) -> str:
    """What a cell shows: a badge, a link or its text, escaped."""
    text = BADGES[cell.html](cell.value) if cell.html in BADGES else escaped(str(cell.text))
    shown = f'<a class="fp-link" href="{escaped(cell.url)}">{text}</a>' if cell.url else text
    if cell.former is None:
        return shown
    before = _("before: %(figure)s") % {"figure": cell.former.text}
    return f'{shown}<small class="fp-under">{escaped(before)}</small>'


def _row(row: Sequence[Cell]) -> str:
    name, *rest = row
    cells = "".join(f'<td class="is-num">{cell_of(cell)}</td>' for cell in rest)
    return f'<tr><th scope="row">{cell_of(name)}</th>{cells}</tr>'


def _pieces(chart: Chart) -> Iterator[str]:
    if chart.band:
        top, height = chart.band
        place = f'x="{chart.left}" y="{top}" width="{chart.inner_width}" height="{height}"'
        yield f'<rect class="fp-chart__band" {place}/>'
    yield from _axes(chart)
    if chart.diagonal:
        ends = f'x1="{chart.left}" y1="{chart.bottom}" x2="{chart.right}" y2="{chart.top}"'
        yield f'<line class="fp-chart__diagonal" {ends}/>'
    yield from map(_bar, chart.bars)
    for trace in chart.traces:
        yield from _trace(trace)
    yield from map(_mark, chart.marks)


def _axes(chart: Chart) -> Iterator[str]:
    for tick in chart.up:
        line = f'x1="{chart.left}" x2="{chart.right}" y1="{tick.at}" y2="{tick.at}"'
        yield f'<line class="fp-chart__grid" {line}/>'
        place = f'x="{chart.left - 6}" y="{tick.at}"'
        yield f'<text class="fp-chart__up" {place} dy="4">{escaped(tick.text)}</text>'
    for tick in chart.across:
        place = f'x="{tick.at}" y="{chart.height - 6}"'
        yield f'<text class="fp-chart__across" {place}>{escaped(tick.text)}</text>'


def _bar(bar: Bar) -> str:
    title = escaped(bar.title)
    boxes = "".join(
        f'<rect class="is-{box.series}" x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}"/>'
        for box in bar.boxes
    )
    drawn = f"<g><title>{title}</title>{boxes}</g>"
    if bar.url and bar.boxes:
        return f'<a href="{escaped(bar.url)}" aria-label="{title}">{drawn}</a>'
    return drawn


def _trace(trace: Trace) -> Iterator[str]:
    for path in trace.paths:
        yield f'<polyline class="is-{trace.series}" points="{path}"/>'
    for x, y in trace.dots:
        yield f'<circle class="is-{trace.series}" cx="{x}" cy="{y}" r="3"/>'


def _mark(mark: Mark) -> str:
    title, place = escaped(mark.title), f'cx="{mark.x}" cy="{mark.y}" r="{mark.radius}"'
    dot = f'<circle class="is-mark" {place}><title>{title}</title></circle>'
    return f'<a href="{escaped(mark.url)}" aria-label="{title}">{dot}</a>'
