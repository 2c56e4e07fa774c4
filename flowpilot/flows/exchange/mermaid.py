"""A flow as a Mermaid flowchart, for pages and wikis that draw such. It cannot be read back."""

from typing import Final

from flowpilot.flows.document import Node, Tree, walk

_SHAPES: Final = {
    "question": ('{{"', '"}}'),
    "action": ('["', '"]'),
    "resolution": ('(["', '"])'),
    "escalation": ('[["', '"]]'),
}


def written(tree: Tree) -> str:
    nodes = list(walk(tree))
    # "end" and the like mean something in Mermaid, so nodes go by their number.
    names = {node.id: f"N{number}" for number, node in enumerate(nodes, start=1)}
    lines = ["flowchart TD"]
    for node in nodes:
        lines.append(f"    {names[node.id]}{_shaped(node)}")
        lines += [
            f'    {names[node.id]} -->|"{_escaped(option.label)}"| {names[option.next]}'
            for option in node.options
        ]
    return "\n".join(lines) + "\n"


def _shaped(node: Node) -> str:
    opening, closing = _SHAPES[node.kind]
    return f"{opening}{_escaped(node.title)}{closing}"


def _escaped(text: str) -> str:
    """Mermaid reads entities by number in quoted text; all but letters, digits and plain signs go as such."""
    plain = " ".join(text.split())
    return "".join(char if char.isalnum() or char in " .,:?!-/()+'" else f"#{ord(char)};" for char in plain)
