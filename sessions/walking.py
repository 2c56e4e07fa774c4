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


def longest_from(tree: Tree, start: str) -> int:
    """Steps on the longest way from a node to an end, the node counted and the end not."""
    known: dict[str, int] = {}

    def steps(node_id: str) -> int:
        if node_id not in known:
            node = tree.node(node_id)
            known[node_id] = 1 + max(steps(option.next) for option in node.options) if node.options else 0
        return known[node_id]

    return steps(start)
