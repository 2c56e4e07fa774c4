"""What a tree may do and somebody should look at again: it keeps nobody from publishing."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from flowpilot.flows.document import Node, Script, Tree, walk
from flowpilot.flows.trees.graph import depths, search

MANY_ANSWERS: Final = 7
"""More than these are not taken in at a glance."""
DEEP: Final = 12
"""Steps after which somebody on the phone has lost the thread."""
OPEN_FROM: Final = 3
"""With two answers one takes what the other leaves; from three on the case at hand may be none of them."""

_TAKES_THE_REST = re.compile(
    r"\b(other|else|rest|none|neither|nothing|no|not|never|unsure|unknown|unclear|cannot|can't|don't|any)\b",
    re.IGNORECASE,
)

Code = Literal["no_fallback", "many_answers", "deep", "no_way_back", "unreviewed"]
Known = Collection[tuple[str, str, str]]
"""Scripts that somebody answered for, as `scripts_in` names them."""


@dataclass(frozen=True, slots=True)
class Advice:
    """What to look at, and the step where."""

    node: str
    code: Code


def scripts_in(documents: Iterable[Mapping[str, Any]]) -> Known:
    """Those of valid documents: with another shell, body or risk it is another script."""
    found = (node["script"] for document in documents for node in document["nodes"])
    return {_name(Script.from_valid(script)) for script in found if script}


def advice(tree: Tree, reviewed: Known | None = None) -> list[Advice]:
    """Of the steps that are reached, in reading order; valid or not, but each answer leads to a step.

    reviewed: the scripts that need no look, None where that is not asked.
    """
    steps = list(walk(tree))
    found = [Advice(node.id, code) for node in steps for code in _of(node, reviewed)]
    deep = _first_too_deep(tree, steps)
    return [*found, Advice(deep, "deep")] if deep else found


def _name(script: Script) -> tuple[str, str, str]:
    return script.shell, script.body.strip(), script.risk


def _of(node: Node, reviewed: Known | None) -> Iterator[Code]:
    labels = [option.label for option in node.options]
    if node.kind == "question" and len(labels) >= OPEN_FROM and not any(map(_TAKES_THE_REST.search, labels)):
        yield "no_fallback"
    if len(labels) > MANY_ANSWERS:
        yield "many_answers"
    if node.script and reviewed is not None and _name(node.script) not in reviewed:
        yield "unreviewed"
    if node.script and node.script.risk != "read" and not node.script.undo.strip():
        yield "no_way_back"


def _first_too_deep(tree: Tree, steps: list[Node]) -> str | None:
    """The step with which the first path becomes too long; None in a tree with a circle, a problem anyway."""
    graph = {node.id: [option.next for option in node.options] for node in steps}
    if search(graph, [tree.root]).back:
        return None
    deep = depths(graph, tree.root)
    return next((node.id for node in steps if deep[node.id] == DEEP + 1), None)
