"""Gaps as the lines of their list."""

from django import template

from analytics.gap_reading import Row
from analytics.models import KnowledgeGap

register = template.Library()


@register.filter
def as_row(gap: KnowledgeGap) -> Row:
    """A gap with what its line says of it."""
    return Row(gap)
