"""Values of an example in the commands of a node: who runs them has to know that they are to be replaced."""

import re
from collections.abc import Iterator
from dataclasses import replace

from flowpilot.ai.offline.text.code import shell_of
from flowpilot.flows.document import Node, Tree

_FENCE = r"^[ >]*(?:[-*] |\d{1,3}\. )?```"
"""Begins code as its end does, so that a fence without an end costs one look at the rest."""
_FENCED = re.compile(rf"{_FENCE}(?P<language>[\w+#-]*)\n(?P<code>.*?){_FENCE}", re.DOTALL | re.MULTILINE)
_NOBODY = r"(?i:contoso|fabrikam|tailspintoys|litware(?:inc)?|adatum|example\.(?:com|org|net))"
"""Companies that exist in documentation only."""
_GOES_ON = r"(?:[\w.@\\]|-(?![A-Z][a-z]{3}))"
_SAMPLE = re.compile(
    rf"[\"'](?P<called>(?:[\w-]+ ){{0,3}}{_NOBODY}(?: [\w-]+){{1,3}})[\"']"
    rf"|(?<![\w.@$<:/\\-])(?P<nobodys>[\w.@$\\-]{{0,60}}?\b{_NOBODY}\b(?:{_GOES_ON}{{0,60}}\w)?)(?![\w@>])"
    r"|(?:-(?:eq|like|Identity|User|Member|Server|Mailbox|Database|Name) |@\{\w{1,60}=)"
    r"(?P<named>[A-Z][a-z]+(?:Of(?:The)?[A-Z]\w*|(?:[A-Z][a-z]+)?(?:Name|Value|Address|Alias|Identity)))"
    r"\b(?![.:(])"
    r"|[\"'](?P<told>[A-Z]?[a-z]+(?: [a-z]+){0,3} name|Name ?[Oo]f ?(?:[Tt]he)? ?[\w ]{3,40}"
    r"|[A-Z]\w+(?: \w+)? (?:of the|identified in) [\w ]{3,40})[\"']"
)
"""Sample values: of nobody's, or said in words what they are: `-Identity NameOfRamp`, "Receive ramp name"."""
_MOST = 4


def with_samples_named(tree: Tree) -> Tree:
    """The tree, each action that runs such values with a note that names them."""
    return replace(tree, nodes=tuple(map(_noted, tree.nodes)))


def _noted(node: Node) -> Node:
    if node.kind != "action":
        return node
    prose = _FENCED.sub("", node.body)
    found = [one for one in dict.fromkeys(_samples(node)) if not _explained(one, prose)]
    if not found or len(found) > _MOST:
        return node
    values = "this sample value" if len(found) == 1 else "these sample values"
    note = f"> **Note:** Replace {values} with your own: {', '.join(f'`{one}`' for one in found)}."
    return replace(node, body=f"{node.body}\n\n{note}".strip())


def _samples(node: Node) -> Iterator[str]:
    for code in _commands(node):
        for found in _SAMPLE.finditer(code):
            yield next(value for value in found.groups() if value)


def _commands(node: Node) -> Iterator[str]:
    if node.script is not None:
        yield node.script.body
    for block in _FENCED.finditer(node.body):
        code = block["code"].replace("\n> ", "\n")
        if shell_of(code, block["language"].lower()) is not None:
            yield code


def _explained(value: str, prose: str) -> bool:
    """Whether the text itself says what the value stands for."""
    near = rf"\b(?:replace|placeholder|represents|stands for|where)\b[^.\n]{{0,120}}{re.escape(value)}"
    behind = (
        rf"{re.escape(value)}[^.\n]{{0,60}}\b(?:is the|placeholder|represents|stands for|with (?:your|the))\b"
    )
    return re.search(f"{near}|{behind}", prose) is not None
