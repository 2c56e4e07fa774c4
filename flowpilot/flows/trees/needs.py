"""Which edits of a difference cannot be made without which others.

Promise: every part of the edits that is closed over these needs leads to a valid tree, if the old and
the new tree are valid. Each rule below keeps one rule of validity in every such part:

- links lead to nodes that are there: a link to an added node needs the node; removing a node needs
  every link to it gone;
- every node is reached: an added node needs a link to it, and one link of the old tree to every other
  node, its anchor, goes only along with a new one (or with the node itself). In a tree without
  circles a link to every node but the root is enough;
- no circles: a circle in a mixture would lie in a knot (strongly connected component) of both trees'
  links taken together, and have a new link in it and an old one; so a new link in a knot needs the
  old ones of the knot gone;
- not too deep: where both trees' links together could make too long a path, all links change at once;
- numbers of options and nodes: what could pass a limit is paired with what makes room for it;
- labels differ: a label that another option gives up needs that other change.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from flowpilot.flows.document import MAX_DEPTH, MAX_NODES, Node, Tree, walk
from flowpilot.flows.trees.edits import (
    AddNode,
    AddOption,
    Edit,
    RemoveNode,
    RemoveOption,
    SetRoot,
    UpdateNode,
    UpdateOption,
)
from flowpilot.flows.trees.fields import FEWEST_OPTIONS, MAX_OPTIONS, label_key
from flowpilot.flows.trees.graph import components

Slot = tuple[str, str]
"""Where a link sits: node and option id."""
ROOT: Slot = ("", "")
"""The slot whose link leads to the root."""
Need = tuple[int, int]
"""Numbers of two edits: the first cannot be made without the second."""


@dataclass(slots=True)
class _Difference:
    """Both trees with shared ids, their links, and the number of the edit that changes each thing."""

    old: Tree
    new: Tree
    added: dict[str, int] = field(default_factory=dict)
    removed: dict[str, int] = field(default_factory=dict)
    updated: dict[str, int] = field(default_factory=dict)
    options: dict[Slot, int] = field(default_factory=dict)
    set_root: int = -1
    old_links: dict[Slot, str] = field(init=False)
    new_links: dict[Slot, str] = field(init=False)
    gone: dict[Slot, str] = field(init=False)
    """Links of the old tree that the new one lacks."""
    made: dict[Slot, str] = field(init=False)

    def __post_init__(self) -> None:
        self.old_links, self.new_links = _links(self.old), _links(self.new)
        self.gone = {s: t for s, t in self.old_links.items() if self.new_links.get(s) != t}
        self.made = {s: t for s, t in self.new_links.items() if self.old_links.get(s) != t}

    def changer(self, slot: Slot) -> int:
        """The edit that changes the link in a slot of `gone` or `made`."""
        if slot == ROOT:
            return self.set_root
        if slot[0] in self.added:
            return self.added[slot[0]]
        if slot[0] in self.removed:
            return self.removed[slot[0]]
        return self.options[slot]

    def kept(self) -> Iterator[tuple[Node, Node]]:
        return ((node, self.new.node(node.id)) for node in self.old.nodes if node.id in self.new)


def needs_of(edits: Sequence[Edit], old: Tree, new: Tree) -> list[list[int]]:
    """For each edit the numbers of those that it needs directly, ascending."""
    difference = _difference(edits, old, new)
    needs: list[set[int]] = [set() for _ in edits]
    for rule in (_presence, _reachability, _knots, _depth, _node_numbers, _kept_nodes):
        for needing, needed in rule(difference):
            if needing != needed:
                needs[needing].add(needed)
    return [sorted(found) for found in needs]


def _difference(edits: Sequence[Edit], old: Tree, new: Tree) -> _Difference:
    found = _Difference(old, new)
    for number, edit in enumerate(edits):
        match edit:
            case SetRoot():
                found.set_root = number
            case AddNode(node):
                found.added[node.id] = number
            case RemoveNode(node_id):
                found.removed[node_id] = number
            case UpdateNode(node_id):
                found.updated[node_id] = number
            case AddOption(within, option):
                found.options[within, option.id] = number
            case UpdateOption(within, option_id) | RemoveOption(within, option_id):
                found.options[within, option_id] = number
    return found


def _links(tree: Tree) -> dict[Slot, str]:
    links = {(node.id, option.id): option.next for node in walk(tree) for option in node.options}
    return {ROOT: tree.root, **links}


def _by_target(links: Mapping[Slot, str]) -> dict[str, list[Slot]]:
    found: defaultdict[str, list[Slot]] = defaultdict(list)
    for slot, target in links.items():
        found[target].append(slot)
    return found


def _presence(difference: _Difference) -> Iterator[Need]:
    for slot, target in difference.made.items():
        if target in difference.added:
            yield difference.changer(slot), difference.added[target]
    for slot, target in difference.gone.items():
        if target in difference.removed:
            yield difference.removed[target], difference.changer(slot)


def _reachability(difference: _Difference) -> Iterator[Need]:
    # Links are listed breadth first: the first to an added node hangs on what was reached before it.
    old_slots, new_slots = _by_target(difference.old_links), _by_target(difference.new_links)
    for node_id, number in difference.added.items():
        yield number, difference.changer(new_slots[node_id][0])
    for node in difference.old.nodes:
        slots = old_slots[node.id]
        if any(slot not in difference.gone for slot in slots):
            continue
        anchor = difference.changer(slots[0])
        if node.id in difference.removed:
            yield anchor, difference.removed[node.id]
        else:
            yield anchor, difference.changer(new_slots[node.id][0])


def _graph(difference: _Difference) -> dict[str, list[str]]:
    """Both trees' links taken together."""
    both = (*difference.old.nodes, *difference.new.nodes)
    graph: dict[str, dict[str, None]] = {node.id: {} for node in both}
    for links in (difference.old_links, difference.new_links):
        for (source, _option), target in links.items():
            if source:
                graph[source][target] = None
    return {source: list(targets) for source, targets in graph.items()}


