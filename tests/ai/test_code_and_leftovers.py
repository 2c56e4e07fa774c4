"""Code that an end names, names by their shape, notes told once, and nothing announced that is not there."""

from flowpilot.ai.contracts import NewFlow
from flowpilot.ai.offline.single.mining import mine_one
from flowpilot.flows.document import Node, Tree, parse
from tests.ai.tickets import ticket

TITLE = "The gate printer in Excel prints blank labels"


def tree_of(resolution: str) -> Tree:
    flow = mine_one(ticket(TITLE, f"{TITLE}.", resolution))
    assert isinstance(flow, NewFlow)
    return parse(flow.tree)


def of_kind(tree: Tree, kind: str) -> list[Node]:
    return [node for node in tree.nodes if node.kind == kind]


def test_an_escalation_sets_as_code_what_the_action_runs() -> None:
    tree = tree_of(
        "Resolution\nTo resolve this issue, run the `Set-GatePrinter` cmdlet together with the `-NoBlank` "
        "parameter:\n\n```powershell\nSet-GatePrinter -Identity <ramp> -NoBlank $true\n```\n"
    )
    assert any("`Set-GatePrinter`" in node.body for node in of_kind(tree, "escalation"))
    assert all("`" not in node.title for node in tree.nodes)


def test_names_of_registry_values_in_hexadecimal_are_code() -> None:
    tree = tree_of(
        "Resolution\nTo resolve this issue, delete the label cache:\n\n1. Start Registry Editor.\n"
        "2. Enter 001e66ab and then select Find Next.\n3. Delete the value, and then restart Excel.\n"
    )
    assert "`001e66ab`" in of_kind(tree, "action")[0].body


def test_a_lead_to_nothing_is_not_told() -> None:
    tree = tree_of(
        "Resolution\nTo resolve this issue, restart the gate printer. Wait until all of its three lamps are "
        "lit before you send the first label. The following lamps are lit:\n"
    )
    assert not any(node.body.rstrip().endswith(":") for node in of_kind(tree, "action"))
