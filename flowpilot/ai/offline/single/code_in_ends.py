"""What an action runs or edits, as code also where an end names the action."""

import re
from dataclasses import replace

from flowpilot.ai.offline.single.exact_names import is_product
from flowpilot.flows.document import Node, Tree

_SPAN = re.compile(r"(?<!`)`([^`\n]{3,120})`(?!`)")
_CODED = re.compile(r"(`[^`\n]+`|\"[^\"\n]{1,400}\"|“[^”\n]{1,400}”)")
"""What is code already, and what is quoted from a message."""
_SHAPED = re.compile(r"[a-z0-9][A-Z]|[\\/_<>=%$]|\w\.\w|\w\(\)|^-{1,2}[A-Za-z]|^0x")
"""Looks like code: a name put together from words, a path, a switch, a setting."""
_COMMAND = re.compile(
    r"(?<![\w.`\\/-])(?:Add|Clear|Connect|Disable|Enable|Export|Get|Grant|Import|Install|Invoke|Mount|Move"
    r"|New|Publish|Register|Remove|Restart|Resume|Search|Set|Start|Stop|Sync|Test|Uninstall|Update|Upgrade)"
    r"-[A-Z][A-Za-z]+\b(?![\w\\/.-])"
)
_SWITCH = re.compile(r"(?<![\w`-])-[A-Z][A-Za-z]*[a-z](?::\$?\w+| \$\w+)?\b(?![\w-])")


def with_code_in_ends(tree: Tree) -> Tree:
    """The tree with what its actions set as code, or run, as code in the lists of the escalations."""
    actions = [node for node in tree.nodes if node.kind == "action"]
    told = "\n".join(node.body for node in actions)
    run = "\n".join(node.script.body for node in actions if node.script is not None)
    spans = {span for span in _SPAN.findall(told) if _SHAPED.search(span) and not is_product(span)}
    for shape in (_COMMAND, _SWITCH):
        spans |= {found for found in shape.findall(f"{told}\n{run}")}
    longest_first = sorted(spans, key=lambda span: (-len(span), span))
    if not longest_first:
        return tree
    names = "|".join(map(re.escape, longest_first))
    known = re.compile(rf"(?<![\w`\\/.-])(?:{names})(?![\w`\\/-]|\.\w)")
    return replace(tree, nodes=tuple(_marked(node, known) for node in tree.nodes))


def _marked(node: Node, known: re.Pattern[str]) -> Node:
    if node.kind != "escalation":
        return node
    lines = [_with_code(line, known) if line.startswith("- ") else line for line in node.body.split("\n")]
    return replace(node, body="\n".join(lines))


def _with_code(line: str, known: re.Pattern[str]) -> str:
    parts = _CODED.split(line)
    parts[::2] = [known.sub(lambda found: f"`{found.group(0)}`", part) for part in parts[::2]]
    return "".join(parts)
