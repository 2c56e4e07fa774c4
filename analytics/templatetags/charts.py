"""Drawing: charts as SVG, rows of tables, small lines."""

from collections.abc import Sequence
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from analytics import charts, drawing
from analytics.parts import Table

register = template.Library()


@register.inclusion_tag("analytics/_chart.html")
def chart(drawn: charts.Chart) -> dict[str, Any]:
    """A chart, with its legend."""
    return {"chart": drawn, "svg": drawing.svg_of(drawn)}


@register.simple_tag
def rows_of(table: Table) -> SafeString:
    """The rows of a table's body."""
    return drawing.rows_of(table)


@register.simple_tag
def sparkline(values: Sequence[float], label: str) -> SafeString | str:
    """A small line without axes; its label says what it shows."""
    points = charts.spark(values)
    if not points:
        return ""
    return format_html(
        '<svg class="fp-spark" viewBox="0 0 100 24" role="img" aria-label="{}"><polyline points="{}"/></svg>',
        label,
        points,
    )
