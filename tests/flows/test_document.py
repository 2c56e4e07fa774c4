from collections.abc import Callable
from itertools import islice
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowpilot.flows.document import (
    InvalidTree,
    Node,
    Option,
    Tree,
    TreeError,
    canonical,
    content_hash,
    depth,
    parse,
    paths,
    problems,
    walk,
)
from flowpilot.flows.trees.renaming import renamed
from tests.flows.samples import chain, ladder, printing
from tests.flows.strategies import JSON, trees

Document = dict[str, Any]
PROPERTY = settings(max_examples=60)


def root_of(data: Document) -> Document:
    return next(node for node in data["nodes"] if node["id"] == data["root"])


def end_of(data: Document) -> Document:
    return next(node for node in data["nodes"] if not node["options"])


def put(data: Document, path: str, value: object) -> None:
    """Set "root.title", "root.options.0.label", "end.body", "schema", …"""
    *steps, last = path.split(".")
    target: Any = data
    for step in steps:
        places: dict[str, Callable[[Document], Document]] = {"root": root_of, "end": end_of}
        target = places[step](target) if step in places else target[int(step) if step.isdigit() else step]
    target[int(last) if last.isdigit() else last] = value


def setting(path: str, value: object) -> Callable[[Document], None]:
    return lambda data: put(data, path, value)


def more_options(count: int) -> Callable[[Document], None]:
    def mutate(data: Document) -> None:
        end = end_of(data)["id"]
        root_of(data)["options"] += [{"id": f"x{n}", "label": f"More {n}", "next": end} for n in range(count)]

    return mutate


def script(values: dict[str, object]) -> Callable[[Document], None]:
    return setting("root.script", {"shell": "bash", "body": "id", "risk": "read", "undo": "", **values})


def drop(path: str) -> Callable[[Document], None]:
    def mutate(data: Document) -> None:
        where, name = path.split(".")
        places: dict[str, Document] = {
            "flow": data,
            "root": root_of(data),
            "option": root_of(data)["options"][0],
        }
        del places[where][name]

    return mutate


def repeat_node(data: Document) -> None:
    data["nodes"].append(dict(end_of(data)))


def repeat_label(data: Document) -> None:
    first = root_of(data)["options"][0]
    root_of(data)["options"].append(
        {"id": "x1", "label": f" {first['label'].upper()}  ", "next": first["next"]}
    )


def repeat_option_id(data: Document) -> None:
    first = root_of(data)["options"][0]
    root_of(data)["options"].append({"id": first["id"], "label": "Another", "next": first["next"]})


def add_orphan(data: Document) -> None:
    data["nodes"].append({**end_of(data), "id": "orphan"})


def too_many_nodes(data: Document) -> None:
    data["nodes"] += [{**end_of(data), "id": f"x{n}"} for n in range(500)]


def too_deep(data: Document) -> None:
    data["nodes"] += chain(51)["nodes"]
    put(data, "root.options.0.next", "m1")


def one_answer(data: Document) -> None:
    put(data, "root.kind", "question")
    root_of(data)["options"] = root_of(data)["options"][:1]


def lead_back(data: Document) -> None:
    put(data, "root.options.0.next", data["root"])


