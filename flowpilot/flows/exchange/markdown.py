"""Flows as Markdown that people read and that comes back as it went out.

# Title                                     a flow
> its summary
- Name: `slug`  - Domain: `printing`  - First step: `n1`  - For: `one client`, where it is a single client's
## `n1` question: Title                     a step; its guidance is quoted, so it may hold any Markdown
> guidance
Script (powershell, read):                  followed by a fenced block, and perhaps "Undo:" with a quote
- `o1` Label → `n2`                         an answer
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from flowpilot.flows.document import SCHEMA, Node, Script, parse, problems
from flowpilot.flows.exchange.portable import LARGEST, MOST_FLOWS, FileRefused, PortableFlow, Reason, is_slug

_FLOW: Final = re.compile(r"# (.*)", re.DOTALL)
_STEP: Final = re.compile(r"## `([^`]*)` ([a-z]+): (.*)", re.DOTALL)
_FACT: Final = re.compile(r"- (Name|Domain|First step|For): `([^`]*)`")
_ANSWER: Final = re.compile(r"- `([^`]*)` (.*) → `([^`]*)`", re.DOTALL)
_SCRIPT: Final = re.compile(r"Script \(([a-z]+), ([a-z]+)\):")
_FENCE: Final = re.compile(r"(`{3,})[a-z]*")
_FACTS: Final = {"Name": "slug", "Domain": "domain", "First step": "root", "For": "whom"}
_ONE_CLIENT: Final = "one client"
_ESCAPE: Final = re.compile(r"[\\\n\r`]")
_ESCAPED: Final = re.compile(r"\\([\\nrq])")
_TO_ESCAPED: Final = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "`": "\\q"}
_FROM_ESCAPED: Final = {"\\": "\\", "n": "\n", "r": "\r", "q": "`"}


def written(flows: Iterable[PortableFlow]) -> str:
    return "\n".join(line for flow in flows for line in _flow_lines(flow))


def _flow_lines(flow: PortableFlow) -> Iterator[str]:
    yield from (f"# {_line(flow.title)}", "")
    yield from _quoted(flow.summary)
    facts = {"Name": flow.slug, "Domain": flow.domain, "First step": flow.tree.root}
    if flow.one_client:
        facts["For"] = _ONE_CLIENT
    yield from (f"- {name}: `{_line(value)}`" for name, value in facts.items())
    yield ""
    for node in flow.tree.nodes:
        yield from _node_lines(node)


def _node_lines(node: Node) -> Iterator[str]:
    yield from (f"## `{node.id}` {node.kind}: {_line(node.title)}", "")
    yield from _quoted(node.body)
    if node.script is not None:
        yield from _script_lines(node.script)
    if node.options:
        yield from (f"- `{option.id}` {_line(option.label)} → `{option.next}`" for option in node.options)
        yield ""


def _script_lines(script: Script) -> Iterator[str]:
    longest = max((len(run) for run in re.findall(r"`+", script.body)), default=0)
    fence = "`" * max(3, longest + 1)
    yield from (f"Script ({script.shell}, {script.risk}):", "", f"{fence}{script.shell}")
    yield from script.body.split("\n")
    yield from (fence, "")
    if script.undo:
        yield from ("Undo:", "")
        yield from _quoted(script.undo)


def _quoted(text: str) -> Iterator[str]:
    if text:
        yield from (f"> {line}" if line else ">" for line in text.split("\n"))
        yield ""


def _line(text: str) -> str:
    return _ESCAPE.sub(lambda match: _TO_ESCAPED[match[0]], text)


def _unline(text: str) -> str:
    return _ESCAPED.sub(lambda match: _FROM_ESCAPED[match[1]], text)


def read(text: str) -> list[PortableFlow]:
    """The flows of a file. Raises `FileRefused` with everything that does not fit."""
    if len(text) > LARGEST:
        raise FileRefused([Reason(1, f"The file has more than {LARGEST:,} characters.")])
    if "\x00" in text:
        raise FileRefused([Reason(text[: text.index("\x00")].count("\n") + 1, "There is a NUL character.")])
    if "\r\n" in text and text.count("\r\n") == text.count("\n"):
        text = text.replace("\r\n", "\n")
    reader = _Reader(text.split("\n"))
    drafts = reader.flows()
    found = [*reader.reasons, *(reason for draft in drafts for reason in draft.reasons())]
    if not drafts and not found:
        found.append(Reason(1, 'There is no flow in it: one begins with a line like "# Title".'))
    if len(drafts) > MOST_FLOWS:
        found.append(Reason(1, f"There are more than {MOST_FLOWS} flows: split the file."))
    if found:
        raise FileRefused(found)
    return [draft.flow() for draft in drafts]


@dataclass
class _Draft:
    """A flow as far as it was read."""

    line: int
    facts: dict[str, str]
    nodes: list[dict[str, Any]] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)

    @property
    def tree(self) -> dict[str, Any]:
        return {"schema": SCHEMA, "root": self.facts.get("root", ""), "nodes": self.nodes}

    def reasons(self) -> Iterator[Reason]:
        for name, most in (("title", 200), ("summary", 20_000), ("slug", 80), ("domain", 100)):
            if len(self.facts.get(name, "")) > most:
                yield Reason(self.line, f"{name} has more than {most:,} characters.")
        if not self.facts["title"].strip():
            yield Reason(self.line, "title is empty: write one.")
        if not is_slug(self.facts.get("slug", "")[:80]):
            yield Reason(self.line, "Name has only letters from A to Z, digits, - and _.")
        if self.facts.get("whom", _ONE_CLIENT) != _ONE_CLIENT:
            yield Reason(self.line, f"For can only be `{_ONE_CLIENT}`: leave the line out for all clients.")
        for error in problems(self.tree):
            yield Reason(self.lines.get(error.node or "", self.line), error.message)

    def flow(self) -> PortableFlow:
        facts = {name: self.facts.get(name, "") for name in ("slug", "title", "summary", "domain")}
        return PortableFlow(**facts, tree=parse(self.tree), one_client="whom" in self.facts)


class _Reader:
    """Goes through the lines once; what it does not understand becomes a reason."""

    def __init__(self, lines: list[str]) -> None:
        self.lines, self.at = lines, 0
        self.reasons: list[Reason] = []
        self.drafts: list[_Draft] = []

    def flows(self) -> list[_Draft]:
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if line.strip() and not self._head(line) and not (self.drafts and self._within(line)):
                self._refuse("This line belongs to nothing: guidance is quoted with “> ”.")
            self.at += 1
        return self.drafts

    def _refuse(self, what: str) -> None:
        self.reasons.append(Reason(self.at + 1, what))

    def _head(self, line: str) -> bool:
        flow = _FLOW.fullmatch(line)
        if flow:
            self.drafts.append(_Draft(self.at + 1, {"title": _unline(flow[1])}))
            return True
        step = _STEP.fullmatch(line)
        if step and self.drafts:
            node = {"id": step[1], "kind": step[2], "title": _unline(step[3]), "body": "", "script": None}
            self.drafts[-1].nodes.append({**node, "options": []})
            self.drafts[-1].lines.setdefault(step[1], self.at + 1)
            return True
        return False

    def _within(self, line: str) -> bool:
        draft = self.drafts[-1]
        node = draft.nodes[-1] if draft.nodes else None
        if line.startswith(">"):
            if node is None:
                draft.facts["summary"] = self._quote()
            else:
                node["body"] = self._quote()
            return True
        return self._fact(draft, line) if node is None else self._of_node(node, line)

    def _fact(self, draft: _Draft, line: str) -> bool:
        fact = _FACT.fullmatch(line)
        if fact:
            draft.facts[_FACTS[fact[1]]] = _unline(fact[2])
        return fact is not None

    def _of_node(self, node: dict[str, Any], line: str) -> bool:
        answer, script = _ANSWER.fullmatch(line), _SCRIPT.fullmatch(line)
        if answer:
            node["options"].append({"id": answer[1], "label": _unline(answer[2]), "next": answer[3]})
        elif script:
            node["script"] = {"shell": script[1], "body": self._fenced(), "risk": script[2], "undo": ""}
        elif line == "Undo:" and node["script"] is not None:
            self._skip_blank()
            node["script"]["undo"] = self._quote()
        else:
            return False
        return True

    def _skip_blank(self) -> None:
        self.at += 1
        while self.at < len(self.lines) and not self.lines[self.at].strip():
            self.at += 1

    def _quote(self) -> str:
        """The quoted lines from here on; ends on the last of them."""
        found = []
        while self.at < len(self.lines) and self.lines[self.at].startswith(">"):
            found.append(self.lines[self.at][1:].removeprefix(" "))
            self.at += 1
        self.at -= 1
        return "\n".join(found)

    def _fenced(self) -> str:
        """The fenced block that follows; ends on its last line."""
        start = self.at
        self._skip_blank()
        fence = _FENCE.fullmatch(self.lines[self.at]) if self.at < len(self.lines) else None
        if fence is None or fence[1] not in self.lines[self.at + 1 :]:
            self.at = start
            self._refuse("A script is followed by a fenced block, which ends with the same fence.")
            return ""
        end = self.lines.index(fence[1], self.at + 1)
        body = "\n".join(self.lines[self.at + 1 : end])
        self.at = end
        return body
