"""A tree as indented text, for commands and notes."""

from flowpilot.flows.document import Tree
from flowpilot.flows.nested import Row, nested

INDENT = "  "


def outline(tree: Tree) -> str:
    """One line per node, indented by level, each behind the label that leads to it.

    A node that was written already is not repeated: the line ends in "→ see n4".
    """
    return "\n".join(_line(row) for row in nested(tree))


def _line(row: Row) -> str:
    label = f"[{_one_line(row.option.label)}] " if row.option else ""
    if row.link:
        return f"{INDENT * row.level}{label}→ see {row.node.id}"
    return f"{INDENT * row.level}{label}{row.node.id} {row.node.kind}: {_one_line(row.node.title)}"


def _one_line(value: str) -> str:
    return " ".join(value.split())
