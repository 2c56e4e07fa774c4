from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowpilot.flows.changes import (
    Change,
    ChangeConflict,
    InvalidChange,
    apply,
    close_over,
    diff,
    meta_of,
    parse_changes,
)
from flowpilot.flows.document import Node, Option, Script, Tree, canonical, parse, problems
from flowpilot.flows.trees.edits import (
    AddNode,
    AddOption,
    MoveOption,
    SetMeta,
    SetRoot,
    UpdateNode,
)
from tests.flows.samples import facts, printing, with_options
from tests.flows.strategies import JSON, lineages, trees

LAW = settings(max_examples=60)


def reordered(tree: Tree, *ids: str) -> Tree:
    node = tree.node(tree.root)
    by_id = {option.id: option for option in node.options}
    changed = replace(node, options=tuple(by_id[option_id] for option_id in ids))
    return Tree(1, tree.root, tuple(changed if known.id == node.id else known for known in tree.nodes))


@LAW
@given(lineages(), st.data())
def test_any_closed_part_of_a_diff_leads_to_a_valid_tree_and_all_of_it_to_the_new_one(
    pair: tuple[Tree, Tree], data: st.DataObject
) -> None:
    old, new = pair
    changes = diff(old, new)
    assert canonical(apply(changes, old)) == canonical(new)
    for change in changes:
        assert problems(apply(close_over(changes, [change.id]), old).to_json()) == []
    chosen = data.draw(st.lists(st.sampled_from(changes))) if changes else []
    part = close_over(changes, [change.id for change in chosen])
    assert problems(apply(part, old).to_json()) == []


@LAW
@given(trees(max_nodes=7), trees(max_nodes=7))
def test_trees_that_share_nothing_but_ids_have_a_correct_diff(old: Tree, new: Tree) -> None:
    changes = diff(old, new)
    assert canonical(apply(changes, old)) == canonical(new)
    for change in changes:
        assert problems(apply(close_over(changes, [change.id]), old).to_json()) == []


@LAW
@given(lineages())
def test_changes_survive_json(pair: tuple[Tree, Tree]) -> None:
    changes = diff(*pair)
    assert parse_changes([change.to_json() for change in changes]) == changes
    assert [Change.from_json(change.to_json()) for change in changes] == changes


@LAW
@given(trees())
def test_a_tree_does_not_differ_from_itself_whatever_its_ids(tree: Tree) -> None:
    assert diff(tree, tree) == []
    assert diff(tree, canonical(tree)) == []


SHAPED = st.fixed_dictionaries(
    {
        "id": st.just("c1"),
        "op": st.sampled_from(["add_node", "update_node", "add_option", "set_meta"]),
        "node": JSON,
        "in": JSON,
        "set": JSON,
    }
)


@settings(max_examples=200)
@given((JSON | st.lists(SHAPED, min_size=1)).filter(lambda data: data != []))
def test_any_json_is_refused_as_changes_by_name_and_nothing_else(data: object) -> None:
    with pytest.raises(InvalidChange):
        parse_changes(data)


def test_a_diff_says_what_changed_in_the_new_trees_words() -> None:
    base = printing()
    answer = replace(base.node("n3"), title="Check both cables")
    more = replace(base.node("n1"), options=(*base.node("n1").options, Option("o3", "Sometimes", "n6")))
    nodes = [
        more,
        base.node("n2"),
        answer,
        base.node("n4"),
        base.node("n5"),
        Node("n6", "escalation", "Watch it"),
    ]
    changes = diff(base, parse(Tree(1, "n1", tuple(nodes)).to_json()))
    assert changes == [
        Change("c1", AddOption("n1", Option("o3", "Sometimes", "n6"), 2), needs=("c3",)),
        Change("c2", UpdateNode("n3", {"title": "Check both cables"})),
        Change("c3", AddNode(Node("n6", "escalation", "Watch it")), needs=("c1",)),
    ]


def test_as_few_options_as_possible_are_moved() -> None:
    old = with_options("A", "B", "C", "D")
    changes = diff(old, reordered(old, "o2", "o3", "o4", "o1"))
    assert [change.edit for change in changes] == [MoveOption("n1", "o1", 3)]


def test_a_renumbered_tree_differs_only_in_what_was_changed() -> None:
    base = printing()
    data: Any = base.to_json()
    data["nodes"][1:1] = [
        {
            **base.node("n3").to_json(),
            "id": "before",
            "title": "Look at the lamp",
            "options": [{"id": "o1", "label": "On", "next": "n2"}],
        }
    ]
    data["nodes"][0]["options"][0]["next"] = "before"
    # Put in front, it takes n2, and every node behind it another id than it had.
    changes = diff(base, canonical(parse(data)))
    assert facts(changes) == [("update_option", "n1/o1", ("c2",)), ("add_node", "n7", ("c1",))]


