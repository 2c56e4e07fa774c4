"""Applying changes to a tree: in the order given, judged by the result."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import singledispatch
from typing import Any

from flowpilot.flows.document import InvalidTree, Node, Option, Tree, TreeError, parse, walk
from flowpilot.flows.trees.changelist import Change
from flowpilot.flows.trees.edits import (
    AddNode,
    AddOption,
    Edit,
    MoveOption,
    RemoveNode,
    RemoveOption,
    SetMeta,
    SetRoot,
    UpdateNode,
    UpdateOption,
)


class ChangeConflict(ValueError):
    """Changes do not fit the tree.

    `change` is the id of the one that does not, None when it cannot be told; `errors` are the broken
    rules when each change could be made and the tree they led to is not valid.
    """

    def __init__(self, message: str, change: str | None, errors: Sequence[TreeError] = ()) -> None:
        super().__init__(message)
        self.change = change
        self.errors = tuple(errors)


@dataclass(slots=True)
class _Bench:
    """A tree while it is being changed; it may break rules in between."""

    root: str
    nodes: dict[str, Node]

    def node(self, node_id: str) -> Node:
        if node_id not in self.nodes:
            raise _Misfit(f"node {node_id} is not in the tree")
        return self.nodes[node_id]

    def change_options(self, node_id: str, change: Callable[[list[Option]], None]) -> None:
        node = self.node(node_id)
        options = list(node.options)
        change(options)
        self.nodes[node_id] = replace(node, options=tuple(options))


class _Misfit(Exception):
    """Why an edit cannot be made, without the name of its change."""


def apply(changes: Iterable[Change], tree: Tree) -> Tree:
    """The tree that the changes lead to, nodes breadth first, ids kept.

    In between, rules may be broken; the result is valid. set_meta is passed over (see `meta_of`).
    Raises `ChangeConflict`.
    """
    changes = list(changes)
    bench = _Bench(tree.root, {node.id: node for node in tree.nodes})
    for change in changes:
        try:
            _make(change.edit, bench)
        except _Misfit as misfit:
            message = f"Change {change.id} ({change.op}) does not fit: {misfit}."
            raise ChangeConflict(message, change.id) from None
    raw = Tree(tree.schema, bench.root, tuple(bench.nodes.values())).to_json()
    try:
        result = parse(raw)
    except InvalidTree as invalid:
        raise _conflict(changes, invalid) from None
    return Tree(result.schema, result.root, tuple(walk(result)))


def _conflict(changes: Sequence[Change], invalid: InvalidTree) -> ChangeConflict:
    """Name the last change that touched what the first traceable error complains about."""
    touched = {change.key: change for change in changes}
    for error in invalid.errors:
        for key in (f"{error.node}/{error.option}", error.node or ""):
            if key and key in touched:
                blamed = touched[key]
                message = f"Change {blamed.id} ({blamed.op}) makes an invalid tree: {error.message}"
                return ChangeConflict(message, blamed.id, invalid.errors)
    return ChangeConflict(f"The changes make an invalid tree: {invalid}", None, invalid.errors)


@singledispatch
def _make(edit: Edit, bench: _Bench) -> None:
    raise TypeError(f"no way to apply {type(edit).__name__}")


@_make.register
def _(edit: SetMeta, bench: _Bench) -> None:
    """Nothing in the tree changes."""


@_make.register
def _(edit: SetRoot, bench: _Bench) -> None:
    bench.root = edit.node


@_make.register
def _(edit: AddNode, bench: _Bench) -> None:
    if edit.node.id in bench.nodes:
        raise _Misfit(f"there is a node {edit.node.id} already")
    bench.nodes[edit.node.id] = edit.node


@_make.register
def _(edit: UpdateNode, bench: _Bench) -> None:
    values: dict[str, Any] = dict(edit.values)
    bench.nodes[edit.node] = replace(bench.node(edit.node), **values)


@_make.register
def _(edit: RemoveNode, bench: _Bench) -> None:
    del bench.nodes[bench.node(edit.node).id]


@_make.register
def _(edit: AddOption, bench: _Bench) -> None:
    def insert(options: list[Option]) -> None:
        if any(option.id == edit.option.id for option in options):
            raise _Misfit(f"node {edit.within} has an option {edit.option.id} already")
        options.insert(edit.at, edit.option)

    bench.change_options(edit.within, insert)


@_make.register
def _(edit: UpdateOption, bench: _Bench) -> None:
    def update(options: list[Option]) -> None:
        position = _position(options, edit.within, edit.option)
        options[position] = replace(options[position], **edit.values)

    bench.change_options(edit.within, update)


@_make.register
def _(edit: RemoveOption, bench: _Bench) -> None:
    def remove(options: list[Option]) -> None:
        del options[_position(options, edit.within, edit.option)]

    bench.change_options(edit.within, remove)


@_make.register
def _(edit: MoveOption, bench: _Bench) -> None:
    def move(options: list[Option]) -> None:
        options.insert(edit.to, options.pop(_position(options, edit.within, edit.option)))

    bench.change_options(edit.within, move)


def _position(options: Sequence[Option], node_id: str, option_id: str) -> int:
    for position, option in enumerate(options):
        if option.id == option_id:
            return position
    raise _Misfit(f"node {node_id} has no option {option_id}")
