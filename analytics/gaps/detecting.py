"""All detectors, one after the other."""

from collections.abc import Iterator

from analytics.gaps.decay import decaying_flows
from analytics.gaps.escalations import high_escalation
from analytics.gaps.finding import Found, Look
from analytics.gaps.topics import uncovered_topics
from analytics.gaps.trees import escalating_nodes, weak_options
from analytics.gaps.unfindable import unfindable_flows


def detect(look: Look) -> Iterator[Found]:
    """Everything that is found in the account at that moment."""
    escalations, rates = high_escalation(look)
    yield from escalations
    yield from escalating_nodes(look, rates)
    yield from weak_options(look)
    yield from decaying_flows(look)
    yield from unfindable_flows(look)
    yield from uncovered_topics(look)
