"""What PowerShell expressions come to, as far as it can be told without running them."""

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from tree_sitter import Node

from flowpilot.ai.scripts.reading.grammars import source

_VARIABLE = re.compile(r"\$\{([^}]+)\}|\$((?:\w+:)?\w+)")
_PLACE = re.compile(r"\{(\d+)\}")
_ESCAPE = re.compile(r"`(.)", re.DOTALL)
_CHAR = re.compile(r"^\[char\]\s*(0x[0-9a-f]+|\d+)$", re.IGNORECASE)
_STRINGS = {"string_literal", "expandable_string_literal", "verbatim_string_characters",
            "expandable_here_string_literal", "verbatim_here_string_characters"}  # fmt: skip


@dataclass
class Values:
    """The variables of a script, and how its expressions read with them."""

    variables: dict[str, str] = field(default_factory=dict)
    blocks: dict[str, str] = field(default_factory=dict)
    """Variables that hold a script block: its text."""
    tables: dict[str, str] = field(default_factory=dict)
    """Variables that hold a table for splatting, as parameters."""

    def of(self, node: Node) -> str:
        """The text that an expression becomes; what cannot be told stays as it is written."""
        evaluate: Callable[[Node], str] | None = {
            "variable": self._variable,
            "additive_expression": self._joined,
            "additive_argument_expression": self._joined,
            "format_expression": self._formatted,
            "format_argument_expression": self._formatted,
            "comparison_expression": self._compared,
            "invokation_expression": self._invoked,
            "parenthesized_expression": self._inner,
            "sub_expression": self._inner,
            "cast_expression": self._cast,
            "command": self._path,
        }.get(node.type)
        if node.type in _STRINGS:
            return self.text_of(source(node))
        if node.type == "array_literal_expression" and len(node.named_children) > 1:
            return ",".join(self.of(child) for child in node.named_children)
        inside = [child for child in node.named_children if child.type != "comment"]
        if evaluate and (len(inside) != 1 or node.type not in _CHAINS):
            return evaluate(node)
        if len(inside) == 1 and source(inside[0]) == source(node):
            return self.of(inside[0])
        return self.expanded(_ESCAPE.sub(r"\1", source(node)))

    def text_of(self, literal: str) -> str:
        """A string without its quotes, its variables put in."""
        if literal.startswith(("@'", '@"')):
            inner = re.sub(r"^\r?\n|\r?\n$", "", literal[2:-2])
            return inner if literal.startswith("@'") else self.expanded(inner)
        if literal.startswith("'"):
            return literal[1:-1].replace("''", "'")
        if literal.startswith('"'):
            return self.expanded(_ESCAPE.sub(r"\1", literal[1:-1].replace('""', '"')))
        return literal

    def expanded(self, text: str) -> str:
        return _VARIABLE.sub(lambda found: self.variables.get((found[1] or found[2]).lower(), found[0]), text)

    def _variable(self, node: Node) -> str:
        return self.expanded(source(node))

    def _path(self, node: Node) -> str:
        """What `Join-Path` makes of its words."""
        elements = [child for child in node.named_children if child.type == "command_elements"]
        if not source(node).lower().startswith("join-path") or not elements:
            return self.expanded(source(node))
        skipped = ("command_argument_sep", "command_parameter")
        return "\\".join(self.of(child) for child in elements[0].named_children if child.type not in skipped)

    def _inner(self, node: Node) -> str:
        inside = [child for child in node.named_children if child.type != "comment"]
        if len(inside) == 1:
            value = self.of(inside[0])
            return value if value != source(inside[0]) else source(node)
        return source(node)

    def _cast(self, node: Node) -> str:
        char = _CHAR.match(source(node))
        if char:
            return chr(int(char[1], 0))
        return self.of(node.named_children[-1]) if node.named_children else source(node)

    def _joined(self, node: Node) -> str:
        sides = node.named_children
        if len(sides) == 2 and b"+" in (child.type.encode() for child in node.children):
            return self.of(sides[0]) + self.of(sides[1])
        return self.expanded(source(node))

    def _formatted(self, node: Node) -> str:
        if len(node.named_children) < 2:
            return source(node)
        form, *given = (self.of(child) for child in node.named_children if "operator" not in child.type)
        values = ",".join(given).split(",")
        return _PLACE.sub(
            lambda found: values[int(found[1])] if int(found[1]) < len(values) else found[0], form
        )

    def _compared(self, node: Node) -> str:
        """`-join` and `-replace`, which stand among the comparisons."""
        parts = node.named_children
        sign = source(parts[1]).lower() if len(parts) == 3 else ""
        if sign == "-join":
            return self.of(parts[2]).join(_items(self.of(parts[0])))
        if sign in ("-replace", "-creplace", "-ireplace"):
            old, _comma, new = self.of(parts[2]).partition(",")
            return self.of(parts[0]).replace(old, new)
        return self.expanded(source(node))

    def _invoked(self, node: Node) -> str:
        """The few methods that texts are disguised with."""
        target, name, arguments = _parts(node)
        if target is None:
            return self.expanded(source(node))
        values = [self.of(child) for child in arguments]
        known = _method(source(target).lower(), name, values)
        if known is not None:
            return known
        if name == "replace" and len(values) == 2:
            return self.of(target).replace(values[0], values[1])
        if name in ("tostring", "trim", "getnewclosure", "tolower", "toupper"):
            return self.of(target)
        return self.call_of(node)

    def call_of(self, node: Node) -> str:
        """An invocation as `target.method(arguments)`, each part as far as it can be told."""
        target, name, arguments = _parts(node)
        if target is None:
            return self.expanded(source(node))
        given = ", ".join(self.of(child) for child in arguments)
        return f"{self.of(target)}{_sign(node)}{name}({given})"


_CHAINS = {"additive_expression", "additive_argument_expression", "format_expression",
           "format_argument_expression", "comparison_expression"}  # fmt: skip


def _sign(node: Node) -> str:
    return "::" if any(child.type == "::" for child in node.children) else "."


def _parts(node: Node) -> tuple[Node | None, str, list[Node]]:
    """Target, name of the method in lower case, and arguments of an invocation."""
    kinds = {child.type: child for child in node.named_children}
    member, listed = kinds.get("member_name"), kinds.get("argument_list")
    if member is None or not node.named_children:
        return None, "", []
    inner = listed.named_children[0].named_children if listed and listed.named_children else []
    return node.named_children[0], source(member).lower(), list(inner)


def _method(target: str, name: str, values: list[str]) -> str | None:
    if not values:
        return None
    if name == "frombase64string" and "convert" in target:
        return values[0]
    if name == "getstring" and "encoding" in target:
        return decoded(values[0], "utf-16-le" if "unicode" in target else "utf-8")
    if name == "join" and "string" in target and len(values) > 1:
        return values[0].join(values[1:])
    if name == "create" and "scriptblock" in target:
        return values[0]
    return None


def _items(text: str) -> list[str]:
    inner = text.strip()
    inner = inner[2:-1] if inner.startswith("@(") else inner.strip("()")
    return [item.strip().strip("'\"") for item in inner.split(",")]


def decoded(text: str, encoding: str) -> str | None:
    """Base64 as text, or None for what is none."""
    try:
        return base64.b64decode(text.strip(), validate=True).decode(encoding)
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