BREAKS: list[tuple[str, str, Callable[[Document], None]]] = [
    ("schema of another version", "bad_schema", setting("schema", 2)),
    ("schema true", "wrong_type", setting("schema", True)),
    ("schema missing", "missing_field", drop("flow.schema")),
    ("a field of the flow too many", "unknown_field", setting("version", 3)),
    ("root unknown", "unknown_root", setting("root", "nowhere")),
    ("root a number", "wrong_type", setting("root", 1)),
    ("nodes an object", "wrong_type", setting("nodes", {})),
    ("no nodes", "no_nodes", setting("nodes", [])),
    ("a node that is text", "wrong_type", lambda data: data["nodes"].append("n1")),
    ("two nodes with one id", "duplicate_id", repeat_node),
    ("a node id with a space", "bad_id", setting("end.id", "n 1")),
    ("a node id with a line end", "bad_id", setting("end.id", "n1\n")),
    ("a node id of 41 characters", "bad_id", setting("end.id", "n" * 41)),
    ("a field of a node too many", "unknown_field", setting("root.color", "red")),
    ("a field of a node missing", "missing_field", drop("root.body")),
    ("an unknown kind", "bad_kind", setting("root.kind", "handoff")),
    ("a kind that is a list", "wrong_type", setting("root.kind", [])),
    ("an empty title", "blank_title", setting("root.title", "")),
    ("a title of spaces", "blank_title", setting("root.title", "   ")),
    ("a title of 201 characters", "title_too_long", setting("root.title", "x" * 201)),
    ("a body of 20,001 characters", "body_too_long", setting("root.body", "x" * 20_001)),
    ("a body of null", "wrong_type", setting("root.body", None)),
    ("a NUL in a title", "bad_characters", setting("root.title", "a\x00b")),
    ("half a character pair in a body", "bad_characters", setting("root.body", "a\ud800b")),
    ("half a character pair in a label", "bad_characters", setting("root.options.0.label", "\udfff")),
    ("a NUL in a script", "bad_characters", script({"body": "a\x00"})),
    ("a script that is text", "wrong_type", setting("root.script", "reboot")),
    ("an unknown shell", "bad_shell", script({"shell": "zsh"})),
    ("an unknown risk", "bad_risk", script({"risk": "none"})),
    ("a script with nothing to run", "blank_body", script({"body": " "})),
    ("a field of a script too many", "unknown_field", script({"sudo": True})),
    ("a script's undo null", "wrong_type", script({"undo": None})),
    ("options an object", "wrong_type", setting("root.options", {})),
    ("an option that is null", "wrong_type", lambda data: root_of(data)["options"].append(None)),
    ("an option's field missing", "missing_field", drop("option.next")),
    ("an option's field too many", "unknown_field", setting("root.options.0.weight", 1)),
    ("two options with one id", "duplicate_option_id", repeat_option_id),
    ("an empty label", "blank_label", setting("root.options.0.label", "")),
    ("a label of 201 characters", "label_too_long", setting("root.options.0.label", "x" * 201)),
    ("labels that differ in case and spaces", "duplicate_label", repeat_label),
    ("13 options", "too_many_options", more_options(12)),
    ("a question with one answer", "too_few_options", one_answer),
    ("an action that leads nowhere", "too_few_options", setting("end.kind", "action")),
    ("a resolution that goes on", "options_not_allowed", setting("root.kind", "resolution")),
    ("an escalation that goes on", "options_not_allowed", setting("root.kind", "escalation")),
    ("an option to nowhere", "unknown_next", setting("root.options.0.next", "nowhere")),
    ("an option back to its node", "cycle", lead_back),
    ("a node without a way to it", "unreachable", add_orphan),
    ("a path of more than 50 nodes", "too_deep", too_deep),
    ("more than 500 nodes", "too_many_nodes", too_many_nodes),
]


@pytest.mark.parametrize(("code", "mutate"), [pytest.param(c, m, id=name) for name, c, m in BREAKS])
@settings(max_examples=5)
@given(tree=trees(max_nodes=6).filter(lambda tree: len(tree.nodes) > 1))
def test_each_broken_rule_is_reported_by_its_code(
    code: str, mutate: Callable[[Document], None], tree: Tree
) -> None:
    data: Document = tree.to_json()
    mutate(data)
    assert code in [error.code for error in problems(data)]
    with pytest.raises(InvalidTree) as caught:
        parse(data)
    assert caught.value.errors == problems(data)


@PROPERTY
@given(trees())
def test_a_valid_tree_comes_back_as_it_was(tree: Tree) -> None:
    data = tree.to_json()
    assert problems(data) == []
    assert parse(data) == tree
    assert parse(data).to_json() == data


@settings(max_examples=300)
@given(JSON)
def test_any_json_is_refused_by_name_and_nothing_else(data: object) -> None:
    with pytest.raises(InvalidTree):
        parse(data)


@settings(max_examples=200)
@given(trees(max_nodes=5), JSON, st.data())
def test_a_valid_tree_with_any_one_value_exchanged_never_ends_in_another_error(
    tree: Tree, value: object, data: st.DataObject
) -> None:
    document: Any = tree.to_json()
    place = document
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or not place[key] or data.draw(st.booleans()):
            break
        place = place[key]
    place[key] = value
    errors = problems(document)
    assert [
        error for error in errors if not error.message.isprintable() or not error.message.endswith(".")
    ] == []
    if errors:
        with pytest.raises(InvalidTree):
            parse(document)
    else:
        assert parse(document).to_json() == document


def test_nesting_and_size_do_no_harm() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    data: Document = printing().to_json()
    for path in ("schema", "root", "root.body", "root.options.0.next", "root.script"):
        broken: Document = printing().to_json()
        put(broken, path, deep)
        assert "wrong_type" in [error.code for error in problems(broken)]
    data["nodes"] = [data["nodes"][0]] * 100_000
    assert "too_many_nodes" in [error.code for error in problems(data)]
    assert [error.code for error in problems({"schema": 10**5000, "root": "x" * 10**6, "nodes": deep})] == [
        "bad_schema",
        "bad_id",
        "wrong_type",
    ]


