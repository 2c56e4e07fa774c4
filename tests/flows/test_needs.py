"""What changes of a diff need: one example for each rule that the laws in test_changes rely on."""

from dataclasses import replace
from typing import Any

from flowpilot.flows.changes import apply, close_over, diff
from flowpilot.flows.document import Node, Option, Tree, canonical, parse
from flowpilot.flows.trees.edits import RemoveOption, UpdateOption
from tests.flows.samples import chain, facts, printing, with_options


def test_removing_a_node_and_leading_its_options_elsewhere_need_each_other() -> None:
    base = printing()
    data: Any = base.to_json()
    del data["nodes"][1]
    data["nodes"][0]["options"][0]["next"] = "n4"
    assert facts(diff(base, parse(data))) == [
        ("update_option", "n1/o1", ("c2",)),
        ("remove_node", "n2", ("c1",)),
    ]


def test_a_label_waits_for_the_option_that_gives_it_up() -> None:
    old = with_options("Yes", "No", "Maybe", "Later")
    new = with_options("Yes", "No", "Later", "Maybe")
    swapped = diff(old, new)
    assert facts(swapped) == [("update_option", "n1/o3", ("c2",)), ("update_option", "n1/o4", ("c1",))]
    assert [
        change.edit for change in diff(with_options("Yes", "No", "Maybe"), with_options("Yes", "Maybe"))
    ] == [
        RemoveOption("n1", "o3"),
        UpdateOption("n1", "o2", {"label": "Maybe"}),
    ]


def test_an_option_beyond_the_twelfth_waits_for_room() -> None:
    labels = [f"Answer {n}" for n in range(1, 13)]
    old = with_options(*labels)
    added = replace(old.node("n1"), options=(*old.node("n1").options[1:], Option("o99", "Other", "n2")))
    new = Tree(1, "n1", (added, old.node("n2")))
    assert facts(diff(old, new)) == [("remove_option", "n1/o1", ()), ("add_option", "n1/o99", ("c1",))]


def test_the_last_answers_of_a_question_go_only_when_others_come() -> None:
    old = with_options("Yes", "No")
    swapped = replace(old.node("n1"), options=(old.node("n1").options[0], Option("o9", "Perhaps", "n2")))
    changes = diff(old, Tree(1, "n1", (swapped, old.node("n2"))))
    assert facts(changes) == [("remove_option", "n1/o2", ("c2",)), ("add_option", "n1/o9", ())]


def test_a_kind_changes_along_with_its_options() -> None:
    base = printing()
    ended = replace(base.node("n3"), kind="escalation", options=())
    new = Tree(1, "n1", (base.node("n1"), base.node("n2"), ended, base.node("n4")))
    changes = diff(base, new)
    assert {len(close_over(changes, [change.id])) for change in changes if change.key.startswith("n3")} == {4}
    assert canonical(apply(close_over(changes, ["c1"]), base)) == canonical(new)


def test_nodes_that_change_places_do_so_at_once() -> None:
    done = Node("d", "resolution", "Done")
    first, second = Option("o1", "Next", "b"), Option("o1", "Next", "d")
    old = Tree(
        1,
        "a",
        (Node("a", "action", "A", options=(first,)), Node("b", "action", "B", options=(second,)), done),
    )
    back = Option("o1", "Next", "a")
    new = Tree(
        1, "b", (Node("b", "action", "B", options=(back,)), Node("a", "action", "A", options=(second,)), done)
    )
    changes = diff(old, new)
    assert [close_over(changes, [change.id]) for change in changes] == [changes] * 3


def long_and_short(head: int, tail: int) -> Tree:
    """Two chains of actions one behind the other in effect: b's end is where a's chain may lead to."""
    nodes = [Node("r", "question", "Which?", options=(Option("o1", "A", "a1"), Option("o2", "B", "b1")))]
    for name, length in (("a", head), ("b", tail)):
        for n in range(1, length + 1):
            target = f"{name}{n + 1}" if n < length else f"{name}-end"
            nodes.append(Node(f"{name}{n}", "action", f"{name}{n}", options=(Option("o1", "Done", target),)))
        nodes.append(Node(f"{name}-end", "resolution", f"{name} done"))
    return Tree(1, "r", tuple(nodes))


