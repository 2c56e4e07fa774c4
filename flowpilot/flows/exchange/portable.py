"""A flow without its account: what a file holds, and why one is refused."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.db.models import QuerySet

from flowpilot.flows.document import Tree
from flowpilot.flows.models import Flow

MOST_FLOWS = 500
"""Flows of one file."""
LARGEST = 8 * 2**20
"""Bytes of one file; readers count its characters."""
SLUG: Final = "^[A-Za-z0-9_-]{0,80}$"
"""Names of flows: they go into addresses and names of files."""


def is_slug(text: str) -> bool:
    return re.fullmatch(SLUG[1:-1], text) is not None


def published(rows: QuerySet[Flow]) -> QuerySet[Flow]:
    """Those that go into files: what is retired would come back as published."""
    rows = rows.filter(status=Flow.Status.PUBLISHED, current_version__isnull=False)
    return rows.select_related("current_version").order_by("title", "id")


@dataclass(frozen=True)
class PortableFlow:
    """`slug` tells which flow of an account it is; "" for one that none has yet. one_client: it was made for
    a single client, whom no file names; whoever takes it in decides whose it is."""

    slug: str
    title: str
    summary: str
    domain: str
    tree: Tree
    one_client: bool = False

    @classmethod
    def of(cls, flow: Flow) -> "PortableFlow":
        """What the flow's current version says. It has one."""
        version = flow.current_version
        assert version is not None
        one_client = flow.client_id is not None
        return cls(flow.slug, flow.title, flow.summary, flow.domain or "", version.tree, one_client)


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