def test_all_errors_are_told_at_once_with_their_places() -> None:
    data: Document = printing().to_json()
    put(data, "nodes.1.title", "")
    put(data, "nodes.1.options.1.next", "n9")
    put(data, "nodes.2.options.0.label", "IT WAS  in")
    put(data, "nodes.2.options.1.next", "n2")
    data["nodes"][0]["color"] = "red"
    assert problems(data) == [
        TreeError("unknown_field", "Node n1: remove what does not belong here: “color”.", "n1"),
        TreeError("blank_title", "Node n2: title is empty: write one.", "n2"),
        TreeError(
            "duplicate_label",
            "Node n3, option o2: label “It was in” is used twice here: reword one.",
            "n3",
            "o2",
        ),
        TreeError(
            "unknown_next",
            "Node n2, option o2: leads to “n9”, which does not exist: choose another node.",
            "n2",
            "o2",
        ),
        TreeError(
            "unreachable",
            "Node n5: no path from the first node leads here: lead an option to it or remove it.",
            "n5",
        ),
    ]


def test_a_circle_is_reported_at_the_option_that_closes_it() -> None:
    data: Document = printing().to_json()
    put(data, "nodes.2.options.0.next", "n1")
    message = (
        "Node n3, option o1: leads back to “n1”, so the flow would never end: lead it on to another node."
    )
    assert problems(data) == [TreeError("cycle", message, "n3", "o1")]


def test_thirteenth_option_causes_no_follow_up_errors() -> None:
    data: Document = printing().to_json()
    more_options(10)(data)
    data["nodes"].append({**end_of(data), "id": "late"})
    root_of(data)["options"].append({"id": "x99", "label": "Late", "next": "late"})
    assert [error.code for error in problems(data)] == ["too_many_options"]


def test_limits_themselves_are_allowed() -> None:
    data: Document = printing().to_json()
    put(data, "root.title", "x" * 200)
    put(data, "root.body", "x" * 20_000)
    more_options(10)(data)
    assert problems(data) == []
    assert problems(chain(50)) == []
    assert [error.code for error in problems(chain(51))] == ["too_deep"]


def test_canonical_numbers_nodes_breadth_first_and_options_in_order() -> None:
    tree = parse(
        Tree(
            1,
            "ask",
            (
                Node("end", "resolution", "Done"),
                Node("try", "action", "Try", options=(Option("z", "Worked", "end"), Option("a", "No", "up"))),
                Node("up", "escalation", "Up"),
                Node(
                    "ask",
                    "question",
                    "Which?",
                    options=(Option("y", "This", "try"), Option("x", "That", "up")),
                ),
            ),
        ).to_json()
    )
    assert canonical(tree) == Tree(
        1,
        "n1",
        (
            Node(
                "n1", "question", "Which?", options=(Option("o1", "This", "n2"), Option("o2", "That", "n3"))
            ),
            Node("n2", "action", "Try", options=(Option("o1", "Worked", "n4"), Option("o2", "No", "n3"))),
            Node("n3", "escalation", "Up"),
            Node("n4", "resolution", "Done"),
        ),
    )


@PROPERTY
@given(trees(), st.randoms(use_true_random=False))
def test_ids_and_the_order_of_nodes_do_not_count(tree: Tree, random: Any) -> None:
    other = renamed(tree, {node.id: f"x-{node.id}" for node in tree.nodes}, {})
    nodes = list(other.nodes)
    random.shuffle(nodes)
    shuffled = Tree(1, other.root, tuple(nodes))
    assert canonical(shuffled) == canonical(tree)
    assert content_hash(shuffled) == content_hash(tree)
    assert canonical(canonical(tree)) == canonical(tree)
    assert problems(canonical(tree).to_json()) == []


def test_any_other_word_gives_another_hash() -> None:
    data: Document = printing().to_json()
    put(data, "end.title", "The printer prints again")
    assert content_hash(parse(data)) != content_hash(printing())


def test_walk_is_breadth_first_and_meets_every_node_once() -> None:
    assert [node.id for node in walk(printing())] == ["n1", "n2", "n3", "n4", "n5"]


def test_paths_go_from_the_root_to_the_ends_in_the_order_of_options() -> None:
    taken = [
        [f"{node.id}/{option.id}" if option else node.id for node, option in path]
        for path in paths(printing())
    ]
    assert taken == [
        ["n1/o1", "n2/o1", "n4"],
        ["n1/o1", "n2/o2", "n3/o1", "n4"],
        ["n1/o1", "n2/o2", "n3/o2", "n5"],
        ["n1/o2", "n3/o1", "n4"],
        ["n1/o2", "n3/o2", "n5"],
    ]


def test_paths_are_lazy_where_there_are_far_too_many() -> None:
    first = list(islice(paths(ladder(49)), 3))
    assert [len(path) for path in first] == [50, 50, 50]


def test_depth_counts_the_nodes_of_the_longest_path() -> None:
    assert depth(printing()) == 4
    assert depth(ladder(49)) == 50
