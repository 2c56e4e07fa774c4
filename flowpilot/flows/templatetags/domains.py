"""`{{ flow.domain|domain_label }}`: what people read for the key of a problem domain."""

from django import template

from flowpilot.flows.domains import label_of

register = template.Library()


@register.filter
def domain_label(key: str | None) -> str:
    """Nothing for none; an unknown key in its own words."""
    return label_of(key)
