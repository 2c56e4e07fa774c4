from dataclasses import replace
from typing import Any

from hypothesis import given, settings

from flowpilot.flows.changes import Conflict, Merge, apply, close_over, diff, merge3
from flowpilot.flows.document import Node, Option, Tree, canonical, parse, problems, walk
from tests.flows.samples import printing
from tests.flows.strategies import lineages

LAW = settings(max_examples=60)


def with_nodes(tree: Tree, *nodes: Node, without: tuple[str, ...] = ()) -> Tree:
    by_id = {node.id: node for node in tree.nodes} | {node.id: node for node in nodes}
    kept = [node for node in by_id.values() if node.id not in without]
    return parse(Tree(1, tree.root, tuple(kept)).to_json())


def titled(tree: Tree, node: str, title: str) -> Tree:
    return with_nodes(tree, replace(tree.node(node), title=title))


def with_option(tree: Tree, node: str, option: Option, *nodes: Node) -> Tree:
    known = tree.node(node)
    return with_nodes(tree, replace(known, options=(*known.options, option)), *nodes)


def without_restart(tree: Tree) -> Tree:
    """Yes leads to the cable check straight away."""
    root = tree.node("n1")
    yes = replace(root.options[0], next="n3")
    return with_nodes(tree, replace(root, options=(yes, root.options[1])), without=("n2",))


@LAW
@given(lineages())
def test_a_side_that_changed_nothing_takes_over_all_of_the_other(pair: tuple[Tree, Tree]) -> None:
    base, changed = pair
    for ours, theirs in ((base, changed), (changed, base), (changed, changed)):
        merge = merge3(base, ours, theirs)
        assert merge.conflicts == []
        assert merge.tree is not None
        assert canonical(merge.tree) == canonical(changed)


@settings(max_examples=1000)
@given(lineages(descendants=2))
def test_a_merge_is_a_valid_tree_or_says_what_is_in_the_way(three: tuple[Tree, Tree, Tree]) -> None:
    """So no invalid tree is ever published: what is published comes from here, from all, some or none of the
    changes of one side."""
    base, _ours, theirs = three
    changes = diff(base, theirs)
    assert canonical(apply(changes, base)) == canonical(theirs)
    assert canonical(apply([], base)) == canonical(base)
    part = close_over(changes, [change.id for change in changes[::2]])
    assert problems(apply(part, base).to_json()) == []
    merge = merge3(*three)
    if merge.tree is None:
        assert merge.conflicts != []
    else:
        assert merge.conflicts == []
        assert problems(merge.tree.to_json()) == []


@LAW
@given(lineages(descendants=2))
def test_conflicts_settled_for_one_side_are_gone(three: tuple[Tree, Tree, Tree]) -> None:
    keys = {conflict.key for conflict in merge3(*three).conflicts if conflict.field != "tree"}
    settled = merge3(*three, settle=dict.fromkeys(keys, "theirs"))
    assert [conflict for conflict in settled.conflicts if conflict.key in keys] == []


def test_changes_of_different_fields_go_together() -> None:
    base = printing()
    ours = titled(base, "n3", "Check both cables")
    theirs = with_nodes(base, replace(base.node("n3"), body="Look behind the desk."))
    expected = with_nodes(
        base, replace(base.node("n3"), title="Check both cables", body="Look behind the desk.")
    )
    assert merge3(base, ours, theirs) == Merge(expected, [], {})


def test_a_field_that_both_changed_is_a_conflict_until_it_is_settled() -> None:
    base = printing()
    ours, theirs = titled(base, "n3", "Check both cables"), titled(base, "n3", "Check the plug")
    merge = merge3(base, ours, theirs)
    message = "Both sides changed title of node n3 differently: choose one."
    conflict = Conflict(
        "n3", None, "title", "Check the cable", "Check both cables", "Check the plug", message
    )
    assert merge == Merge(None, [conflict], {})
    assert conflict.key == "n3:title"
    assert merge3(base, ours, theirs, {"n3:title": "ours"}) == Merge(ours, [], {})
    assert merge3(base, ours, theirs, {"n3:title": "theirs"}) == Merge(theirs, [], {})


def test_a_node_removed_here_and_changed_there_is_a_conflict() -> None:
    base = printing()
    theirs = titled(base, "n2", "Restart the print spooler")
    merge = merge3(base, without_restart(base), theirs)
    message = "One side removed node n2, the other changed it: choose whether it stays."
    assert merge.conflicts == [
        Conflict(
            "n2", None, "presence", base.node("n2").to_json(), None, theirs.node("n2").to_json(), message
        )
    ]
    settled = merge3(base, without_restart(base), theirs, {"n2:presence": "ours"})
    assert settled == Merge(without_restart(base), [], {})


