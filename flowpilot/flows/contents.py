"""What a flow's page says of a version's tree, found out once in a process: such a tree never changes."""

from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from flowpilot.flows.document import Node, walk
from flowpilot.flows.models import FlowVersion


@dataclass(frozen=True, slots=True)
class Contents:
    """The nodes in reading order, and how many of them are ends of either kind."""

    steps: tuple[Node, ...]
    resolutions: int
    escalations: int

    @property
    def nodes(self) -> int:
        return len(self.steps)


@lru_cache(maxsize=64)
def contents(version: UUID) -> Contents:
    """Of the version with that key, which the caller has found for its user. One query, the first time."""
    steps = tuple(walk(FlowVersion.objects.only("tree_structure").get(pk=version).tree))
    kinds = [node.kind for node in steps]
    return Contents(steps, kinds.count("resolution"), kinds.count("escalation"))
