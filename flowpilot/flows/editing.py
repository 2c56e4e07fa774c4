"""What a person does to a tree in the editor, one press of a button each.

An operation is named by the value of its button: `add-option:n3`, `move-up:n3/o2`, `add-after:n3:action`.
The trees here are work in progress: they may break every rule, and no operation minds.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from flowpilot.flows.document import Node, Option, Script, Tree
from flowpilot.flows.trees.fields import KINDS, NodeKind
from flowpilot.flows.trees.renaming import fresh_ids

_OPERATION = re.compile(r"([a-z-]{1,20}):([A-Za-z0-9_-]{1,40})(?:/([A-Za-z0-9_-]{1,40}))?(?::([a-z]{1,20}))?")
_NEW_SCRIPT = Script("powershell", "", "read", "")
_NEW_WAYS: Mapping[str, int] = {"question": 2, "action": 1}


class UnknownOperation(ValueError):
    """No button of the editor does this, or not to this tree."""


@dataclass(frozen=True, slots=True)
class Edited:
    """The tree after an operation, and the control (see `formfields`) that the person goes on with."""

    tree: Tree
    focus: str


@dataclass(frozen=True, slots=True)
class _Asked:
    node: Node
    option: Option | None
    kind: NodeKind | None
    known: "_Known"


@dataclass(frozen=True, slots=True)
class _Known:
    """Ids that mean something already, here or in a tree that this one will be compared with."""

    nodes: frozenset[str]
    options: Mapping[str, frozenset[str]]

    def new_node(self) -> str:
        return next(fresh_ids("n", self.nodes))

    def new_option(self, node: Node) -> str:
        taken = self.options.get(node.id, frozenset()) | {option.id for option in node.options}
        return next(fresh_ids("o", taken))


def perform(name: str, tree: Tree, others: Iterable[Tree] = ()) -> Edited:
    """Do what the button with this name says. `others` are the trees that this one comes from: a new
    step or answer gets an id that none of them has. Raises `UnknownOperation`."""
    match = _OPERATION.fullmatch(name)
    operation = _OPERATIONS.get(match[1]) if match else None
    if match is None or operation is None or match[2] not in tree:
        raise UnknownOperation(_("This button is not known here."))
    asked = _asked(tree.node(match[2]), match[3], match[4], _known((tree, *others)))
    return operation(tree, asked)


def _asked(node: Node, option_id: str | None, kind: str | None, known: _Known) -> _Asked:
    option = next((option for option in node.options if option.id == option_id), None)
    chosen: NodeKind | None = next((one for one in KINDS if one == kind), None)
    if (option is None) != (option_id is None) or (chosen is None) != (kind is None):
        raise UnknownOperation(_("This button is not known here."))
    return _Asked(node, option, chosen, known)


def _known(trees: Iterable[Tree]) -> _Known:
    options: dict[str, set[str]] = {}
    for tree in trees:
        for node in tree.nodes:
            options.setdefault(node.id, set()).update(option.id for option in node.options)
    return _Known(frozenset(options), {node: frozenset(ids) for node, ids in options.items()})


def _with(tree: Tree, *changed: Node) -> Tree:
    """The tree with nodes exchanged; new ones come last."""
    by_id = {node.id: node for node in tree.nodes} | {node.id: node for node in changed}
    return replace(tree, nodes=tuple(by_id.values()))


def _chosen_option(asked: _Asked) -> Option:
    if asked.option is None:
        raise UnknownOperation(_("This button is not known here."))
    return asked.option


def _add_option(tree: Tree, asked: _Asked) -> Edited:
    node = asked.node
    option = Option(asked.known.new_option(node), "", "")
    grown = replace(node, options=(*node.options, option))
    return Edited(_with(tree, grown), f"{node.id}.{option.id}.label")


def _remove_option(tree: Tree, asked: _Asked) -> Edited:
    gone = _chosen_option(asked)
    left = tuple(option for option in asked.node.options if option.id != gone.id)
    place = min(asked.node.options.index(gone), len(left) - 1)
    focus = f"{asked.node.id}.{left[place].id}.label" if left else f"{asked.node.id}.title"
    return Edited(_with(tree, replace(asked.node, options=left)), focus)


def _move_up(tree: Tree, asked: _Asked) -> Edited:
    return _move(tree, asked, -1)


def _move_down(tree: Tree, asked: _Asked) -> Edited:
    return _move(tree, asked, 1)


def _move(tree: Tree, asked: _Asked, step: int) -> Edited:
    option, options = _chosen_option(asked), list(asked.node.options)
    place = options.index(option)
    to = min(max(place + step, 0), len(options) - 1)
    options.insert(to, options.pop(place))
    at_end = to == (0 if step < 0 else len(options) - 1)
    onward = "up" if (step < 0) != at_end else "down"
    moved = replace(asked.node, options=tuple(options))
    return Edited(_with(tree, moved), f"{asked.node.id}.{option.id}.{onward}")


def _add_after(tree: Tree, asked: _Asked) -> Edited:
    """A step between this one and the next where there is one way on; else at the end of another answer."""
    node, kind = asked.node, asked.kind
    if kind is None:
        raise UnknownOperation(_("This button is not known here."))
    new_id = asked.known.new_node()
    between = node.options[0] if len(node.options) == 1 and kind in _NEW_WAYS else None
    new = Node(new_id, kind, "", options=_ways_of(kind, between.next if between else ""))
    if between:
        ways: tuple[Option, ...] = (replace(between, next=new_id),)
    else:
        label = _("Done") if node.kind == "action" and not node.options else ""
        ways = (*node.options, Option(asked.known.new_option(node), label, new_id))
    return Edited(_with(tree, replace(node, options=ways), new), f"{new_id}.title")


def _ways_of(kind: NodeKind, onward: str) -> tuple[Option, ...]:
    """As many answers as a step of this kind needs at least; the first one leads on."""
    count = _NEW_WAYS.get(kind, 0)
    label = _("Done") if kind == "action" else ""
    return tuple(Option(f"o{n}", label, onward if n == 1 else "") for n in range(1, count + 1))


def _remove_node(tree: Tree, asked: _Asked) -> Edited:
    """What led here leads on to where the only way from here led, or nowhere until somebody says."""
    gone = asked.node
    left = [node for node in tree.nodes if node.id != gone.id]
    if not left:
        raise UnknownOperation(_("A flow needs one step at least."))
    targets = {option.next for option in gone.options} - {gone.id}
    onward = next(iter(targets)) if len(targets) == 1 else ""
    loose = [(node, option) for node in left for option in node.options if option.next == gone.id]
    rewired = tuple(_led_on(node, gone.id, onward) for node in left)
    remaining = {node.id for node in left}
    follower = next((option.next for option in gone.options if option.next in remaining), left[0].id)
    root = follower if tree.root == gone.id else tree.root
    focus = f"{loose[0][0].id}.{loose[0][1].id}.next" if loose else f"{follower}.title"
    return Edited(replace(tree, root=root, nodes=rewired), focus)


def _led_on(node: Node, gone: str, onward: str) -> Node:
    ways = (replace(option, next=onward) if option.next == gone else option for option in node.options)
    return replace(node, options=tuple(ways))


def _set_first(tree: Tree, asked: _Asked) -> Edited:
    return Edited(replace(tree, root=asked.node.id), f"{asked.node.id}.title")


def _add_script(tree: Tree, asked: _Asked) -> Edited:
    node = replace(asked.node, script=asked.node.script or _NEW_SCRIPT)
    return Edited(_with(tree, node), f"{node.id}.script.body")


def _remove_script(tree: Tree, asked: _Asked) -> Edited:
    return Edited(_with(tree, replace(asked.node, script=None)), f"{asked.node.id}.title")


_OPERATIONS: Mapping[str, Callable[[Tree, _Asked], Edited]] = {
    "add-option": _add_option,
    "remove-option": _remove_option,
    "move-up": _move_up,
    "move-down": _move_down,
    "add-after": _add_after,
    "remove-node": _remove_node,
    "set-first": _set_first,
    "add-script": _add_script,
    "remove-script": _remove_script,
}
