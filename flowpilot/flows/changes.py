"""Changes between trees: the door to comparing, applying, choosing, showing and merging them."""

from flowpilot.flows.trees.applying import ChangeConflict, apply
from flowpilot.flows.trees.changelist import Change, InvalidChange, close_over, meta_of, parse_changes
from flowpilot.flows.trees.diffing import diff
from flowpilot.flows.trees.marks import Mark, Marked, MarkedNode, MarkedOption, merged, unmarked
from flowpilot.flows.trees.merge import Conflict, Merge, merge3

__all__ = [
    "Change",
    "ChangeConflict",
    "Conflict",
    "InvalidChange",
    "Mark",
    "Marked",
    "MarkedNode",
    "MarkedOption",
    "Merge",
    "apply",
    "close_over",
    "diff",
    "merge3",
    "merged",
    "meta_of",
    "parse_changes",
    "unmarked",
]
