"""Three-way merge: two trees that both come from a third one, field by field.

A field that one side left alone takes the other side's value. Where both changed it differently, or one
removed what the other changed, there is a conflict; `settle` decides such conflicts by their keys.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from flowpilot.flows.document import InvalidTree, Node, Option, Script, Tree, TreeError, parse, walk
from flowpilot.flows.trees.edits import NODE_FIELDS, OPTION_FIELDS
from flowpilot.flows.trees.fields import label_key
from flowpilot.flows.trees.renaming import fresh_ids, renamed

Side = Literal["ours", "theirs"]
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Conflict:
    """One thing that both sides changed differently.

    field: a field of the node or option; "root"; "order" of a node's options; "presence" when a side
    removed what the other changed; "tree" when each change is fine and together they break a rule
    (no choice settles that one: `settle` another or edit). The values are JSON; None where absent.
    """

    node: str | None
    option: str | None
    field: str
    base: object
    ours: object
    theirs: object
    message: str

    @property
    def key(self) -> str:
        """Names the conflict in `settle`: "root", "n3:title", "n3/o1:next"."""
        where = f"{self.node}/{self.option}" if self.option else self.node
        return f"{where}:{self.field}" if where else self.field


@dataclass(frozen=True, slots=True)
class Merge:
    """`tree` is None while there are conflicts. `renamed`: nodes ("n6") and options ("n2/o3") that both sides
    added under one id and that are not the same; theirs is found under the new id (old to new)."""

    tree: Tree | None
    conflicts: list[Conflict]
    renamed: dict[str, str]


def merge3(base: Tree, ours: Tree, theirs: Tree, settle: Mapping[str, Side] | None = None) -> Merge:
    """Merge two descendants of `base`; ids say what is the same thing in all three."""
    theirs, new_ids = _apart(base, ours, theirs)
    work = _Work(settle or {})
    root = work.pick(None, None, "root", (base.root, ours.root, theirs.root))
    nodes = [
        node
        for node_id in dict.fromkeys(node.id for tree in (ours, theirs, base) for node in walk(tree))
        if (node := work.merge_node(*(_get(tree, node_id) for tree in (base, ours, theirs)))) is not None
    ]
    if work.conflicts:
        return Merge(None, work.conflicts, new_ids)
    try:
        tree = parse(Tree(base.schema, root, tuple(nodes)).to_json())
    except InvalidTree as invalid:
        return Merge(None, [_broken(error) for error in invalid.errors], new_ids)
    return Merge(Tree(tree.schema, tree.root, tuple(walk(tree))), [], new_ids)


@dataclass(slots=True)
class _Work:
    settle: Mapping[str, Side]
    conflicts: list[Conflict] = field(default_factory=list)

    def pick(
        self, node: str | None, option: str | None, name: str, versions: tuple[Value, Value, Value]
    ) -> Value:
        """The merged value of (base, ours, theirs); notes a conflict that is not settled."""
        base, ours, theirs = versions
        if ours == theirs or theirs == base:
            return ours
        if ours == base:
            return theirs
        plain = (_plain(base), _plain(ours), _plain(theirs))
        conflict = Conflict(node, option, name, *plain, _message(node, option, name))
        side = self.settle.get(conflict.key)
        if side is None:
            self.conflicts.append(conflict)
        return theirs if side == "theirs" else ours

    def merge_node(self, base: Node | None, ours: Node | None, theirs: Node | None) -> Node | None:
        if ours is None or theirs is None:
            known = ours or theirs or base
            return self.pick(known.id if known else None, None, "presence", (base, ours, theirs))
        values = {
            name: self.pick(ours.id, None, name, _versions(name, base, ours, theirs)) for name in NODE_FIELDS
        }
        return Node(id=ours.id, options=self._options(base, ours, theirs), **values)

    def _options(self, base: Node | None, ours: Node, theirs: Node) -> tuple[Option, ...]:
        sides = [{o.id: o for o in node.options} if node else {} for node in (base, ours, theirs)]
        found = {}
        for option_id in dict.fromkeys(name for side in sides for name in side):
            old, mine, other = (side.get(option_id) for side in sides)
            option = self._option(ours.id, option_id, (old, mine, other))
            if option is not None:
                found[option_id] = option
        return tuple(found[name] for name in self._order(ours.id, *map(list, sides)) if name in found)

    def _option(
        self, node: str, option: str, versions: tuple[Option | None, Option | None, Option | None]
    ) -> Option | None:
        base, ours, theirs = versions
        if ours is None or theirs is None:
            return self.pick(node, option, "presence", versions)
        label, target = (
            self.pick(node, option, name, _versions(name, base, ours, theirs)) for name in OPTION_FIELDS
        )
        return Option(option, label, target)

    def _order(self, node: str, base: list[str], ours: list[str], theirs: list[str]) -> list[str]:
        """The order of one side, what only the other one has behind what it follows there."""
        common = set(base) & set(ours) & set(theirs)
        old, mine, other = (tuple(name for name in side if name in common) for side in (base, ours, theirs))
        picked = self.pick(node, None, "order", (old, mine, other))
        leading, following = (ours, theirs) if picked == mine else (theirs, ours)
        order = list(leading)
        place = 0
        for name in following:
            if name not in order:
                order.insert(place, name)
            place = order.index(name) + 1
        return order


def _versions(name: str, base: Node | Option | None, *sides: Node | Option) -> tuple[Any, Any, Any]:
    ours, theirs = (getattr(side, name) for side in sides)
    return getattr(base, name, None), ours, theirs


def _get(tree: Tree, node_id: str) -> Node | None:
    return tree.node(node_id) if node_id in tree else None


def _plain(value: object) -> object:
    if isinstance(value, Node | Option | Script):
        return value.to_json()
    return list(value) if isinstance(value, tuple) else value


def _message(node: str | None, option: str | None, name: str) -> str:
    where = f"option {option} of node {node}" if option else f"node {node}"
    if name == "root":
        return "Both sides made another node the first one: choose which."
    if name == "presence":
        return f"One side removed {where}, the other changed it: choose whether it stays."
    if name == "order":
        return f"Both sides put the options of {where} into another order: choose one."
    return f"Both sides changed {name} of {where} differently: choose one."


def _broken(error: TreeError) -> Conflict:
    message = f"Both sides' changes together break a rule. {error.message}"
    return Conflict(error.node, error.option, "tree", None, None, None, message)


def _apart(base: Tree, ours: Tree, theirs: Tree) -> tuple[Tree, dict[str, str]]:
    """Theirs with other ids for what both sides added under one id without meaning the same."""
    both = [node.id for node in walk(theirs) if node.id in ours and node.id not in base]
    clashing = {node_id for node_id in both if ours.node(node_id) != theirs.node(node_id)}
    grown = True
    while grown:
        # What leads to a node that gets another id is no longer the same on both sides.
        leading = {n for n in both if any(option.next in clashing for option in theirs.node(n).options)}
        grown = not leading <= clashing
        clashing |= leading
    used = {node.id for tree in (base, ours, theirs) for node in tree.nodes}
    new_ids = dict(zip((n for n in both if n in clashing), fresh_ids("n", used), strict=False))
    options = {node.id: _clashing_options(base, ours, node) for node in theirs.nodes if node.id in base}
    by_key = {f"{n}/{old}": f"{n}/{new}" for n, pairs in options.items() for old, new in pairs.items()}
    return renamed(theirs, new_ids, options), new_ids | by_key


def _clashing_options(base: Tree, ours: Tree, node: Node) -> dict[str, str]:
    old, mine = base.node(node.id), _get(ours, node.id)
    if mine is None:
        return {}
    labels = {option.id: label_key(option.label) for option in mine.options}
    added = [option for option in node.options if option.id not in {known.id for known in old.options}]
    clashing = [o.id for o in added if labels.get(o.id, label_key(o.label)) != label_key(o.label)]
    used = {option.id for version in (old, mine, node) for option in version.options}
    return dict(zip(clashing, fresh_ids("o", used), strict=False))
