"""What use teaches about the steps of a version, as its page shows it."""

from flowpilot.flows.models import FlowStat
from flowpilot.flows.usage import uses
from tests.factories import small_tree


def test_a_steps_time_is_that_of_those_who_answered_it_and_an_end_has_none() -> None:
    tree = small_tree()
    stats = [
        FlowStat(node="n2", shown=4, chosen=2, seconds=240),
        FlowStat(node="n3", shown=2, chosen=0, seconds=0),
    ]

    minutes = {use.node.id: use.minutes for use in uses(tree.nodes, stats)}

    assert minutes == {"n2": 2.0, "n3": None}
