"""The nine kinds of edit that lead from one tree to another."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from flowpilot.flows.document import Node, Option, Script

NODE_FIELDS = ("kind", "title", "body", "script")
"""What update_node may set; options have operations of their own."""
OPTION_FIELDS = ("label", "next")


@dataclass(frozen=True, slots=True)
class SetMeta:
    """Sets facts of the flow beside its tree: title, summary, domain."""

    op: ClassVar[str] = "set_meta"
    key: ClassVar[str] = ""
    values: Mapping[str, str | None]

    def arguments(self) -> dict[str, object]:
        return {"set": dict(self.values)}


@dataclass(frozen=True, slots=True)
class SetRoot:
    op: ClassVar[str] = "set_root"
    node: str

    @property
    def key(self) -> str:
        return self.node

    def arguments(self) -> dict[str, object]:
        return {"node": self.node}


@dataclass(frozen=True, slots=True)
class AddNode:
    op: ClassVar[str] = "add_node"
    node: Node

    @property
    def key(self) -> str:
        return self.node.id

    def arguments(self) -> dict[str, object]:
        return {"node": self.node.to_json()}


@dataclass(frozen=True, slots=True)
class UpdateNode:
    """Sets fields of `NODE_FIELDS`."""

    op: ClassVar[str] = "update_node"
    node: str
    values: Mapping[str, str | Script | None]

    @property
    def key(self) -> str:
        return self.node

    def arguments(self) -> dict[str, object]:
        plain = {name: v.to_json() if isinstance(v, Script) else v for name, v in self.values.items()}
        return {"node": self.node, "set": plain}


@dataclass(frozen=True, slots=True)
class RemoveNode:
    op: ClassVar[str] = "remove_node"
    node: str

    @property
    def key(self) -> str:
        return self.node

    def arguments(self) -> dict[str, object]:
        return {"node": self.node}


@dataclass(frozen=True, slots=True)
class AddOption:
    """Puts an option at position `at`, counted from 0; beyond the end means at the end."""

    op: ClassVar[str] = "add_option"
    within: str
    option: Option
    at: int

    @property
    def key(self) -> str:
        return f"{self.within}/{self.option.id}"

    def arguments(self) -> dict[str, object]:
        return {"in": self.within, "option": self.option.to_json(), "at": self.at}


@dataclass(frozen=True, slots=True)
class UpdateOption:
    """Sets fields of `OPTION_FIELDS`."""

    op: ClassVar[str] = "update_option"
    within: str
    option: str
    values: Mapping[str, str]

    @property
    def key(self) -> str:
        return f"{self.within}/{self.option}"

    def arguments(self) -> dict[str, object]:
        return {"in": self.within, "option": self.option, "set": dict(self.values)}


@dataclass(frozen=True, slots=True)
class RemoveOption:
    op: ClassVar[str] = "remove_option"
    within: str
    option: str

    @property
    def key(self) -> str:
        return f"{self.within}/{self.option}"

    def arguments(self) -> dict[str, object]:
        return {"in": self.within, "option": self.option}


@dataclass(frozen=True, slots=True)
class MoveOption:
    """Takes an option out and puts it back at position `to`, as in `AddOption`."""

    op: ClassVar[str] = "move_option"
    within: str
    option: str
    to: int

    @property
    def key(self) -> str:
        return f"{self.within}/{self.option}"

    def arguments(self) -> dict[str, object]:
        return {"in": self.within, "option": self.option, "to": self.to}


Edit = (
    SetMeta
    | SetRoot
    | AddNode
    | UpdateNode
    | RemoveNode
    | AddOption
    | UpdateOption
    | RemoveOption
    | MoveOption
)
