"""Where a node is drawn in full when several ways lead to it, some of them removed."""

from dataclasses import replace

from hypothesis import given, settings

from flowpilot.flows.changes import diff, merged
from flowpilot.flows.document import Node, Option, Tree, parse
from flowpilot.flows.nested import Row, nested
from tests.flows.strategies import lineages

PROPERTY = settings(max_examples=60)


def asked(*options: Option) -> Tree:
    """A question whose answers lead to an action "n2" and to ends "n3" and "n4"."""
    kept = {option.next for option in options} | {"n3"}
    nodes = (
        Node("n1", "question", "Which?", options=options),
        Node("n2", "action", "Restart it", options=(Option("o1", "Done", "n3"),)),
        Node("n3", "resolution", "Works"),
        Node("n4", "escalation", "Hand over"),
    )
    return parse(Tree(1, "n1", tuple(node for node in nodes if node.id in kept | {"n1"})).to_json())


def drawn(rows: tuple[Row, ...]) -> list[str]:
    return [
        f"{row.level} {row.option.label if row.option else '-'} {row.edge_state} "
        f"{'see ' if row.link else ''}{row.node.id}"
        for row in rows
    ]


def test_a_kept_node_is_drawn_on_the_way_that_stays_although_a_removed_one_comes_first() -> None:
    base = asked(Option("o1", "Red", "n2"), Option("o2", "Green", "n2"), Option("o3", "Blue", "n4"))
    new = asked(Option("o2", "Green", "n2"), Option("o3", "Blue", "n4"))

    assert drawn(nested(new, merged(base, diff(base, new)))) == [
        "0 - same n1",
        "1 Red removed see n2",
        "1 Green same n2",
        "2 Done same n3",
        "1 Blue same n4",
    ]


def test_a_kept_node_is_not_drawn_where_an_answer_only_used_to_lead() -> None:
    base = asked(Option("o1", "Red", "n2"), Option("o2", "Green", "n4"))
    first = replace(base.node("n1"), options=(Option("o1", "Red", "n4"), Option("o2", "Green", "n2")))
    new = parse(Tree(1, "n1", (first, *base.nodes[1:])).to_json())

    assert drawn(nested(new, merged(base, diff(base, new)))) == [
        "0 - same n1",
        "1 Red changed n4",
        "1 Red removed see n2",
        "1 Green changed n2",
        "2 Done same n3",
        "1 Green removed see n4",
    ]


def test_a_kept_node_under_a_removed_one_is_drawn_where_it_stays() -> None:
    base = asked(Option("o1", "Red", "n2"), Option("o2", "Green", "n3"))
    new = asked(Option("o2", "Green", "n3"), Option("o3", "Blue", "n4"))

    assert drawn(nested(new, merged(base, diff(base, new)))) == [
        "0 - same n1",
        "1 Red removed n2",
        "2 Done removed see n3",
        "1 Green same n3",
        "1 Blue added n4",
    ]


@PROPERTY
@given(lineages())
def test_what_stays_is_never_drawn_in_full_on_a_way_that_goes(pair: tuple[Tree, Tree]) -> None:
    base, new = pair
    rows = nested(new, merged(base, diff(base, new)))
    on_removed = {row.node.id for row in rows if not row.link and row.source and row.edge_state == "removed"}
    assert [node.id for node in new.nodes if node.id in on_removed] == []
    assert sorted(row.node.id for row in rows if not row.link) == sorted(
        {node.id for tree in pair for node in tree.nodes}
    )
