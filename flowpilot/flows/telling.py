"""Changes to a tree in words: what becomes different, and why."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Any, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from flowpilot.flows.changes import Change
from flowpilot.flows.document import Node, Option, Script, Tree
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

Mark = Literal["added", "changed", "removed"]
Run = tuple[Literal["same", "added", "removed"], str]

WORDS_COMPARED = 2000
"""Longer texts are shown as a whole before and after: comparing them word by word takes too long."""

ADDED: dict[str, str | Promise] = {
    "question": gettext_lazy("Asks “%(title)s”"),
    "action": gettext_lazy("Adds the step “%(title)s”"),
    "resolution": gettext_lazy("Ends with “%(title)s”"),
    "escalation": gettext_lazy("Hands over with “%(title)s”"),
}
FIELDS: dict[str, str | Promise] = {
    "kind": gettext_lazy("Kind"),
    "title": gettext_lazy("Title"),
    "body": gettext_lazy("Guidance"),
    "script": gettext_lazy("Script"),
    "label": gettext_lazy("Answer"),
    "summary": gettext_lazy("Summary"),
    "domain": gettext_lazy("Domain"),
}


@dataclass(frozen=True)
class Difference:
    """A text before and after, word by word."""

    field: str
    runs: tuple[Run, ...]


@dataclass(frozen=True)
class Told:
    """One change in a sentence. `node` is the step in the new tree that it is about, or ""."""

    mark: Mark
    text: str
    node: str = ""
    differences: tuple[Difference, ...] = ()
    change: str = ""
    """The id of the change, as it is chosen by."""


@dataclass(frozen=True)
class Reason:
    """Changes that have one reason."""

    why: str
    changes: tuple[Told, ...]


def told(changes: Sequence[Change], base: Tree, tree: Tree) -> list[Reason]:
    """The changes in their order, those with the same reason under one heading.

    `base` is the tree that they change, `tree` the one that they lead to.
    """
    teller = _Teller(base, tree)
    by_reason: dict[str, list[Told]] = {}
    for change in changes:
        by_reason.setdefault(change.why, []).append(replace(teller.tell(change.edit), change=change.id))
    return [Reason(why, tuple(group)) for why, group in by_reason.items()]


def retold(old: Mapping[str, str], new: Mapping[str, str]) -> list[Reason]:
    """What a flow says of itself beside its tree, where it becomes different: by field, before and after."""
    changed = {name: value for name, value in new.items() if old.get(name) != value}
    if not changed:
        return []
    text = _("Says otherwise what the flow is")
    return [Reason("", (Told("changed", text, differences=_differences(old, changed)),))]


def compared(old: str, new: str) -> tuple[Run, ...]:
    """Runs of words that are the same, added or removed; put together they give both texts."""
    before, after = _words(old), _words(new)
    if max(len(before), len(after)) > WORDS_COMPARED:
        return (("removed", old), ("added", new))
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    return tuple(run for code in matcher.get_opcodes() for run in _runs(code, before, after))


def _words(text: str) -> list[str]:
    return re.findall(r"\s+|\S+", text)


def _runs(code: tuple[str, int, int, int, int], before: list[str], after: list[str]) -> Iterator[Run]:
    tag, start, end, new_start, new_end = code
    if tag == "equal":
        yield "same", "".join(before[start:end])
        return
    if end > start:
        yield "removed", "".join(before[start:end])
    if new_end > new_start:
        yield "added", "".join(after[new_start:new_end])


class _Teller:
    """Knows both trees, so that ids can be told by their titles."""

    def __init__(self, base: Tree, tree: Tree) -> None:
        self.base = base
        self.new_ids = {node.id for node in tree.nodes}
        self.old = {node.id: node for node in base.nodes}
        self.known: dict[str, Node] = {**self.old, **{node.id: node for node in tree.nodes}}

    def tell(self, edit: Edit) -> Told:
        return _TELLERS[type(edit)](self, edit)

    def title(self, node_id: str) -> str:
        node = self.known.get(node_id)
        return node.title if node else node_id

    def was(self, node_id: str) -> str:
        node = self.old.get(node_id) or self.known.get(node_id)
        return node.title if node else node_id

    def target(self, node_id: str) -> str:
        return node_id if node_id in self.new_ids else ""

    def option(self, node_id: str, option_id: str) -> Option | None:
        """The option as it was, or as it came to be when another change added it."""
        for node in (self.old.get(node_id), self.known.get(node_id)):
            for option in node.options if node else ():
                if option.id == option_id:
                    return option
        return None

    def label(self, node_id: str, option_id: str) -> str:
        option = self.option(node_id, option_id)
        return option.label if option else option_id

    def add_node(self, edit: AddNode) -> Told:
        text = ADDED.get(edit.node.kind) or ADDED["action"]
        return Told("added", str(text) % {"title": edit.node.title}, self.target(edit.node.id))

    def remove_node(self, edit: RemoveNode) -> Told:
        return Told("removed", _("Removes the step “%(title)s”") % {"title": self.was(edit.node)})

    def update_node(self, edit: UpdateNode) -> Told:
        old = self.old.get(edit.node)
        differences = _differences({name: getattr(old, name, None) for name in edit.values}, edit.values)
        text = _("Rewrites the step “%(title)s”") % {"title": self.was(edit.node)}
        return Told("changed", text, self.target(edit.node), differences)

    def add_option(self, edit: AddOption) -> Told:
        text = _("Adds the answer “%(label)s” to “%(title)s”, which leads to “%(next)s”") % {
            "label": edit.option.label,
            "title": self.title(edit.within),
            "next": self.title(edit.option.next),
        }
        return Told("added", text, self.target(edit.within))

    def update_option(self, edit: UpdateOption) -> Told:
        words = {"label": self.label(edit.within, edit.option), "title": self.title(edit.within)}
        if "next" not in edit.values:
            text = _("Rewords the answer “%(label)s” to “%(title)s”") % words
        else:
            old = self.option(edit.within, edit.option)
            text = _(
                "The answer “%(label)s” to “%(title)s” leads to “%(next)s”, no longer to “%(before)s”"
            ) % {
                **words,
                "next": self.title(edit.values["next"]),
                "before": self.was(old.next) if old else "–",
            }
        labels = {name: value for name, value in edit.values.items() if name == "label"}
        return Told("changed", text, self.target(edit.within), _differences(words, labels))

    def remove_option(self, edit: RemoveOption) -> Told:
        words = {"label": self.label(edit.within, edit.option), "title": self.title(edit.within)}
        text = _("Removes the answer “%(label)s” to “%(title)s”") % words
        return Told("removed", text, self.target(edit.within))

    def move_option(self, edit: MoveOption) -> Told:
        text = _("Moves the answer “%(label)s” to “%(title)s” to place %(place)s") % {
            "label": self.label(edit.within, edit.option),
            "title": self.title(edit.within),
            "place": edit.to + 1,
        }
        return Told("changed", text, self.target(edit.within))

    def set_root(self, edit: SetRoot) -> Told:
        text = _("Begins with “%(title)s”, no longer with “%(before)s”") % {
            "title": self.title(edit.node),
            "before": self.was(self.base.root),
        }
        return Told("changed", text, self.target(edit.node))

    def set_meta(self, edit: SetMeta) -> Told:
        """What the flow said before is not part of its tree, so only the new words are told."""
        parts = [f"{FIELDS[name]}: {value or '–'}" for name, value in edit.values.items()]
        return Told("changed", _("Sets of the flow: %(values)s") % {"values": "; ".join(parts)})


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[Difference, ...]:
    return tuple(
        Difference(str(FIELDS.get(name, name)), compared(_plain(old.get(name)), _plain(value)))
        for name, value in new.items()
    )


def _plain(value: str | Script | None) -> str:
    return value.body if isinstance(value, Script) else value or ""


_TELLERS: Mapping[type, Callable[[_Teller, Any], Told]] = {
    AddNode: _Teller.add_node,
    RemoveNode: _Teller.remove_node,
    UpdateNode: _Teller.update_node,
    AddOption: _Teller.add_option,
    UpdateOption: _Teller.update_option,
    RemoveOption: _Teller.remove_option,
    MoveOption: _Teller.move_option,
    SetRoot: _Teller.set_root,
    SetMeta: _Teller.set_meta,
}
