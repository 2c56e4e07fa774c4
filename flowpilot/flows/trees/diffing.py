"""The changes that lead from one tree to another, each with what it needs."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

from flowpilot.flows.document import Node, Option, Script, Tree, canonical, walk
from flowpilot.flows.trees.changelist import Change
from flowpilot.flows.trees.edits import (
    NODE_FIELDS,
    OPTION_FIELDS,
    AddNode,
    AddOption,
    Edit,
    MoveOption,
    RemoveNode,
    RemoveOption,
    SetRoot,
    UpdateNode,
    UpdateOption,
)
from flowpilot.flows.trees.needs import needs_of
from flowpilot.flows.trees.renaming import aligned


def diff(old: Tree, new: Tree) -> list[Change]:
    """Changes that make `new` out of `old`: `canonical(apply(diff(a, b), a)) == canonical(b)`.

    Ids of `new` are kept where both trees are of one lineage (see `aligned`). Any part of the list
    that is closed over its needs (`close_over`) applies to a valid tree.
    """
    if canonical(old) == canonical(new):
        return []
    target = aligned(new, old)
    edits = list(_edits(old, target))
    needs = needs_of(edits, old, target)
    return [
        Change(f"c{number + 1}", edit, needs=tuple(f"c{need + 1}" for need in needs[number]))
        for number, edit in enumerate(edits)
    ]


def _edits(old: Tree, new: Tree) -> Iterator[Edit]:
    if old.root != new.root:
        yield SetRoot(new.root)
    for node in walk(new):
        if node.id in old:
            yield from _node_edits(old.node(node.id), node)
        else:
            yield AddNode(node)
    yield from (RemoveNode(node.id) for node in walk(old) if node.id not in new)


def _node_edits(old: Node, new: Node) -> Iterator[Edit]:
    values = changed_values(old, new)
    if values:
        yield UpdateNode(new.id, values)
    before = {option.id: option for option in old.options}
    after = {option.id: option for option in new.options}
    for option in old.options:
        if option.id not in after:
            yield RemoveOption(new.id, option.id)
    for option in new.options:
        if option.id in before and option != before[option.id]:
            yield UpdateOption(new.id, option.id, _changed_option_values(before[option.id], option))
    yield from _placing_edits(new, [name for name in before if name in after])


def _placing_edits(new: Node, order: list[str]) -> Iterator[Edit]:
    """Move and add options so that `order`, the ids that stay, becomes the order of the new node.

    Each is put right behind the one that it follows in the new order, which is in its place by then.
    """
    moved = out_of_place(order, [option.id for option in new.options])
    present = set(order)
    previous: str | None = None
    for option in new.options:
        if option.id in moved:
            order.remove(option.id)
        if option.id in moved or option.id not in present:
            place = order.index(previous) + 1 if previous is not None else 0
            order.insert(place, option.id)
            moving = option.id in moved
            yield MoveOption(new.id, option.id, place) if moving else AddOption(new.id, option, place)
        previous = option.id


def changed_values(old: Node, new: Node) -> dict[str, str | Script | None]:
    """The new values of the fields in which two nodes differ, options apart."""
    return {name: getattr(new, name) for name in NODE_FIELDS if getattr(old, name) != getattr(new, name)}


def _changed_option_values(old: Option, new: Option) -> Mapping[str, str]:
    return {name: getattr(new, name) for name in OPTION_FIELDS if getattr(old, name) != getattr(new, name)}


def out_of_place(old: Sequence[str], new: Sequence[str]) -> set[str]:
    """The fewest ids of both sequences that have to move to get from the old order to the new one."""
    position = {name: number for number, name in enumerate(new)}
    common = [name for name in old if name in position]
    ends: list[int] = []
    chains: list[list[str]] = []
    for name in common:
        length = bisect_left(ends, position[name])
        chain = [*(chains[length - 1] if length else []), name]
        ends[length : length + 1] = [position[name]]
        chains[length : length + 1] = [chain]
    return set(common) - set(chains[-1] if chains else [])
