"""A tree with the marks of what changes did to it: same, added, changed or removed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from flowpilot.flows.document import Node, Option, Tree, walk
from flowpilot.flows.trees.applying import apply
from flowpilot.flows.trees.changelist import Change
from flowpilot.flows.trees.diffing import changed_values, out_of_place
from flowpilot.flows.trees.edits import OPTION_FIELDS

Mark = Literal["same", "added", "changed", "removed"]


@dataclass(frozen=True, slots=True)
class MarkedOption:
    """An option as it is now, or as it was if it is removed.

    `old` is what it was when it is changed; `changed` names the fields: label, next, position.
    """

    option: Option
    state: Mark = "same"
    old: Option | None = None
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MarkedNode:
    """A node as it is now, or as it was if it is removed; removed options stand where they stood.

    `state` and `changed` (kind, title, body, script) speak of the node's own fields, not its options.
    """

    node: Node
    state: Mark = "same"
    old: Node | None = None
    changed: tuple[str, ...] = ()
    options: tuple[MarkedOption, ...] = ()

    @property
    def touched(self) -> bool:
        """Whether anything is different here, options included."""
        return self.state != "same" or any(option.state != "same" for option in self.options)


@dataclass(frozen=True, slots=True)
class Marked:
    """Nodes of the new tree breadth first, then the removed ones.

    `old_root` is None while the root is the same.
    """

    root: str
    old_root: str | None
    nodes: tuple[MarkedNode, ...]
    _by_id: dict[str, MarkedNode] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_id", {marked.node.id: marked for marked in self.nodes})

    def node(self, node_id: str) -> MarkedNode:
        """Raises `KeyError` when neither tree has such a node."""
        return self._by_id[node_id]

    def count(self, state: Mark) -> int:
        """How many nodes are in a state; options do not count."""
        return sum(marked.state == state for marked in self.nodes)


def merged(base: Tree, changes: Iterable[Change]) -> Marked:
    """What the changes make of the base, with everything they touch marked. Raises `ChangeConflict`."""
    return marked(base, apply(changes, base))


def marked(old: Tree, new: Tree) -> Marked:
    """The new tree marked with its differences from the old one; ids say what is the same thing."""
    present = tuple(
        _compared(old.node(node.id), node) if node.id in old else _whole(node, "added") for node in walk(new)
    )
    removed = tuple(_whole(node, "removed") for node in walk(old) if node.id not in new)
    return Marked(new.root, None if old.root == new.root else old.root, present + removed)


def unmarked(tree: Tree) -> Marked:
    """A tree with nothing marked, for what draws both kinds alike."""
    return Marked(tree.root, None, tuple(_whole(node, "same") for node in walk(tree)))


def _whole(node: Node, state: Mark) -> MarkedNode:
    options = tuple(MarkedOption(option, state) for option in node.options)
    return MarkedNode(node, state, options=options)


def _compared(old: Node, new: Node) -> MarkedNode:
    changed = tuple(changed_values(old, new))
    options = tuple(_options(old, new))
    if changed:
        return MarkedNode(new, "changed", old, changed, options)
    return MarkedNode(new, options=options)


def _options(old: Node, new: Node) -> Iterator[MarkedOption]:
    """The new options in their order, each removed one behind the option that it followed."""
    before = {option.id: option for option in old.options}
    after = {option.id for option in new.options}
    followers: dict[str | None, list[Option]] = {}
    anchor: str | None = None
    for option in old.options:
        if option.id in after:
            anchor = option.id
        else:
            followers.setdefault(anchor, []).append(option)
    moved = out_of_place(list(before), [option.id for option in new.options])
    yield from (MarkedOption(option, "removed") for option in followers.get(None, ()))
    for option in new.options:
        yield _compared_option(before.get(option.id), option, option.id in moved)
        yield from (MarkedOption(gone, "removed") for gone in followers.get(option.id, ()))


def _compared_option(old: Option | None, new: Option, moved: bool) -> MarkedOption:
    if old is None:
        return MarkedOption(new, "added")
    changed = [name for name in OPTION_FIELDS if getattr(old, name) != getattr(new, name)]
    if moved:
        changed.append("position")
    return MarkedOption(new, "changed", old, tuple(changed)) if changed else MarkedOption(new)
