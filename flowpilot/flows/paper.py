"""A tree as numbered steps, for paper: nothing to follow with a finger, so each answer names its step."""

from collections.abc import Iterator
from dataclasses import dataclass

from flowpilot.flows.document import Node, Option, Tree
from flowpilot.flows.nested import nested


@dataclass(frozen=True)
class Way:
    """An answer, and the number of the step that it leads to."""

    option: Option
    number: int


@dataclass(frozen=True)
class NumberedStep:
    """number: as in the drawn tree."""

    number: int
    node: Node
    ways: tuple[Way, ...]


def numbered(tree: Tree) -> Iterator[NumberedStep]:
    """Every step once, in the order in which the outline shows them."""
    nodes = [row.node for row in nested(tree) if not row.link]
    numbers = {node.id: number for number, node in enumerate(nodes, start=1)}
    for node in nodes:
        ways = tuple(Way(option, numbers[option.next]) for option in node.options)
        yield NumberedStep(numbers[node.id], node, ways)