def test_a_node_removed_here_and_untouched_there_is_gone() -> None:
    base = printing()
    theirs = titled(base, "n5", "Send a technician")
    assert merge3(base, without_restart(base), theirs).tree == titled(
        without_restart(base), "n5", "Send a technician"
    )


def test_an_option_that_both_lead_elsewhere_is_a_conflict_of_that_option() -> None:
    base = printing()
    root = base.node("n1")
    ours, theirs = (
        with_nodes(base, replace(root, options=(root.options[0], replace(root.options[1], next=target))))
        for target in ("n4", "n5")
    )
    merge = merge3(base, ours, theirs)
    message = "Both sides changed next of option o2 of node n1 differently: choose one."
    assert merge.conflicts == [Conflict("n1", "o2", "next", "n3", "n4", "n5", message)]
    assert merge.conflicts[0].key == "n1/o2:next"
    settled = merge3(base, ours, theirs, {"n1/o2:next": "theirs"})
    assert settled.tree == Tree(1, "n1", tuple(walk(theirs)))


def test_options_added_by_both_stand_side_by_side_and_nodes_of_one_id_are_told_apart() -> None:
    base = printing()
    ours = with_option(base, "n1", Option("o3", "Sometimes", "n6"), Node("n6", "escalation", "Watch it"))
    theirs = with_option(base, "n1", Option("o3", "Never did", "n6"), Node("n6", "escalation", "Look for it"))
    merge = merge3(base, ours, theirs)
    assert merge.conflicts == []
    assert merge.renamed == {"n6": "n7", "n1/o3": "n1/o4"}
    assert merge.tree is not None
    assert merge.tree.node("n1").options == (
        *base.node("n1").options,
        Option("o4", "Never did", "n7"),
        Option("o3", "Sometimes", "n6"),
    )
    assert [merge.tree.node(name).title for name in ("n6", "n7")] == ["Watch it", "Look for it"]


def test_the_same_addition_on_both_sides_is_made_once() -> None:
    base = printing()
    both = with_option(base, "n1", Option("o3", "Sometimes", "n6"), Node("n6", "escalation", "Watch it"))
    theirs = titled(both, "n4", "It prints")
    assert merge3(base, both, theirs) == Merge(Tree(1, "n1", tuple(walk(theirs))), [], {})


def test_two_different_orders_of_options_are_a_conflict() -> None:
    three = with_option(printing(), "n1", Option("o3", "Sometimes", "n5"))
    root = three.node("n1")
    orders: list[Any] = [(1, 0, 2), (0, 2, 1)]
    ours, theirs = (
        with_nodes(three, replace(root, options=tuple(root.options[n] for n in o))) for o in orders
    )
    merge = merge3(three, ours, theirs)
    message = "Both sides put the options of node n1 into another order: choose one."
    assert merge.conflicts == [
        Conflict("n1", None, "order", ["o1", "o2", "o3"], ["o2", "o1", "o3"], ["o1", "o3", "o2"], message)
    ]
    settled = merge3(three, ours, theirs, {"n1:order": "theirs"}).tree
    assert settled is not None
    assert settled.node("n1").options == theirs.node("n1").options


def test_two_new_first_nodes_are_a_conflict() -> None:
    base = printing()
    ours = Tree(1, "n2", tuple(base.node(name) for name in ("n2", "n3", "n4", "n5")))
    theirs = Tree(1, "n3", tuple(base.node(name) for name in ("n3", "n4", "n5")))
    merge = merge3(base, ours, theirs)
    message = "Both sides made another node the first one: choose which."
    assert merge.conflicts == [Conflict(None, None, "root", "n1", "n2", "n3", message)]
    assert merge.conflicts[0].key == "root"


def test_fine_changes_that_break_a_rule_together_are_a_conflict_of_the_tree() -> None:
    base = printing()
    theirs = with_option(base, "n1", Option("o3", "Stuck jobs", "n2"))
    merge = merge3(base, without_restart(base), theirs)
    message = (
        "Both sides' changes together break a rule. "
        "Node n1, option o3: leads to “n2”, which does not exist: choose another node."
    )
    assert merge == Merge(None, [Conflict("n1", "o3", "tree", None, None, None, message)], {})