def test_links_change_together_where_a_part_of_them_could_lead_too_deep() -> None:
    old = long_and_short(20, 40)
    # The long chain is left at its start, and the short one goes on into it.
    moved: Any = old.to_json()
    by_id = {node["id"]: node for node in moved["nodes"]}
    by_id["a20"]["options"][0]["next"] = "b1"
    by_id["b1"]["options"][0]["next"] = "b30"
    kept = (
        {"r", "a-end", "b-end"} | {f"a{n}" for n in range(1, 21)} | {"b1"} | {f"b{n}" for n in range(30, 41)}
    )
    moved["nodes"] = [node for node in moved["nodes"] if node["id"] in kept - {"a-end"}]
    changes = diff(old, parse(moved))
    for change in changes:
        part = close_over(changes, [change.id])
        assert canonical(apply(part, old)) == canonical(parse(moved))


def test_a_node_beyond_the_five_hundredth_waits_for_room() -> None:
    answers = [Option(f"o{n}", f"Part {n}", f"p{n}") for n in range(12)]
    parts = [
        Node(
            f"p{n}",
            "question",
            f"Part {n}?",
            options=tuple(Option(f"o{k}", f"Case {k}", f"q{n}-{k}") for k in range(12)),
        )
        for n in range(12)
    ]
    cases = [
        Node(
            f"q{n}-{k}",
            "question",
            "?",
            options=tuple(Option(f"o{e}", f"End {e}", f"e{n}-{k}-{e}") for e in range(2)),
        )
        for n in range(12)
        for k in range(12)
    ]
    ends = [
        Node(f"e{n}-{k}-{e}", "resolution", "Done") for n in range(12) for k in range(12) for e in range(2)
    ]
    more = [Node(f"x{n}", "resolution", "Done") for n in range(55)]
    # 1 + 12 + 144 + 288 + 55 = 500: each extra end hangs on one of the cases.
    full = [
        replace(node, options=(*node.options, Option("x", "Other", f"x{number}"))) if number < 55 else node
        for number, node in enumerate(cases)
    ]
    root = Node("r", "question", "Which part?", options=tuple(answers))
    old = parse(Tree(1, "r", (root, *parts, *full, *ends, *more)).to_json())
    swapped = [*full]
    swapped[0] = replace(full[0], options=full[0].options[:2])
    swapped[99] = replace(full[99], options=(*full[99].options, Option("x", "Other", "new")))
    new = Tree(1, "r", (root, *parts, *swapped, *ends, *more[1:], Node("new", "resolution", "Done")))
    changes = diff(old, parse(new.to_json()))
    added = next(change for change in changes if change.op == "add_node")
    assert len(old.nodes) == 500
    assert canonical(apply(close_over(changes, [added.id]), old)) == canonical(new)


def test_a_long_chain_of_needs_is_followed_to_its_end() -> None:
    old, new = parse(chain(1)), parse(chain(50))
    changes = diff(old, new)
    assert [close_over(changes, [change.id]) for change in changes if change.op == "add_node"] == [
        changes
    ] * 49


def test_a_way_back_waits_until_the_way_there_is_gone() -> None:
    out = Option("o1", "Done", "e")
    root = Node("r", "question", "Which?", options=(Option("o1", "A", "a"), Option("o2", "B", "b")))
    end = Node("e", "resolution", "Done")
    to_b, to_a = Option("o2", "Not done", "b"), Option("o2", "Not done", "a")
    plain = {name: Node(name, "action", name, options=(out,)) for name in ("a", "b")}
    there = replace(plain["a"], options=(out, to_b))
    back = replace(plain["b"], options=(out, to_a))
    old = Tree(1, "r", (root, there, plain["b"], end))
    new = Tree(1, "r", (root, plain["a"], back, end))
    assert facts(diff(old, new)) == [("remove_option", "a/o2", ()), ("add_option", "b/o2", ("c1",))]
