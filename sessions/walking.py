"""The way through a pinned flow: where a session stands in it. Pure: rows and facts go in as pairs."""

from collections.abc import Sequence

from flowpilot.flows.document import Node, Tree


def due(tree: Tree, taken: Sequence[tuple[str, str | None]]) -> Node:
    """The node to be shown next: after the newest answer, or the one that is not answered, or the first.

    `taken`: node and chosen option of the flow's steps that count, in their order.
    """
    known = {node.id for node in tree.nodes}
    for node_id, option_id in reversed(taken):
        if node_id in known:
            node = tree.node(node_id)
            chosen = next((option for option in node.options if option.id == option_id), None)
            return tree.node(chosen.next) if chosen else node
    return tree.node(tree.root)
