"""PowerShell, read along its syntax tree: variables, aliases, splatting, pipes, blocks and methods followed.

The grammar knows less than PowerShell: it takes the comma in `Format-Table a, b` for an error. If it
finds any, the words of such lists are put into quotes and it reads again. What it still does not
understand is read a second time by lines and words, so that nothing is overlooked for looking odd.
"""

import re
from dataclasses import dataclass, field

from tree_sitter import Node

from flowpilot.ai.scripts.reading.grammars import line_of, parse, source, wrong_lines
from flowpilot.ai.scripts.reading.model import Call, Reading
from flowpilot.ai.scripts.reading.plain import plain_calls
from flowpilot.ai.scripts.reading.ps_aliases import ALIASES
from flowpilot.ai.scripts.reading.ps_values import Values

_BARE = r"[A-Za-z_*][\w.*:\\-]*"
_LISTS = re.compile(
    r"(?P<kept>@'\n.*?\n'@|@\"\n.*?\n\"@|'[^']*'|\"(?:[^\"`]|`.)*\"|<\#.*?\#>|\#[^\n]*)"
    rf"|(?<=\s)(?P<first>{_BARE})(?=\s*,)|(?P<comma>,\s*)(?P<next>{_BARE})(?=[\s,|;)}}]|$)",
    re.DOTALL,
)
HIDDEN = "&"
"""Stands before the name of a call whose command cannot be told."""
_SKIPPED = {"command_argument_sep", "command_invokation_operator", "comment", "redirection"}
_NAMES_COMMAND = re.compile(r"^([%?&]|(?:\.{0,2}\\|[a-z])[\w:.\\-]*)$", re.IGNORECASE)
_PATH = re.compile(r"^.*[\\/]|\.(exe|com)$", re.IGNORECASE)


def read_powershell(body: str) -> Reading:
    """What cannot be followed stays in the words as it was written."""
    tree = parse("powershell", body)
    if tree.root_node.has_error:
        body = _with_quoted_lists(body)
        tree = parse("powershell", body)
    reader = _Reader()
    reader.visit(tree.root_node, ())
    if tree.root_node.has_error:
        reader.reading.unread = wrong_lines(tree)
        reader.again(body)
    return reader.reading


def _with_quoted_lists(body: str) -> str:
    """Bare words of lists in quotes, outside of strings and comments; what they mean stays the same."""

    def quoted(found: re.Match[str]) -> str:
        if found["kept"]:
            return found[0]
        return f"'{found['first']}'" if found["first"] else f"{found['comma']}'{found['next']}'"

    return _LISTS.sub(quoted, body)


