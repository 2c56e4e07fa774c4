"""Marks, nested rows and outlines: how trees and their changes are shown."""

from dataclasses import replace
from typing import Any

from hypothesis import given, settings

from flowpilot.flows.changes import Marked, MarkedNode, MarkedOption, diff, merged
from flowpilot.flows.document import Node, Option, Tree, parse, walk
from flowpilot.flows.nested import Row, nested
from flowpilot.flows.outline import outline
from tests.flows.samples import chain, ladder, printing
from tests.flows.strategies import lineages, trees

PROPERTY = settings(max_examples=60)


def changed_printing() -> Tree:
    """The restart is gone, "Yes" leads on, "No" is reworded and comes first, a new answer comes last."""
    base = printing()
    options = (Option("o2", "Not at all", "n3"), Option("o1", "Yes", "n3"), Option("o3", "Sometimes", "n6"))
    nodes = (
        replace(base.node("n1"), options=options),
        replace(base.node("n3"), title="Check both cables"),
        Node("n6", "escalation", "Watch it"),
        base.node("n4"),
        base.node("n5"),
    )
    return parse(Tree(1, "n1", nodes).to_json())


def drawn(rows: tuple[Row, ...]) -> list[str]:
    """The rows as one line each: level, way, its mark, node, its mark."""
    return [
        f"{row.level} {row.option.label if row.option else '-'} {row.edge_state} "
        f"{'see ' if row.link else ''}{row.node.id} {row.marked.state}"
        for row in rows
    ]


def html(rows: tuple[Row, ...]) -> str:
    parts = []
    for row in rows:
        parts.append(f"<li>{row.node.id}{'*' if row.link else ''}")
        parts.append("<ol>" if row.opens else "</li>")
        parts.extend("</ol></li>" for _ in row.closes)
    return "".join(parts)


def test_changes_are_marked_with_what_was_there_before() -> None:
    base, new = printing(), changed_printing()
    before, after = base.node("n1"), new.node("n1")
    assert merged(base, diff(base, new)) == Marked(
        "n1",
        None,
        (
            MarkedNode(
                after,
                options=(
                    MarkedOption(after.options[0], "changed", before.options[1], ("label",)),
                    MarkedOption(after.options[1], "changed", before.options[0], ("next", "position")),
                    MarkedOption(after.options[2], "added"),
                ),
            ),
            MarkedNode(
                new.node("n3"),
                "changed",
                base.node("n3"),
                ("title",),
                tuple(MarkedOption(option) for option in base.node("n3").options),
            ),
            MarkedNode(new.node("n6"), "added"),
            MarkedNode(base.node("n4")),
            MarkedNode(base.node("n5")),
            MarkedNode(
                base.node("n2"),
                "removed",
                options=tuple(MarkedOption(option, "removed") for option in base.node("n2").options),
            ),
        ),
    )


def test_a_node_is_touched_when_only_its_options_are() -> None:
    marks = merged(printing(), diff(printing(), changed_printing()))
    assert {marked.node.id: marked.touched for marked in marks.nodes} == {
        "n1": True,
        "n2": True,
        "n3": True,
        "n4": False,
        "n5": False,
        "n6": True,
    }
    assert [marks.count(state) for state in ("same", "added", "changed", "removed")] == [3, 1, 1, 1]


def test_removed_options_stay_where_they_stood() -> None:
    base: Any = printing().to_json()
    base["nodes"][0]["options"] = [
        {"id": name, "label": name, "next": "n2" if name == "a" else "n3"}
        for name in ("x", "a", "y", "b", "z")
    ]
    new: Any = parse(base).to_json()
    new["nodes"][0]["options"] = [option for option in new["nodes"][0]["options"] if option["id"] in "ab"]
    marks = merged(parse(base), diff(parse(base), parse(new)))
    assert [(option.option.id, option.state) for option in marks.node("n1").options] == [
        ("x", "removed"),
        ("a", "same"),
        ("y", "removed"),
        ("b", "same"),
        ("z", "removed"),
    ]


def test_rejoining_paths_are_drawn_once_and_linked_after() -> None:
    assert drawn(nested(printing())) == [
        "0 - same n1 same",
        "1 Yes same n2 same",
        "2 Prints same n4 same",
        "2 Still stuck same n3 same",
        "3 Plugged in again same see n4 same",
        "3 It was in same n5 same",
        "1 No same see n3 same",
    ]


def test_rows_say_which_lists_open_and_close() -> None:
    assert html(nested(printing())) == (
        "<li>n1<ol><li>n2<ol><li>n4</li><li>n3<ol><li>n4*</li><li>n5</li></ol></li></ol></li><li>n3*</li></ol></li>"
    )


def test_a_marked_tree_shows_the_former_ways_and_the_removed_nodes() -> None:
    new = changed_printing()
    rows = nested(new, merged(printing(), diff(printing(), new)))
    assert drawn(rows) == [
        "0 - same n1 same",
        "1 Not at all changed n3 changed",
        "2 Plugged in again same n4 same",
        "2 It was in same n5 same",
        "1 Yes changed see n3 changed",
        "1 Yes removed n2 removed",
        "2 Prints removed see n4 same",
        "2 Still stuck removed see n3 changed",
        "1 Sometimes added n6 added",
    ]
    assert [row.key for row in rows[:3]] == ["", "n1/o2", "n3/o1"]


def test_a_removed_first_node_is_drawn_behind_the_tree() -> None:
    base = printing()
    new = Tree(1, "n3", tuple(base.node(name) for name in ("n3", "n4", "n5")))
    assert drawn(nested(new, merged(base, diff(base, new)))) == [
        "0 - same n3 same",
        "1 Plugged in again same n4 same",
        "1 It was in same n5 same",
        "0 - removed n1 removed",
        "1 Yes removed n2 removed",
        "2 Prints removed see n4 same",
        "2 Still stuck removed see n3 same",
        "1 No removed see n3 same",
    ]


@PROPERTY
@given(lineages())
def test_every_node_of_either_tree_is_drawn_exactly_once(pair: tuple[Tree, Tree]) -> None:
    base, new = pair
    changes = diff(base, new)
    marks = merged(base, changes)
    rows = nested(new, marks)
    full = [row.node.id for row in rows if not row.link]
    assert sorted(full) == sorted(marked.node.id for marked in marks.nodes)
    assert html(rows).count("<ol>") == html(rows).count("</ol>")
    assert html(rows).count("<li>") == html(rows).count("</li>")


@PROPERTY
@given(trees())
def test_an_outline_has_a_line_for_the_root_and_one_for_each_option(tree: Tree) -> None:
    lines = outline(tree).split("\n")
    assert len(lines) == 1 + sum(len(node.options) for node in walk(tree))


def test_deep_trees_and_trees_with_very_many_paths_are_drawn() -> None:
    assert nested(parse(chain(50)))[-1].level == 49
    assert len(nested(ladder(49))) == 1 + 2 * 49


def test_an_outline_is_indented_text_with_labels_kinds_and_links() -> None:
    assert outline(printing()) == (
        "n1 question: Does the printer answer?\n"
        "  [Yes] n2 action: Restart the spooler\n"
        "    [Prints] n4 resolution: The printer prints\n"
        "    [Still stuck] n3 action: Check the cable\n"
        "      [Plugged in again] → see n4\n"
        "      [It was in] n5 escalation: Send somebody\n"
        "  [No] → see n3"
    )
