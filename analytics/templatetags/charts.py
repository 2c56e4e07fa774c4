"""Drawing: charts as SVG, cells of tables, small lines."""

from collections.abc import Sequence
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from analytics import charts
from analytics.parts import Cell
from flowpilot.core.templatetags import ui

register = template.Library()
BADGES = {"severity": ui.severity, "state": ui.state, "tier": ui.tier}


@register.inclusion_tag("analytics/_chart.html")
def chart(drawn: charts.Chart) -> dict[str, Any]:
    """A chart, with its legend."""
    return {"chart": drawn}


@register.simple_tag
def cell_of(cell: Cell) -> Any:
    """What a cell shows: a badge, a link or its text."""
    text = BADGES[cell.html](cell.value) if cell.html in BADGES else cell.text
    return format_html('<a class="fp-link" href="{}">{}</a>', cell.url, text) if cell.url else text


@register.simple_tag
def sparkline(values: Sequence[float], label: str) -> SafeString:
    """A small line without axes; its label says what it shows."""
    points = charts.spark(values)
    if not points:
        return format_html("")
    return format_html(
        '<svg class="fp-spark" viewBox="0 0 100 24" role="img" aria-label="{}"><polyline points="{}"/></svg>',
        label,
        points,
    )