@pytest.mark.parametrize(
    ("edit", "change", "message"),
    [
        (
            {"op": "add_node", "node": {**Node("n2", "resolution", "Done").to_json()}},
            "c1",
            "Change c1 (add_node) does not fit: there is a node n2 already.",
        ),
        (
            {"op": "remove_node", "node": "n9"},
            "c1",
            "Change c1 (remove_node) does not fit: node n9 is not in the tree.",
        ),
        (
            {"op": "update_node", "node": "n9", "set": {"title": "x"}},
            "c1",
            "Change c1 (update_node) does not fit: node n9 is not in the tree.",
        ),
        (
            {"op": "add_option", "in": "n9", "option": {"id": "o1", "label": "x", "next": "n2"}, "at": 0},
            "c1",
            "Change c1 (add_option) does not fit: node n9 is not in the tree.",
        ),
        (
            {"op": "add_option", "in": "n1", "option": {"id": "o1", "label": "x", "next": "n2"}, "at": 0},
            "c1",
            "Change c1 (add_option) does not fit: node n1 has an option o1 already.",
        ),
        (
            {"op": "update_option", "in": "n1", "option": "o9", "set": {"label": "x"}},
            "c1",
            "Change c1 (update_option) does not fit: node n1 has no option o9.",
        ),
        (
            {"op": "remove_option", "in": "n1", "option": "o9"},
            "c1",
            "Change c1 (remove_option) does not fit: node n1 has no option o9.",
        ),
        (
            {"op": "move_option", "in": "n1", "option": "o9", "to": 0},
            "c1",
            "Change c1 (move_option) does not fit: node n1 has no option o9.",
        ),
        (
            {"op": "update_option", "in": "n1", "option": "o1", "set": {"next": "n9"}},
            "c1",
            "Change c1 (update_option) makes an invalid tree: "
            "Node n1, option o1: leads to “n9”, which does not exist: choose another node.",
        ),
        (
            {"op": "add_node", "node": {**Node("n9", "resolution", "Done").to_json()}},
            "c1",
            "Change c1 (add_node) makes an invalid tree: "
            "Node n9: no path from the first node leads here: lead an option to it or remove it.",
        ),
        (
            {"op": "set_root", "node": "n9"},
            None,
            "The changes make an invalid tree: The flow: the first node “n9” does not exist: choose another.",
        ),
    ],
)
def test_a_change_that_does_not_fit_is_named_with_the_reason(
    edit: dict[str, object], change: str | None, message: str
) -> None:
    with pytest.raises(ChangeConflict) as caught:
        apply(parse_changes([{"id": "c1", **edit}]), printing())
    assert (str(caught.value), caught.value.change) == (message, change)


@pytest.mark.parametrize(
    ("data", "code", "message"),
    [
        ({}, "wrong_type", "The list of changes: must be a list, not an object."),
        (["x"], "wrong_type", "Change number 1: must be an object, not text."),
        (
            [{"id": "c1", "op": "rename"}],
            "bad_op",
            "Change c1: op must be one of set_meta, set_root, add_node, update_node, remove_node, "
            "add_option, update_option, remove_option, move_option.",
        ),
        ([{"id": "c1", "op": "set_root"}], "missing_field", "Change c1: node is missing: add it."),
        (
            [{"id": "c1", "op": "set_root", "node": "n1", "at": 0}],
            "unknown_field",
            "Change c1: remove what does not belong here: “at”.",
        ),
        (
            [{"id": "c1", "op": "move_option", "in": "n1", "option": "o1", "to": -1}],
            "bad_position",
            "Change c1: to must be 0 or more.",
        ),
        (
            [{"id": "c1", "op": "move_option", "in": "n1", "option": "o1", "to": True}],
            "wrong_type",
            "Change c1: to must be a whole number, not true or false.",
        ),
        (
            [{"id": "c1", "op": "update_node", "node": "n1", "set": {}}],
            "missing_field",
            "Change c1, set: is empty: name at least one of kind, title, body, script.",
        ),
        (
            [{"id": "c1", "op": "update_node", "node": "n1", "set": {"options": []}}],
            "unknown_field",
            "Change c1, set: remove what does not belong here: “options”.",
        ),
        (
            [{"id": "c1", "op": "add_node", "node": {**Node("n9", "resolution", "").to_json()}}],
            "blank_title",
            "Change c1, Node n9: title is empty: write one.",
        ),
        (
            [{"id": "c1", "op": "set_root", "node": "n1", "needs": ["c2"]}],
            "unknown_need",
            "Change c1: needs c2, which is not in the list: add it.",
        ),
        (
            [{"id": "c1", "op": "set_root", "node": "n1", "needs": [[]]}],
            "bad_id",
            "Change c1: needs must hold ids of changes only.",
        ),
        (
            [{"id": "c1", "op": "set_root", "node": "n1"}] * 2,
            "duplicate_id",
            "Change c1: another change has this id as well: rename one of them.",
        ),
    ],
)
def test_what_is_no_list_of_changes_is_refused_with_the_place(data: object, code: str, message: str) -> None:
    with pytest.raises(InvalidChange) as caught:
        parse_changes(data)
    assert [(error.code, error.message) for error in caught.value.errors] == [(code, message)]


def test_positions_beyond_the_end_mean_the_end() -> None:
    tree = with_options("A", "B")
    changes = [
        Change("c1", AddOption("n1", Option("o9", "C", "n2"), 50)),
        Change("c2", MoveOption("n1", "o1", 50)),
    ]
    assert [option.id for option in apply(changes, tree).node("n1").options] == ["o2", "o9", "o1"]


def test_a_script_is_set_and_taken_away() -> None:
    script = Script("bash", "id", "read", "")
    with_script = apply([Change("c1", UpdateNode("n3", {"script": script}))], printing())
    assert with_script.node("n3").script == script
    stored = parse_changes([{"id": "c1", "op": "update_node", "node": "n3", "set": {"script": None}}])
    assert apply(stored, with_script) == printing()


def test_meta_changes_leave_the_tree_alone_and_are_read_apart() -> None:
    changes = parse_changes(
        [
            {"id": "c1", "op": "set_meta", "set": {"title": "Printing", "domain": None}},
            {"id": "c2", "op": "set_meta", "set": {"title": "Printer is silent"}, "why": "clearer"},
        ]
    )
    assert apply(changes, printing()) == printing()
    assert meta_of(changes) == {"title": "Printer is silent", "domain": None}
    assert changes[1] == Change("c2", SetMeta({"title": "Printer is silent"}), "clearer")


def test_closing_over_a_change_that_is_not_there_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="c7"):
        close_over([Change("c1", SetRoot("n1"))], ["c7"])
