"""Conflicts of a three-way merge in words, and what a person chose about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from flowpilot.flows.changes import Conflict
from flowpilot.flows.document import Tree
from flowpilot.flows.formfields import Fields, UnreadableForm
from flowpilot.flows.trees.merge import Side

PREFIX = "settle."

_WORDS: Mapping[str, str | Promise] = {
    "kind": gettext_lazy("Kind"),
    "title": gettext_lazy("Title"),
    "body": gettext_lazy("Guidance"),
    "script": gettext_lazy("Script"),
    "label": gettext_lazy("Answer"),
    "next": gettext_lazy("Leads to"),
    "root": gettext_lazy("First step"),
    "order": gettext_lazy("Order of the answers"),
    "presence": gettext_lazy("Whether it stays"),
}


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A conflict as it is shown. `choice` names its radio buttons; it is "" when no choice settles the
    conflict, and then `message` says what is wrong."""

    where: str
    what: str
    message: str
    choice: str
    base: str
    ours: str
    theirs: str


def contradictions(conflicts: Sequence[Conflict], *trees: Tree) -> list[Contradiction]:
    """The conflicts in words; the trees, the most telling first, give their ids a meaning."""
    teller = _Teller(trees)
    return [teller.tell(conflict) for conflict in conflicts]


def choices(fields: Fields) -> dict[str, Side]:
    """What was chosen, by conflict key. Raises `UnreadableForm`."""
    return {
        name.removeprefix(PREFIX): _side(name, values)
        for name, values in fields.items()
        if name.startswith(PREFIX)
    }


def _side(name: str, values: Sequence[str]) -> Side:
    if list(values) == ["ours"]:
        return "ours"
    if list(values) == ["theirs"]:
        return "theirs"
    raise UnreadableForm(f"The field {name} must be ours or theirs.")


class _Teller:
    def __init__(self, trees: Sequence[Tree]) -> None:
        self.trees = trees

    def tell(self, conflict: Conflict) -> Contradiction:
        settled_by_choice = conflict.field != "tree"
        return Contradiction(
            where=self.where(conflict),
            what=str(_WORDS.get(conflict.field, "")),
            message="" if settled_by_choice else conflict.message,
            choice=f"{PREFIX}{conflict.key}" if settled_by_choice else "",
            base=self.value(conflict, conflict.base),
            ours=self.value(conflict, conflict.ours),
            theirs=self.value(conflict, conflict.theirs),
        )

    def where(self, conflict: Conflict) -> str:
        if conflict.node is None:
            return _("The flow")
        parts = [self.title(conflict.node)]
        if conflict.option is not None:
            parts.append(self.label(conflict.node, conflict.option))
        return " → ".join(parts)

    def value(self, conflict: Conflict, value: Any) -> str:
        if value is None:
            return _("None") if conflict.field == "script" else _("Not there")
        if conflict.field in {"root", "next"}:
            return self.title(value)
        if conflict.field == "order":
            return " · ".join(self.label(conflict.node or "", option) for option in value)
        if isinstance(value, Mapping):
            return str(value.get("title") or value.get("label") or value.get("body") or "")
        return str(value)

    def title(self, node_id: str) -> str:
        return next((tree.node(node_id).title for tree in self.trees if node_id in tree), node_id)

    def label(self, node_id: str, option_id: str) -> str:
        nodes = (tree.node(node_id) for tree in self.trees if node_id in tree)
        options = (option for node in nodes for option in node.options)
        return next((option.label for option in options if option.id == option_id), option_id)
