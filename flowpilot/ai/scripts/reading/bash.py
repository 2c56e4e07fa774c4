"""bash, read along its syntax tree: variables, functions, aliases, pipes and here-documents are followed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from tree_sitter import Node

from flowpilot.ai.scripts.reading.grammars import line_of, parse, source, wrong_lines
from flowpilot.ai.scripts.reading.model import Call, Reading
from flowpilot.ai.scripts.reading.printing import printed, unescaped

_NAME = re.compile(r"^\$\{?!?(\w+|[@*#?])")
_DEFAULT = re.compile(r"^\$\{\w+:?[-=](.*)\}$", re.DOTALL)
_QUOTED = {"string", "raw_string", "ansi_c_string", "translated_string"}
_WORDS = {"word", "concatenation", "number", "simple_expansion", "expansion", "command_substitution",
          "process_substitution", "extglob_pattern", "arithmetic_expansion"} | _QUOTED  # fmt: skip
_REDIRECTS = {"file_redirect", "heredoc_redirect", "herestring_redirect"}


def read_bash(body: str, variables: Mapping[str, str] | None = None) -> Reading:
    """What cannot be followed stays in the words as it was written."""
    tree = parse("bash", body)
    reader = _Reader({"IFS": " ", **(variables or {})})
    reader.visit(tree.root_node, ())
    reader.reading.unread = wrong_lines(tree)
    return reader.reading


@dataclass
class _Reader:
    variables: dict[str, str]
    reading: Reading = field(default_factory=Reading)
    aliases: dict[str, list[str]] = field(default_factory=dict)
    functions: dict[str, Node] = field(default_factory=dict)

    def visit(self, node: Node, fed_by: tuple[str, ...]) -> str:
        """Notes the calls below a node; returns the text of the last, which feeds the next of a pipe."""
        special = {
            "command": self._command,
            "pipeline": self._pipeline,
            "redirected_statement": self._redirected,
            "variable_assignment": self._assignment,
            "for_statement": self._for,
            "function_definition": self._function,
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
            fed_by = (*fed_by, said) if said else fed_by
        return " | ".join(fed_by)

    def _redirected(self, node: Node, fed_by: tuple[str, ...]) -> str:
        read = [child for child in node.named_children if child.type in _REDIRECTS]
        fed_by = (*fed_by, *(f"echo {text}" for each in read if (text := self._document(each))))
        said = ""
        for child in node.named_children:
            if child.type not in _REDIRECTS:
                said = self.visit(child, fed_by) or said
        for each in read:
            self._redirect(each, (*fed_by, said) if said else fed_by)
        return said

    def _redirect(self, node: Node, fed_by: tuple[str, ...]) -> None:
        for child in node.named_children:
            if node.type == "heredoc_redirect" and child.type == "pipeline":
                self.visit(child, fed_by)
        sign = next((source(child) for child in node.children if not child.is_named), "")
        if node.type == "file_redirect" and ">" in sign and not sign.endswith("&"):
            target = next((child for child in node.named_children if child.type in _WORDS), None)
            if target is not None:
                self._note(node, [">>" if ">>" in sign else ">", *self.words(target)], fed_by)
        elif node.type == "file_redirect":
            for child in node.named_children:
                self.words(child)

    def _document(self, node: Node) -> str:
        """What a here-document or here-string feeds in."""
        if node.type == "herestring_redirect":
            return " ".join(word for child in node.named_children for word in self.words(child))
        return "".join(source(child) for child in node.named_children if child.type == "heredoc_body")

    def _assignment(self, node: Node, fed_by: tuple[str, ...]) -> str:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is None:
            return ""
        words = [word for part in self._elements(value) for word in self.words(part)]
        self.variables[source(name)] = " ".join(words)
        return ""

    def _elements(self, value: Node | None) -> list[Node]:
        if value is None:
            return []
        return value.named_children if value.type == "array" else [value]

    def _for(self, node: Node, fed_by: tuple[str, ...]) -> str:
        variable = node.child_by_field_name("variable")
        values = [word for child in node.children_by_field_name("value") for word in self.words(child)]
        if variable is not None and values:
            self.variables[source(variable)] = " ".join(values)
        body = node.child_by_field_name("body")
        return self.visit(body, fed_by) if body is not None else ""

    def _function(self, node: Node, fed_by: tuple[str, ...]) -> str:
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name is None or body is None:
            return ""
        self.functions[source(name)] = body
        self.reading.functions.add(source(name).lower())
        return self.visit(body, fed_by)

    def _called(self, words: list[str], fed_by: tuple[str, ...]) -> None:
        """The body of a function with the words that it is called with; not again from within itself."""
        body = self.functions.pop(words[0], None) if words else None
        if body is None:
            return
        given = {str(place): word for place, word in enumerate(words[1:], 1)}
        before, self.variables = self.variables, {**self.variables, **given, "@": " ".join(words[1:])}
        self.visit(body, fed_by)
        self.variables, self.functions[words[0]] = before, body

    def _command(self, node: Node, fed_by: tuple[str, ...]) -> str:
        words: list[str] = []
        for child in node.named_children:
            if child.type == "variable_assignment":
                self._assignment(child, ())
            elif child.type == "herestring_redirect":
                fed_by = (*fed_by, f"echo {self._document(child)}")
            elif child.type == "command_name":
                words += [word for part in child.named_children for word in self.words(part)]
            elif child.type in _WORDS:
                words += self.words(child)
        words = self._unaliased(words)
        self._called(words, fed_by)
        return self._note(node, words, fed_by).text

    def _unaliased(self, words: list[str]) -> list[str]:
        if words and words[0] in self.aliases:
            words = [*self.aliases[words[0]], *words[1:]]
        if len(words) > 1 and words[0] == "alias" and "=" in words[1]:
            name, _sign, meant = " ".join(words[1:]).partition("=")
            self.aliases[name] = meant.split()
        return words

    def _note(self, node: Node, words: list[str], fed_by: tuple[str, ...]) -> Call:
        return self.reading.add(Call("bash", tuple(words), line_of(node), fed_by, dict(self.variables)))

    def words(self, node: Node) -> list[str]:
        """The words that a node becomes: what is not quoted is split where its variables bring blanks in."""
        value = self.value(node)
        quoted = node.type in _QUOTED or any(child.type in _QUOTED for child in node.named_children)
        return [value] if quoted else value.split()

    def value(self, node: Node) -> str:
        evaluate = {
            "word": lambda: re.sub(r"\\(.)", r"\1", source(node)),
            "raw_string": lambda: source(node)[1:-1],
            "ansi_c_string": lambda: unescaped(source(node)[2:-1]),
            "string": lambda: self._string(node),
            "concatenation": lambda: "".join(map(self.value, node.children)),
            "simple_expansion": lambda: self._variable(node),
            "expansion": lambda: self._variable(node),
            "command_substitution": lambda: self._substituted(node),
            "process_substitution": lambda: self._substituted(node),
        }.get(node.type)
        return evaluate() if evaluate else source(node)

    def _string(self, node: Node) -> str:
        """The parts of a string in double quotes; blanks between them belong to no node."""
        parts, at = [], node.start_byte + 1
        whole, start = node.text or b"", node.start_byte
        for child in node.named_children:
            parts += [
                whole[at - start : child.start_byte - start].decode(errors="replace"),
                self.value(child),
            ]
            at = child.end_byte
        return "".join([*parts, whole[at - start : -1].decode(errors="replace")])

    def _variable(self, node: Node) -> str:
        text = source(node)
        name = _NAME.match(text)
        if name and name[1] in self.variables and "#" not in text and "%" not in text:
            return self.variables[name[1]]
        default = _DEFAULT.match(text)
        return default[1] if default else text

    def _substituted(self, node: Node) -> str:
        before = len(self.reading.calls)
        for child in node.named_children:
            self.visit(child, ())
        inner = self.reading.calls[before:]
        known = printed([call.text for call in inner])
        return source(node) if known is None else known
