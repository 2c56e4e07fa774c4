"""How a draft begins and what it ends in: questions that can be asked, sentences that follow one another."""

import pytest

from flowpilot.ai.contracts import NewFlow
from flowpilot.ai.offline.single import mine_one
from flowpilot.flows.document import Node, Tree, parse
from tests.ai.tickets import ticket


def tree_of(resolution: str, title: str, text: str = "") -> Tree:
    flow = mine_one(ticket(title, text or f"{title}.", resolution))
    assert isinstance(flow, NewFlow)
    return parse(flow.tree)


def ending(tree: Tree, kind: str = "resolution") -> Node:
    return [node for node in tree.nodes if node.kind == kind][-1]


FIX = (
    "Resolution\nTo fix this, follow these steps:\n\n1. Open the depot console.\n"
    "2. Set the parcel limit of the ramp to 40.\n3. Restart the label service of the ramp.\n"
)


@pytest.mark.parametrize(
    ("cause", "more", "told"),
    [
        (
            "The limit of the ramp is 0 because the depot was moved.",
            "Ramps have weighed parcels since the second release.\n\nThis helps to find out who printed it.",
            "**Cause:** The limit of the ramp is 0 because the depot was moved.",
        ),
        (
            "The limit of the ramp is 0 because the depot was moved.",
            "This behavior is by design.",
            "**Cause:** The limit of the ramp is 0 because the depot was moved. This behavior is by design.",
        ),
        (
            "It has a limit of 0 since the move. That means that no label is printed.",
            "The error occurs if nobody has set the limit again.",
            "**Cause:** It has a limit of 0 since the move. That means that no label is printed. "
            "The error occurs if nobody has set the limit again.",
        ),
        (
            "The ramp has a limit. For example, see the picture of the label. Therefore it refuses parcels.",
            "These numbers are printed on the label.",
            "**Cause:** The ramp has a limit.",
        ),
    ],
)
def test_sentences_of_the_background_follow_one_another_and_speak_of_the_problem(
    cause: str, more: str, told: str
) -> None:
    tree = tree_of(f"Cause\n{cause}\n{FIX}More information\n{more}\n", "The ramp rejects parcels")
    assert ending(tree).body == told
