"""`{% flow_tree %}`: a flow's tree as nested lists."""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol
from uuid import UUID

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language, override

from flowpilot.flows.changes import Marked
from flowpilot.flows.document import Tree
from flowpilot.flows.models import FlowVersion
from flowpilot.flows.nested import Row, nested

register = template.Library()

DIFF_MARKS = ("added", "changed", "removed")

Counts = Mapping[str, Mapping[str, int]]
"""What was counted, by the keys of a grounding: {"n2": {"reached": 14, …}, "n2/o1": {"chosen": 8, …}}."""


class Source(Protocol):
    """A session that a node comes from: the number people know it by, its page ("" if not theirs to see)."""

    @property
    def number(self) -> int: ...

    @property
    def url(self) -> str: ...


class Sources(Protocol):
    """The first few sessions that a node comes from, and how many there are beyond them."""

    @property
    def shown(self) -> Sequence[Source]: ...

    @property
    def more(self) -> int: ...


@dataclass(frozen=True)
class DrawnRow:
    """A row with what only the picture needs.

    number: position of the node's full drawing, also where the row is only a link to it.
    single: one way leads on, so what follows stands straight below.
    below: steps that are drawn further down on the ways from here; links to others do not count.
    chosen: how often the option that leads here was chosen, None if not counted.
    """

    row: Row
    number: int
    single: bool
    below: int
    chosen: int | None
    counts: Mapping[str, int]
    sources: Sources | None
    unsourced: Sequence[str]
    grounded: bool


def drawn(
    rows: tuple[Row, ...],
    counts: Counts,
    sources: Mapping[str, Sources] | None = None,
    unsourced: Mapping[str, Sequence[str]] | None = None,
    grounded: Container[str] = (),
) -> Iterator[DrawnRow]:
    """The rows, numbered in reading order."""
    known = sources or {}
    numbers: dict[str, int] = {}
    for row, below in zip(rows, _below(rows), strict=True):
        number = numbers.setdefault(row.node.id, len(numbers) + 1)
        chosen = counts.get(row.key, {}).get("chosen")
        counted, source = counts.get(row.node.id, {}), known.get(row.node.id)
        strange = (unsourced or {}).get(row.node.id, ())
        known_source = source is not None or row.node.id in grounded
        yield DrawnRow(row, number, _ways(row) == 1, below, chosen, counted, source, strange, known_source)


def _below(rows: Sequence[Row]) -> list[int]:
    """For each row, how many steps are drawn beneath it: those up to the next row of its level or above."""
    found = [0] * len(rows)
    open_rows: list[int] = []
    for place, row in enumerate(rows):
        while open_rows and rows[open_rows[-1]].level >= row.level:
            open_rows.pop()
        if not row.link:
            for above in open_rows:
                found[above] += 1
        open_rows.append(place)
    return found


def _ways(row: Row) -> int:
    """How many rows stand one level below: a re-pointed option has one for each of its ways."""
    moved = sum(1 for way in row.marked.options if way.old is not None and way.old.next != way.option.next)
    return len(row.marked.options) + moved


@register.inclusion_tag("components/_tree.html")
def flow_tree(
    tree: Tree,
    marks: Marked | None = None,
    *,
    counts: Counts | None = None,
    sources: Mapping[str, Sources] | None = None,
    unsourced: Mapping[str, Sequence[str]] | None = None,
    grounded: Container[str] | None = None,
    sources_url: str = "",
    prefix: str = "step",
) -> dict[str, Any]:
    """The tree; with `marks` (see `flows.changes.merged`) what changed is shown too.

    `sources` by node id: the sessions that each node comes from. `unsourced` by node id: what it names and no
    session does. `sources_url?node=` shows what a node comes from; `grounded`: those for which that is known,
    beside those of `sources`.
    `prefix` starts the ids of the nodes: give each tree of a page its own.
    """
    # A name that the page did not set arrives as "".
    rows = drawn(
        nested(tree, marks or None), counts or {}, sources or None, unsourced or None, grounded or ()
    )
    return {"drawn": list(rows), "prefix": prefix, "sources_url": sources_url}


@register.simple_tag
def version_card(version: FlowVersion, sources_url: str) -> SafeString:
    """The card with a version's tree, drawn once in a process: neither tree nor counts ever change."""
    return _card(version.pk, sources_url, get_language())


@lru_cache(maxsize=64)
def _card(key: UUID, sources_url: str, language: str | None) -> SafeString:
    version = FlowVersion.objects.only("tree_structure", "grounding").get(pk=key)
    context = {
        "tree": version.tree,
        "counts": version.counts,
        "grounded": version.grounding.get("sources", {}),
        "sources_url": sources_url,
    }
    with override(language):
        return render_to_string("components/_tree_card.html", context)


@register.inclusion_tag("components/_tree_legend.html")
def flow_tree_legend(marks: Marked | None) -> dict[str, Any]:
    """How many nodes were added, changed and removed; empty where nothing was."""
    tally = [(mark, marks.count(mark)) for mark in DIFF_MARKS] if marks else []  # type: ignore[arg-type]
    return {"legend": [(mark, count) for mark, count in tally if count]}
