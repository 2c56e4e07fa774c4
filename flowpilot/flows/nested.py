"""A tree as the rows of a nested list, in reading order.

Rows are flat on purpose: a template that included itself once per level would run out of stack on deep
trees. Each row says how many lists open and close around it, so one loop draws `<ol>` in `<ol>`:

    <li>row {% if row.opens %}<ol>{% else %}</li>{% endif %}{% for _ in row.closes %}</ol></li>{% endfor %}
"""

from collections.abc import Iterator
from dataclasses import dataclass

from flowpilot.flows.document import Node, Option, Tree
from flowpilot.flows.trees.marks import Mark, Marked, MarkedNode, MarkedOption, unmarked


@dataclass(frozen=True, slots=True)
class Row:
    """One node where an option leads to it.

    level: 0 for the root. source, option: the node and option that lead here, None for a root.
    link: the node is drawn in full elsewhere (paths rejoin): show a link, nothing is below.
    former: the option led here in the old tree and leads elsewhere now; its new way has its own row.
    opens: rows of the next level follow. closes: one number for each level that ends behind this row.
    """

    level: int
    marked: MarkedNode
    source: str | None
    edge: MarkedOption | None
    link: bool
    former: bool
    opens: bool
    closes: range

    @property
    def node(self) -> Node:
        return self.marked.node

    @property
    def option(self) -> Option | None:
        """The option that leads here, in the words that led here."""
        if self.edge is None:
            return None
        return self.edge.old if self.former and self.edge.old else self.edge.option

    @property
    def edge_state(self) -> Mark:
        """How the way here is marked; for the first node that of the node."""
        if self.former:
            return "removed"
        return self.edge.state if self.edge else self.marked.state

    @property
    def key(self) -> str:
        """The option's key as in a grounding ("n2/o1"), or "" for a root."""
        return f"{self.source}/{self.edge.option.id}" if self.edge else ""


_Way = tuple[str | None, str | None, bool]
"""The node and option that lead somewhere, and whether they only did so in the old tree."""


@dataclass(frozen=True, slots=True)
class _Visit:
    level: int
    target: str
    source: str | None = None
    edge: MarkedOption | None = None
    former: bool = False

    @property
    def way(self) -> _Way:
        return (self.source, self.edge.option.id if self.edge else None, self.former)

    @property
    def removed(self) -> bool:
        return self.former or (self.edge is not None and self.edge.state == "removed")


def nested(tree: Tree, marks: Marked | None = None) -> tuple[Row, ...]:
    """Rows of the tree; with `marks` (see `merged`) the removed nodes and ways are among them.

    Every node is drawn once: where the reading order first meets it on a way that is still there, and
    a removed one where it is first met at all. Other ways to it are links.
    """
    return tuple(_closed(_rows(marks if marks is not None else unmarked(tree))))


def _rows(view: Marked) -> Iterator[tuple[_Visit, MarkedNode, bool]]:
    """Depth first, each visit with whether it is only a link."""
    homes = _homes(view)
    stack = [_Visit(0, view.root)]
    if view.old_root is not None and view.node(view.old_root).state == "removed":
        stack.insert(0, _Visit(0, view.old_root))
    while stack:
        visit = stack.pop()
        node = view.node(visit.target)
        link = homes.setdefault(visit.target, visit.way) != visit.way
        yield visit, node, link
        if not link:
            stack.extend(reversed(list(_ways(visit.level + 1, node))))


def _homes(view: Marked) -> dict[str, _Way]:
    """By node of the new tree: the way on which the reading order meets it first, removed ones aside."""
    homes: dict[str, _Way] = {}
    stack = [_Visit(0, view.root)]
    while stack:
        visit = stack.pop()
        if visit.target not in homes:
            homes[visit.target] = visit.way
            ways = _ways(visit.level + 1, view.node(visit.target))
            stack.extend(reversed([way for way in ways if not way.removed]))
    return homes


def _ways(level: int, node: MarkedNode) -> Iterator[_Visit]:
    for edge in node.options:
        yield _Visit(level, edge.option.next, node.node.id, edge)
        if edge.old is not None and edge.old.next != edge.option.next:
            yield _Visit(level, edge.old.next, node.node.id, edge, former=True)


def _closed(rows: Iterator[tuple[_Visit, MarkedNode, bool]]) -> Iterator[Row]:
    """Add to each row what the next one's level says about it."""
    current = next(rows, None)
    while current is not None:
        following = next(rows, None)
        visit, node, link = current
        level_after = following[0].level if following else 0
        yield Row(
            level=visit.level,
            marked=node,
            source=visit.source,
            edge=visit.edge,
            link=link,
            former=visit.former,
            opens=level_after > visit.level,
            closes=range(max(visit.level - level_after, 0)),
        )
        current = following
