"""The tree document of a flow: the one door through which every flow goes.

A `Tree` that came from `parse` is valid: ids unique, root and every `next` exist, no circles (paths may
rejoin), every node reachable, every path ends in a resolution or an escalation, all limits kept.
No Django here: approve, edit, import, API and engines all use the same rules.
"""

import hashlib
import json
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flowpilot.flows.trees.fields import NodeKind, Risk, Shell, TreeError
from flowpilot.flows.trees.graph import depths
from flowpilot.flows.trees.validation import MAX_DEPTH, MAX_NODES, SCHEMA, problems

__all__ = [
    "MAX_DEPTH",
    "MAX_NODES",
    "SCHEMA",
    "InvalidTree",
    "Node",
    "Option",
    "Path",
    "Script",
    "Tree",
    "TreeError",
    "canonical",
    "content_hash",
    "depth",
    "parse",
    "paths",
    "problems",
    "unchecked",
    "walk",
]


class InvalidTree(ValueError):
    """A document broke rules of the tree; `errors` has all of them."""

    def __init__(self, errors: list[TreeError]) -> None:
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        super().__init__(f"{errors[0].message}{more}")
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Script:
    """What an engineer may run at a node. `undo` says how to take it back, or is empty."""

    shell: Shell
    body: str
    risk: Risk
    undo: str

    def to_json(self) -> dict[str, str]:
        return {"shell": self.shell, "body": self.body, "risk": self.risk, "undo": self.undo}

    @classmethod
    def from_valid(cls, data: Mapping[str, Any]) -> "Script":
        return cls(data["shell"], data["body"], data["risk"], data["undo"])


@dataclass(frozen=True, slots=True)
class Option:
    """An answer or outcome, and the id of the node that it leads to."""

    id: str
    label: str
    next: str

    def to_json(self) -> dict[str, str]:
        return {"id": self.id, "label": self.label, "next": self.next}

    @classmethod
    def from_valid(cls, data: Mapping[str, Any]) -> "Option":
        return cls(data["id"], data["label"], data["next"])


@dataclass(frozen=True, slots=True)
class Node:
    """A question, an action, or one of the two ends: resolution and escalation. `body` is Markdown."""

    id: str
    kind: NodeKind
    title: str
    body: str = ""
    script: Script | None = None
    options: tuple[Option, ...] = ()

    def to_json(self) -> dict[str, object]:
        return {
            "id": self.id,
            "kind": self.kind,
            "title": self.title,
            "body": self.body,
            "script": self.script.to_json() if self.script else None,
            "options": [option.to_json() for option in self.options],
        }

    @classmethod
    def from_valid(cls, data: Mapping[str, Any]) -> "Node":
        """Build from JSON in which `problems` (or `node_problems`) found nothing."""
        script = data["script"]
        return cls(
            id=data["id"],
            kind=data["kind"],
            title=data["title"],
            body=data["body"],
            script=Script.from_valid(script) if script is not None else None,
            options=tuple(Option.from_valid(option) for option in data["options"]),
        )


@dataclass(frozen=True, slots=True)
class Tree:
    """A whole flow. Get one from `parse`; a tree put together by hand is not checked."""

    schema: int
    root: str
    nodes: tuple[Node, ...]
    _by_id: dict[str, Node] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_id", {node.id: node for node in self.nodes})

    def node(self, node_id: str) -> Node:
        """Raises `KeyError` when there is no such node."""
        return self._by_id[node_id]

    def __contains__(self, node_id: object) -> bool:
        return node_id in self._by_id

    def to_json(self) -> dict[str, object]:
        return {"schema": self.schema, "root": self.root, "nodes": [node.to_json() for node in self.nodes]}


Path = tuple[tuple[Node, Option | None], ...]
"""From the root to an end: each node with the option taken; the end comes last, with None."""


def parse(data: object) -> Tree:
    """Read a JSON value as a tree. Raises `InvalidTree` with every broken rule, and nothing else."""
    errors = problems(data)
    if errors or not isinstance(data, dict):
        raise InvalidTree(errors)
    return unchecked(data)


def unchecked(data: Mapping[str, Any]) -> Tree:
    """A tree in work as `Tree.to_json` wrote it, whatever rules it breaks."""
    return Tree(data["schema"], data["root"], tuple(Node.from_valid(node) for node in data["nodes"]))


def walk(tree: Tree) -> Iterator[Node]:
    """Every node once, breadth first from the root, options in their order."""
    queue = deque([tree.root])
    seen = {tree.root}
    while queue:
        node = tree.node(queue.popleft())
        yield node
        for option in node.options:
            if option.next not in seen:
                seen.add(option.next)
                queue.append(option.next)


def paths(tree: Tree) -> Iterator[Path]:
    """Every path from the root to an end, options in their order.

    Lazy on purpose: where paths rejoin, their number can grow exponentially with the nodes.
    """
    start: Path = ()
    stack = [(start, tree.node(tree.root))]
    while stack:
        taken, node = stack.pop()
        if not node.options:
            yield (*taken, (node, None))
        for option in reversed(node.options):
            stack.append(((*taken, (node, option)), tree.node(option.next)))


def depth(tree: Tree) -> int:
    """Nodes on the longest path from the root, both ends counted."""
    return max(depths({node.id: [o.next for o in node.options] for node in tree.nodes}, tree.root).values())


def canonical(tree: Tree) -> Tree:
    """The same tree in the one form that equality is judged on: nodes breadth first as n1, n2, …,
    each node's options as o1, o2, … in their order."""
    nodes = list(walk(tree))
    ids = {node.id: f"n{number}" for number, node in enumerate(nodes, start=1)}
    renumbered = (
        Node(
            id=ids[node.id],
            kind=node.kind,
            title=node.title,
            body=node.body,
            script=node.script,
            options=tuple(
                Option(f"o{number}", option.label, ids[option.next])
                for number, option in enumerate(node.options, start=1)
            ),
        )
        for node in nodes
    )
    return Tree(tree.schema, ids[tree.root], tuple(renumbered))


def content_hash(tree: Tree) -> str:
    """SHA-256 in hex of the canonical form: equal for trees that differ only in ids and node order."""
    form = json.dumps(canonical(tree).to_json(), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(form.encode()).hexdigest()