@dataclass
class _Reader:
    reading: Reading = field(default_factory=Reading)
    values: Values = field(default_factory=Values)
    aliases: dict[str, str] = field(default_factory=lambda: dict(ALIASES))

    def visit(self, node: Node, fed_by: tuple[str, ...]) -> str:
        """Notes the calls below a node; returns the text of the last, which feeds the next of a pipe."""
        special = {
            "command": self._command,
            "pipeline_chain": self._pipeline,
            "assignment_expression": self._assignment,
            "invokation_expression": self._method,
            "foreach_statement": self._foreach,
            "function_statement": self._function,
        }.get(node.type)
        if special:
            return special(node, fed_by)
        said = ""
        for child in node.named_children:
            said = self.visit(child, fed_by) or said
        return said

    def _pipeline(self, node: Node, fed_by: tuple[str, ...]) -> str:
        for child in node.named_children:
            said = self.visit(child, fed_by)
            if child.type != "command":
                said = self.values.of(child).lower()
                self.values.variables["_"] = said if "$" not in said else "$_"
            fed_by = (*fed_by, said) if said else fed_by
        self.values.variables.pop("_", None)
        return " | ".join(fed_by)

    def _assignment(self, node: Node, fed_by: tuple[str, ...]) -> str:
        left, right = node.named_children[0], node.named_children[-1]
        name = source(left).strip().lstrip("$").split("]")[-1].strip().lstrip("$").lower()
        sign = next((source(each) for each in node.named_children if each.type == "assignement_operator"), "")
        self.visit(right, fed_by)
        value = self.values.of(right)
        written = source(right).strip()
        if written.startswith("{"):
            self.values.blocks[name] = written[1:-1]
        elif written.startswith("@{"):
            self.values.tables[name] = self._parameters(right)
        elif sign == "+=":
            self.values.variables[name] = self.values.variables.get(name, "") + value
        else:
            self.values.variables[name] = value if _simple(value) else f"${name}"
        return self._preference(name, value, node)

    def _preference(self, name: str, value: str, node: Node) -> str:
        if name.startswith("env:") or "." in name or "[" in name:
            return self._note(node, [f"${name}", "=", value], ()).text
        return ""

    def _parameters(self, node: Node) -> str:
        """A table as the parameters that splatting makes of it."""
        if node.type == "hash_entry":
            key, value = node.named_children[0], node.named_children[-1]
            return f"-{source(key)} {self.values.of(value)}"
        return " ".join(part for child in node.named_children if (part := self._parameters(child)))

    def _foreach(self, node: Node, fed_by: tuple[str, ...]) -> str:
        inside = node.named_children
        if len(inside) > 1 and inside[0].type == "variable":
            self.values.variables[source(inside[0]).lstrip("$").lower()] = self.values.of(inside[1])
        for child in inside[1:]:
            self.visit(child, fed_by)
        return ""

    def _function(self, node: Node, fed_by: tuple[str, ...]) -> str:
        name, *rest = node.named_children
        self.reading.functions.add(source(name).strip().lower())
        for child in rest:
            self.visit(child, ())
        return ""

    def _method(self, node: Node, fed_by: tuple[str, ...]) -> str:
        for child in node.named_children:
            self.visit(child, ())
        return self._note(node, [self.values.call_of(node)], fed_by).text

    def _command(self, node: Node, fed_by: tuple[str, ...]) -> str:
        parts = [part for part in _flat(node) if part.type not in _SKIPPED]
        if not parts:
            return ""
        words = [self._name(parts[0]), *self._arguments(parts[1:])]
        self._alias(words)
        call = self._note(node, words, fed_by)
        for part in parts:
            self.visit(part, (*fed_by, call.text) if fed_by else ())
        if words[0].startswith(HIDDEN) and words[0].split("$")[-1].lower() in self.values.blocks:
            self.reading.calls.remove(call)  # the block's own calls are noted where it stands
        return call.text

    def _name(self, node: Node) -> str:
        raw = source(node).strip()
        value = self.values.of(node) if raw.startswith(("$", "(", "'", '"')) else raw.replace("`", "")
        name = self.canonical(value.strip("'\""))
        return f"{HIDDEN} {name}" if name.startswith(("$", "(", "@")) else name

    def canonical(self, name: str) -> str:
        """The command behind an alias, without its path and `.exe`."""
        name = _PATH.sub("", _PATH.sub("", name.strip())) if not name.startswith("[") else name
        known = self.aliases.get(name.lower(), name)
        return self.aliases.get(known.lower(), known)

    def _arguments(self, parts: list[Node]) -> list[str]:
        words = []
        for part in parts:
            raw = source(part)
            table = self.values.tables.get(raw.strip().lstrip("@").lower()) if raw.startswith("@") else None
            words.append(table if table is not None else self.values.of(part))
        return words

    def _alias(self, words: list[str]) -> None:
        if words[0].lower() in ("set-alias", "new-alias"):
            given = [word for word in words[1:] if not word.startswith("-")]
            if len(given) > 1:
                self.aliases[given[0].lower()] = self.canonical(given[1])

    def _note(self, node: Node, words: list[str], fed_by: tuple[str, ...]) -> Call:
        return self.reading.add(Call("powershell", tuple(words), line_of(node), fed_by))

    def again(self, body: str) -> None:
        """By lines and words, for what the grammar did not understand."""
        known = {(call.line, call.text) for call in self.reading.calls}
        for line, fed_by, words in plain_calls(body):
            if len(words) > 1 and words[0] == "function":
                self.reading.functions.add(words[1].lower())
            called = len(words) > 1 and words[0] in ("&", ".")
            words = words[1:] if called else words
            if words[0] in ("function", "param") or not _NAMES_COMMAND.match(words[0]) or words[1:2] == ["="]:
                continue
            expanded = [self.values.expanded(word) for word in words]
            call = Call("powershell", (self.canonical(expanded[0]), *expanded[1:]), line, fed_by)
            if (call.line, call.text) not in known:
                self.reading.add(call)


def _simple(value: str) -> bool:
    """Whether a value is a text that later words may be made of, and not an expression left as it was."""
    return not value.lstrip().startswith(("(", "$(", "{", "[")) or "::" not in value


def _flat(node: Node) -> list[Node]:
    """Name and arguments of a command, in their order."""
    parts: list[Node] = []
    for child in node.named_children:
        parts += child.named_children if child.type == "command_elements" else [child]
    return parts
