"""A tree as the fields of a form, and back.

One `node` field per step holds its id; what belongs to it is named by it: `n3.title`, and for its
answers `n3.o1.label`. Ids hold no dots, so the names are unambiguous; they are the ids of the controls
as well. What comes back may break any rule of a tree (`document.problems` names them): only a form that
our page cannot have sent is refused.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from flowpilot.flows.document import MAX_NODES, SCHEMA, Node, Option, Script, Tree
from flowpilot.flows.trees.fields import MAX_OPTIONS, NodeKind, Risk, Shell, is_id, shown

Fields = Mapping[str, Sequence[str]]
"""Every value of a form by the name of its field."""

MOST_FIELDS = MAX_NODES * (8 + 3 * MAX_OPTIONS)
"""Fields of the biggest valid tree: each step has its id, kind, title, body and four of a script, each
answer its id, label and next."""

_TARGET = re.compile(r"([A-Za-z0-9_-]{1,40}) · .*", re.DOTALL)
_BREAK = re.compile(r"\r\n?")


class UnreadableForm(ValueError):
    """The fields are not those of a tree's form; the message names the first one that is not."""


def to_fields(tree: Tree) -> list[tuple[str, str]]:
    """Name and value of every field, in the order of the page."""
    fields = [("root", tree.root)]
    for node in tree.nodes:
        fields.append(("node", node.id))
        fields += [(f"{node.id}.{name}", getattr(node, name)) for name in ("kind", "title", "body")]
        if node.script is not None:
            fields += [(f"{node.id}.script.{name}", value) for name, value in node.script.to_json().items()]
        for option in node.options:
            fields.append((f"{node.id}.option", option.id))
            fields += [(f"{node.id}.{option.id}.{name}", getattr(option, name)) for name in ("label", "next")]
    return fields


def from_fields(fields: Fields) -> Tree:
    """The tree that was typed; not checked. Raises `UnreadableForm`."""
    ids = _ids(fields, "node", MAX_NODES)
    return Tree(SCHEMA, _one(fields, "root"), tuple(_node(fields, node_id) for node_id in ids))


def target_value(node: Node) -> str:
    """How a step is written where it is typed instead of chosen; `from_fields` reads its id from it."""
    return f"{node.id} · {' '.join(node.title.split())}"


def _node(fields: Fields, node_id: str) -> Node:
    kind, title, body = (_one(fields, f"{node_id}.{name}") for name in ("kind", "title", "body"))
    option_ids = _ids(fields, f"{node_id}.option", 2 * MAX_OPTIONS)
    return Node(
        id=node_id,
        kind=cast(NodeKind, kind),
        title=title,
        body=body,
        script=_script(fields, node_id),
        options=tuple(_option(fields, node_id, option_id) for option_id in option_ids),
    )


def _script(fields: Fields, node_id: str) -> Script | None:
    if f"{node_id}.script.body" not in fields:
        return None
    shell, body, risk, undo = (
        _one(fields, f"{node_id}.script.{name}") for name in ("shell", "body", "risk", "undo")
    )
    return Script(cast(Shell, shell), body, cast(Risk, risk), undo)


def _option(fields: Fields, node_id: str, option_id: str) -> Option:
    label, target = (_one(fields, f"{node_id}.{option_id}.{name}") for name in ("label", "next"))
    written = _TARGET.fullmatch(target)
    return Option(option_id, label, written[1] if written else target.strip())


def _one(fields: Fields, name: str) -> str:
    values = fields.get(name, ())
    if len(values) != 1:
        raise UnreadableForm(f"The field {name} is {'missing' if not values else 'there more than once'}.")
    return _BREAK.sub("\n", values[0])


def _ids(fields: Fields, name: str, most: int) -> Sequence[str]:
    values = fields.get(name, ())
    if len(values) > most:
        raise UnreadableForm(f"The field {name} is there {len(values):,} times: {most} is the most.")
    _refuse(name, (value for value in values if not is_id(value)), "is not an id")
    _refuse(name, (value for number, value in enumerate(values) if value in values[:number]), "comes twice")
    return values


def _refuse(name: str, values: Iterable[str], why: str) -> None:
    wrong = next(iter(values), None)
    if wrong is not None:
        raise UnreadableForm(f"The field {name} holds {shown(wrong)}, which {why}.")