def _knots(difference: _Difference) -> Iterator[Need]:
    knot_of = {
        node: number
        for number, members in enumerate(components(_graph(difference)))
        for node in members
        if len(members) > 1
    }
    going = _changers_by_knot(difference, difference.gone, difference.new_links, knot_of)
    making = _changers_by_knot(difference, difference.made, difference.old_links, knot_of)
    for knot, makers in making.items():
        goers = going[knot]
        yield from ((maker, goers[0]) for maker in makers)
        # One after another instead of all by all, which could be millions of needs.
        yield from zip(goers, goers[1:], strict=False)


def _changers_by_knot(
    difference: _Difference,
    changed: Mapping[Slot, str],
    others: Mapping[Slot, str],
    knot_of: Mapping[str, int],
) -> dict[int, list[int]]:
    """Edits of the changed links that lie in a knot and join nodes that the other tree does not join."""
    joined = {(source, target) for (source, _option), target in others.items()}
    found: defaultdict[int, dict[int, None]] = defaultdict(dict)
    for slot, target in changed.items():
        knot = knot_of.get(slot[0])
        if knot is not None and knot == knot_of.get(target) and (slot[0], target) not in joined:
            found[knot][difference.changer(slot)] = None
    return {knot: list(numbers) for knot, numbers in found.items()}


def _depth(difference: _Difference) -> Iterator[Need]:
    """No mixture has a longer path than the knots in a row, each passed through all its nodes."""
    graph = _graph(difference)
    longest: dict[str, int] = defaultdict(int)
    for members in components(graph):
        below = max(longest[node] for node in members) + len(members)
        for target in {target for node in members for target in graph[node]} - set(members):
            longest[target] = max(longest[target], below)
        if below > MAX_DEPTH:
            yield from _together(difference.changer(slot) for slot in (*difference.gone, *difference.made))
            return


def _together(numbers: Iterable[int]) -> Iterator[Need]:
    """Each needs the next, the last the first: all or none."""
    ring = list(dict.fromkeys(numbers))
    yield from zip(ring, [*ring[1:], *ring[:1]], strict=True)


def _node_numbers(difference: _Difference) -> Iterator[Need]:
    adding, removing = list(difference.added.values()), list(difference.removed.values())
    room = MAX_NODES - len(difference.old.nodes)
    yield from zip(adding[room:], removing, strict=False)


def _kept_nodes(difference: _Difference) -> Iterator[Need]:
    for old, new in difference.kept():
        yield from _option_numbers(difference, old, new)
        yield from _labels(difference, old, new)


def _option_numbers(difference: _Difference, old: Node, new: Node) -> Iterator[Need]:
    before = {option.id for option in old.options}
    after = {option.id for option in new.options}
    removing = [difference.options[new.id, option.id] for option in old.options if option.id not in after]
    adding = [difference.options[new.id, option.id] for option in new.options if option.id not in before]
    if old.kind != new.kind:
        yield from _together([difference.updated[new.id], *removing, *adding])
        return
    staying = len(before & after)
    yield from zip(removing[: max(FEWEST_OPTIONS[new.kind] - staying, 0)], adding, strict=False)
    yield from zip(adding[MAX_OPTIONS - len(before) :], removing, strict=False)


def _labels(difference: _Difference, old: Node, new: Node) -> Iterator[Need]:
    holders = {label_key(option.label): option.id for option in old.options}
    for option in new.options:
        holder = holders.get(label_key(option.label), option.id)
        if holder != option.id:
            yield difference.options[new.id, option.id], difference.options[new.id, holder]
