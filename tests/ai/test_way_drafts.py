"""Ways, versions and conditions that a text separates, as nodes and questions of their own."""

from tests.ai.test_safe_drafts import nodes, tree_of

CAUSE = "Cause\nThe card of the porter was printed long ago, and the ramp opens for new cards only.\n\n"


def titles(resolution: str) -> list[str]:
    return [node.title for node in nodes(tree_of(CAUSE + resolution), "action")]


def test_two_ways_in_one_sentence_are_tried_one_after_the_other() -> None:
    tree = tree_of(
        CAUSE + "Resolution\nTo work around this problem, print the badge on the card printer, or manually "
        "write the number of the badge on the card."
    )
    first, second = nodes(tree, "action")
    assert first.title == "Print the badge on the card printer"
    assert second.title == "Manually write the number of the badge on the card"
    assert second.body.startswith("To work around this problem, manually write")
    assert first.options[1].next == second.id


def test_verbs_that_share_their_object_are_one_act() -> None:
    assert titles("Resolution\nTo fix this, enable or update the badge reader at the ramp.") == [
        "Enable or update the badge reader at the ramp"
    ]
