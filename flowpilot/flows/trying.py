"""A test run: a tree walked as the console would lead through it, with nothing stored.

The way so far is in the address, `path=n1:o2,n4:o1`: each step with the answer that was chosen.
"""

from dataclasses import dataclass

from flowpilot.flows.document import MAX_DEPTH, Node, Option, Tree


@dataclass(frozen=True)
class Taken:
    """A step behind us, the answer chosen there, and the way up to it: where Back leads."""

    node: Node
    option: Option
    back: str


@dataclass(frozen=True)
class Walk:
    """node: the step to answer now; None where the chosen answer leads nowhere yet. path: the way so far."""

    taken: tuple[Taken, ...]
    node: Node | None
    path: str

    @property
    def ways(self) -> list[tuple[Option, str]]:
        """Each answer with the way that choosing it makes."""
        if self.node is None:
            return []
        before = f"{self.path}," if self.path else ""
        return [(option, f"{before}{self.node.id}:{option.id}") for option in self.node.options]


def walked(tree: Tree, path: str) -> Walk:
    """As far as the way fits the tree: the tree may have been edited since."""
    taken: list[Taken] = []
    node = tree.node(tree.root) if tree.root in tree else None
    so_far = ""
    for step in path.split(",")[:MAX_DEPTH] if path else ():
        option = next((one for one in node.options if f"{node.id}:{one.id}" == step), None) if node else None
        if node is None or option is None:
            break
        taken.append(Taken(node, option, so_far))
        so_far = f"{so_far},{step}" if so_far else step
        node = tree.node(option.next) if option.next in tree else None
    return Walk(tuple(taken), node, so_far)
