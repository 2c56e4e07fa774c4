"""Giving the nodes and options of one tree the ids that they have in another."""

from collections import defaultdict, deque
from collections.abc import Collection, Hashable, Iterator, Mapping
from dataclasses import replace
from itertools import count

from flowpilot.flows.document import Node, Option, Tree, walk
from flowpilot.flows.trees.fields import label_key


def fresh_ids(prefix: str, taken: Collection[str]) -> Iterator[str]:
    """n1, n2, … without those that are taken."""
    return (name for name in (f"{prefix}{number}" for number in count(1)) if name not in taken)


def renamed(tree: Tree, nodes: Mapping[str, str], options: Mapping[str, Mapping[str, str]]) -> Tree:
    """The tree with new node ids, and new option ids by (old) node id; what is not named keeps its id."""
    return Tree(
        tree.schema,
        nodes.get(tree.root, tree.root),
        tuple(_renamed_node(node, nodes, options.get(node.id, {})) for node in tree.nodes),
    )


def _renamed_node(node: Node, nodes: Mapping[str, str], options: Mapping[str, str]) -> Node:
    return replace(
        node,
        id=nodes.get(node.id, node.id),
        options=tuple(
            Option(options.get(option.id, option.id), option.label, nodes.get(option.next, option.next))
            for option in node.options
        ),
    )


def aligned(new: Tree, old: Tree) -> Tree:
    """`new` with ids that mean in it what they mean in `old`.

    Trees of one lineage keep their ids: that is so when half of the shared ids or more carry the same
    kind and title (for a node's options: label). Otherwise (say, one of them was renumbered) they are
    paired by that content, what remains by id, and new ids never collide with old ones.
    """
    nodes = _pairs(
        {node.id: (node.kind, label_key(node.title)) for node in walk(old)},
        {node.id: (node.kind, label_key(node.title)) for node in walk(new)},
        "n",
    )
    options = {
        node.id: _pairs(
            {option.id: label_key(option.label) for option in old.node(nodes[node.id]).options},
            {option.id: label_key(option.label) for option in node.options},
            "o",
        )
        for node in new.nodes
        if nodes[node.id] in old
    }
    return renamed(new, nodes, options)


def _pairs(old: Mapping[str, Hashable], new: Mapping[str, Hashable], prefix: str) -> dict[str, str]:
    """For each new id the old one that means the same, or one that is not in use."""
    shared = [name for name in new if name in old]
    agreeing = sum(old[name] == new[name] for name in shared)
    if shared and 2 * agreeing >= len(shared):
        return {name: name for name in new}
    found = _pairs_by_content(old, new)
    used = set(found.values())
    for name in new:
        if name not in found and name in old and name not in used:
            found[name] = name
    fresh = fresh_ids(prefix, old.keys() | new.keys())
    return {name: found.get(name) or (name if name not in old else next(fresh)) for name in new}


def _pairs_by_content(old: Mapping[str, Hashable], new: Mapping[str, Hashable]) -> dict[str, str]:
    waiting: defaultdict[Hashable, deque[str]] = defaultdict(deque)
    for name, content in old.items():
        waiting[content].append(name)
    return {name: waiting[content].popleft() for name, content in new.items() if waiting[content]}
