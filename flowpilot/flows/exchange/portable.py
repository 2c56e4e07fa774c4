"""A flow without its account: what a file holds, and why one is refused."""

from collections.abc import Iterable
from dataclasses import dataclass

from flowpilot.flows.document import Tree
from flowpilot.flows.models import Flow

MOST_FLOWS = 500
"""Flows of one file."""
LARGEST = 8 * 2**20
"""Characters of one file."""


@dataclass(frozen=True)
class PortableFlow:
    """`slug` tells which flow of an account it is; "" for one that none has yet."""

    slug: str
    title: str
    summary: str
    domain: str
    tree: Tree

    @classmethod
    def of(cls, flow: Flow) -> "PortableFlow":
        """What the flow's current version says. It has one."""
        version = flow.current_version
        assert version is not None
        return cls(flow.slug, flow.title, flow.summary, flow.domain or "", version.tree)


@dataclass(frozen=True)
class Reason:
    """One thing that does not fit, and the line of the file, counted from 1."""

    line: int
    what: str


class FileRefused(ValueError):
    """The file holds no flows that could be taken in; `reasons` has all that was found."""

    def __init__(self, reasons: Iterable[Reason]) -> None:
        self.reasons = sorted(reasons, key=lambda reason: reason.line)
        super().__init__("; ".join(f"line {reason.line}: {reason.what}" for reason in self.reasons[:3]))
