"""`{% flow_tree %}`: a flow's tree as nested lists."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from django import template

from flowpilot.flows.document import Node, Tree
from flowpilot.flows.outline import Counts, Marks, rows

register = template.Library()

DIFF_MARKS = ("added", "changed", "removed")


@register.inclusion_tag("components/_tree.html")
def flow_tree(
    tree: Tree,
    marks: Marks | None = None,
    *,
    counts: Counts | None = None,
    before: Mapping[str, Node] | None = None,
    prefix: str = "step",
) -> dict[str, Any]:
    """The tree, with what changed (`marks`), what it said before (`before`) and what was counted (`counts`).

    `prefix` starts the ids of the nodes; give each tree of a page its own.
    """
    return {"rows": rows(tree, marks, counts, before), "prefix": prefix}


@register.inclusion_tag("components/_tree_legend.html")
def flow_tree_legend(marks: Marks | None) -> dict[str, Any]:
    """How many nodes were added, changed and removed; nothing where nothing was."""
    tally = Counter(mark for name, mark in (marks or {}).items() if "/" not in name)
    return {"legend": [(mark, tally[mark]) for mark in DIFF_MARKS if tally[mark]]}
