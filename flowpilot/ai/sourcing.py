"""What must not be made up, and whether it stands in the sources: commands, paths and codes of a tree.

A draft's prose may be put in other words than those of its sessions. What is typed, run or looked up may not:
each such text of a node is either in a source, letter for letter but for blanks, case and escapes, or named.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from flowpilot.ai.answers import texts_of
from flowpilot.ai.contracts import SessionFacts
from flowpilot.ai.offline.text.code import plain_code
from flowpilot.ai.offline.text.exact import exact_parts
from flowpilot.ai.offline.text.html_lines import html_lines, looks_like_html
from flowpilot.core.identifiers import codes_as_written, cut_codes
from flowpilot.flows.document import Node, Tree

SHOWN_LENGTH: Final = 200
"""Characters of a literal that are named; a whole script would be no help."""
_FENCE: Final = re.compile(
    r"^[ >]*(?:(?:[-*]|\d+\.) +)*(`{3,})[^\n`]*\n(?P<code>.*?)^[ >]*\1[ ]*$", re.MULTILINE | re.DOTALL
)
_SPAN: Final = re.compile(r"(?<!\\)`([^`\n]+)`")
_COMMAND: Final = re.compile(
    r"\b(?:netsh|net|reg|sc|dism|sfc|nltest|setspn|certutil|icacls|takeown|wmic|schtasks|bcdedit|fsutil|chkdsk"
    r"|robocopy|xcopy|w32tm|dsregcmd|repadmin|dcdiag|powercfg|vssadmin|route|shutdown|taskkill|cmdkey|klist"
    r"|gpupdate|gpresult|ipconfig|nslookup|tracert|ping|msiexec|regsvr32|rundll32|systemctl|sudo|chmod)"
    r"(?:\.exe)?(?: [\w:.\\-]+){0,4}? [/-][A-Za-z][\w:.-]*",
    re.IGNORECASE,
)
"""A command with its switches in the middle of a sentence."""
_TELLING: Final = re.compile(r"[A-Za-z0-9]{2}")


class Sources:
    """The texts that a draft may take its literals from."""

    def __init__(self, texts: Iterable[str]) -> None:
        given = list(texts)
        shown = ["\n".join(line.text for line in html_lines(text)) for text in given if looks_like_html(text)]
        whole = [*given, *shown]
        self._plain = "\n".join(_comparable(text) for text in whole)
        self._codes = {code for text in whole for code in cut_codes(text)[1]}

    def hold(self, literal: str) -> bool:
        codes = cut_codes(literal)[1]
        return _comparable(literal) in self._plain or (bool(codes) and self._codes.issuperset(codes))


def sources_in(sessions: Iterable[SessionFacts], trees: Iterable[Tree] = ()) -> Sources:
    """Everything that the sessions tell, and what published trees say already."""
    given = list(sessions)
    told = [text for session in given for text in texts_of(session).values()]
    told += [
        label for session in given for step in session.steps for label in (*step.options, step.chosen or "")
    ]
    return Sources([*told, *(text for tree in trees for node in tree.nodes for text in _texts(node))])


def unsourced(tree: Tree, sources: Sources) -> dict[str, list[str]]:
    """By node id: its commands, paths and codes that are in no source; nodes without any are left out."""
    found = {node.id: [each for each in literals(node) if not sources.hold(each)] for node in tree.nodes}
    return {node: [each[:SHOWN_LENGTH] for each in named] for node, named in found.items() if named}


def still_in(tree: Tree, named: Iterable[str]) -> list[str]:
    """Those literals that a tree says anywhere."""
    said = "\n".join(_comparable(text) for node in tree.nodes for text in _texts(node))
    return [literal for literal in dict.fromkeys(named) if _comparable(literal) in said]


def literals(node: Node) -> list[str]:
    """What a node has somebody type, run, open or look for, each once."""
    prose = _FENCE.sub("", node.body)
    lines = [line for match in _FENCE.finditer(node.body) for line in _unquoted(match["code"]).splitlines()]
    lines += node.script.body.splitlines() if node.script else []
    found = [*(line.strip() for line in lines), *_SPAN.findall(prose)]
    labels = [option.label for option in node.options]
    for text in (node.title, _SPAN.sub(" ", prose), *labels):
        found += [
            *exact_parts(text),
            *_COMMAND.findall(text),
            *(written for _place, written in codes_as_written(text)),
        ]
    return [each for each in dict.fromkeys(found) if _TELLING.search(each)]


def code_of(node: Node) -> Iterator[str]:
    """What a node sets as code: its script, the blocks of its body, and what is marked within the prose."""
    if node.script is not None:
        yield node.script.body
    for match in _FENCE.finditer(node.body):
        yield match["code"]
    yield from _SPAN.findall(_FENCE.sub("", node.body))


def _texts(node: Node) -> Sequence[str]:
    script = node.script.body if node.script else ""
    return (node.title, node.body, script, *(option.label for option in node.options))


def _comparable(text: str) -> str:
    return plain_code(_unquoted(text)).casefold()


def _unquoted(text: str) -> str:
    """Quote marks of the layout off: code inside a note is the same code."""
    return re.sub(r"^(?:[ \t]*>)+[ ]?", "", text, flags=re.MULTILINE)
