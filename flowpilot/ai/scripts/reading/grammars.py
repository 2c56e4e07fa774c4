"""The grammars of the shells, and what every walk through their trees needs."""

from collections.abc import Iterator
from functools import cache

import tree_sitter_bash
import tree_sitter_batch
import tree_sitter_powershell
from tree_sitter import Language, Node, Parser, Tree

from flowpilot.ai.contracts import Shell

_LANGUAGES = {"bash": tree_sitter_bash, "powershell": tree_sitter_powershell, "cmd": tree_sitter_batch}


@cache
def _language(shell: Shell) -> Language:
    return Language(_LANGUAGES[shell].language())


def parse(shell: Shell, body: str) -> Tree:
    """The syntax tree; what the grammar does not understand is in it as errors."""
    return Parser(_language(shell)).parse(body.encode())


def source(node: Node) -> str:
    """The text that a node stands for."""
    return (node.text or b"").decode(errors="replace")


def line_of(node: Node) -> int:
    return node.start_point[0] + 1


def wrong_lines(tree: Tree) -> list[int]:
    """The lines at which the grammar found something that it did not expect."""
    return sorted({line_of(node) for node in _walk(tree.root_node) if node.is_error or node.is_missing})


def _walk(root: Node) -> Iterator[Node]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        if node.has_error:
            waiting += node.children
