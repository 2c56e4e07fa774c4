"""Small trees, written out, that the examples in these tests start from."""

from collections.abc import Sequence

from flowpilot.flows.changes import Change
from flowpilot.flows.document import MAX_NODES, Node, Option, Script, Tree, parse

READ = Script("powershell", "Get-Service Spooler", "read", "")


def printing() -> Tree:
    """n1 asks; n2 restarts and may rejoin n3; n4 resolves, n5 escalates."""
    nodes = (
        Node(
            "n1",
            "question",
            "Does the printer answer?",
            options=(Option("o1", "Yes", "n2"), Option("o2", "No", "n3")),
        ),
        Node(
            "n2",
            "action",
            "Restart the spooler",
            body="1. Open an elevated prompt.",
            script=READ,
            options=(Option("o1", "Prints", "n4"), Option("o2", "Still stuck", "n3")),
        ),
        Node(
            "n3",
            "action",
            "Check the cable",
            options=(Option("o1", "Plugged in again", "n4"), Option("o2", "It was in", "n5")),
        ),
        Node("n4", "resolution", "The printer prints"),
        Node("n5", "escalation", "Send somebody"),
    )
    return parse(Tree(1, "n1", nodes).to_json())


def chain(length: int) -> dict[str, object]:
    """JSON of a tree that is one path of `length` nodes: m1, m2, …"""
    nodes: list[dict[str, object]] = []
    for number in range(1, length + 1):
        last = number == length
        nodes.append(
            {
                "id": f"m{number}",
                "kind": "resolution" if last else "action",
                "title": f"Step {number}",
                "body": "",
                "script": None,
                "options": [] if last else [{"id": "o1", "label": "Done", "next": f"m{number + 1}"}],
            }
        )
    return {"schema": 1, "root": "m1", "nodes": nodes}


def ladder(rungs: int) -> Tree:
    """A tree with 2 to the power of `rungs` paths: each question's two answers rejoin at the next."""
    questions = [
        Node(
            f"q{n}",
            "question",
            f"Rung {n}?",
            options=(Option("o1", "Yes", f"q{n + 1}"), Option("o2", "No", f"q{n + 1}")),
        )
        for n in range(1, rungs + 1)
    ]
    end = Node(f"q{rungs + 1}", "resolution", "Down")
    return parse(Tree(1, "q1", (*questions, end)).to_json())


def largest() -> Tree:
    """As many nodes as are allowed: n1 leads to n2 and n3, n2 to n4 and n5, and so on."""
    nodes = []
    for number in range(1, MAX_NODES + 1):
        below = [min(each, MAX_NODES) for each in (2 * number, 2 * number + 1)]
        options = tuple(Option(f"o{n}", f"Way {n}", f"n{each}") for n, each in enumerate(below, start=1))
        title, body = f"Is part {number} as it should be?", f"Compare **part {number}** with the plan."
        inner = 2 * number <= MAX_NODES
        kind = "question" if inner else "resolution"
        nodes.append(Node(f"n{number}", kind, title, body, options=options if inner else ()))
    return parse(Tree(1, "n1", tuple(nodes)).to_json())


def with_options(*labels: str) -> Tree:
    """A question whose options all lead to one end; option ids o1, o2, …"""
    options = tuple(Option(f"o{n}", label, "n2") for n, label in enumerate(labels, start=1))
    return parse(
        Tree(
            1, "n1", (Node("n1", "question", "Which?", options=options), Node("n2", "resolution", "Done"))
        ).to_json()
    )


def facts(changes: Sequence[Change]) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(change.op, change.key, change.needs) for change in changes]
