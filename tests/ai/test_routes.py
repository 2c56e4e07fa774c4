"""Where the answers of a choice lead in the tree, when what was tried did not help."""

from uuid import UUID

from flowpilot.ai.offline.single.cause_ways import NOT_KNOWN
from flowpilot.ai.offline.single.plan import Action, Choice, Plan, Route, Span
from flowpilot.ai.offline.single.tree import Ends, compile_tree
from flowpilot.flows.document import Tree

AT = Span(0, 10)
ENDS = Ends("Does it stop?", "", (), "It runs", "", (), "Another problem", "", "Hand over", "", ())
BADGE, LAMP = Action("Renew the badge", AT), Action("Replace the lamp", AT)
LOOKED = Choice(
    "Is the badge green?", "", (Route("Yes", None, AT), Route("No", BADGE, AT)), AT, otherwise="Can't tell"
)


def tree_of(first: str, second: str, plan: Plan = BADGE) -> Tree:
    routes = (Route(first, plan, AT), Route(second, LAMP, AT))
    tree, _ = compile_tree(
        UUID(int=1), Choice("Which of these applies?", "", routes, AT, unsure=NOT_KNOWN), None, ENDS
    )
    return tree


def way(tree: Tree, title: str, answer: str) -> str:
    """The title of the node that an answer leads to."""
    by_id = {node.id: node for node in tree.nodes}
    (asked,) = (node for node in tree.nodes if node.title == title)
    (option,) = (option for option in asked.options if option.label == answer)
    return by_id[option.next].title


def test_who_finds_one_of_two_causes_ruled_out_tries_the_other() -> None:
    tree = tree_of("The badge is missing", "The lamp is broken", LOOKED)
    assert way(tree, "Which of these applies?", NOT_KNOWN) == "Is the badge green?"
    assert way(tree, "Is the badge green?", "Yes") == "Replace the lamp"
    assert way(tree, "Renew the badge", "Not solved") == "Replace the lamp"
    assert way(tree, "Replace the lamp", "Not solved") == "Hand over"


def test_who_took_one_of_two_that_exclude_each_other_has_no_use_for_the_other() -> None:
    tree = tree_of("The clerk is at the ramp", "The clerk isn't at the ramp")
    assert way(tree, "Renew the badge", "Not solved") == "Hand over"
