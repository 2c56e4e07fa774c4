"""What the heading of a section calls the action below it."""

import re

from flowpilot.ai.offline.single.conditions import is_condition
from flowpilot.ai.offline.text.debris import plain_words
from flowpilot.ai.offline.text.model import Section
from flowpilot.ai.offline.text.order_titles import title_of
from flowpilot.ai.offline.text.orders import order_of
from flowpilot.ai.offline.text.sentences import first_words
from flowpilot.ai.offline.text.verbs import base_of_gerund

_GENERIC_TITLE = re.compile(
    r"^(?:recommended|additional|other|general|example|alternative|first|second)?\s*(?:methods?|solutions?"
    r"|steps?|options?|workarounds?|resolution)(?: for .*)?$|^how to\b",
    re.IGNORECASE,
)


def action_title(section: Section) -> str:
    """The heading as an action's title; empty when the heading does not say what to do."""
    title = section.heading.title
    if not title or section.heading.kind == "scenario" or _GENERIC_TITLE.match(title):
        return ""
    base = base_of_gerund(title.split(" ", 1)[0])
    if base is not None:
        title = base + title[len(title.split(" ", 1)[0]) :]
    order = order_of(title)
    if order is not None and order.text:
        return title_of(order.text)
    if is_condition(title) or section.heading.kind not in (
        "method",
        "heading",
        "step",
        "resolution",
        "workaround",
    ):
        return ""
    return (
        first_words(plain_words(title), 80)
        if section.heading.kind in ("method", "step") and len(title) > 12
        else ""
    )
