"""Edits of a mined tree by somebody careless (harm) and by somebody careful (no harm), drawn from a seed."""

import random
from collections.abc import Callable
from dataclasses import replace

from flowpilot.flows.document import Node, Option, Tree, parse

Edit = Callable[[Tree, random.Random], Tree]


def with_nodes(tree: Tree, *changed: Node) -> Tree:
    by_id = {node.id: node for node in tree.nodes} | {node.id: node for node in changed}
    return replace(tree, nodes=tuple(by_id.values()))


def fixes(tree: Tree) -> list[Node]:
    return [node for node in tree.nodes if node.options and node.options[0].label == "Solved"]


def questions(tree: Tree) -> list[Node]:
    """Those that split the problem; the first one only confirms it."""
    return [node for node in tree.nodes if node.kind == "question" and node.id != tree.root]


def led_elsewhere(node: Node, place: int, target: str) -> Node:
    options = list(node.options)
    options[place] = replace(options[place], next=target)
    return replace(node, options=tuple(options))


def swap_answers(tree: Tree, rng: random.Random) -> Tree:
    node = rng.choice(questions(tree) or fixes(tree))
    first, second = rng.sample(range(len(node.options)), 2)
    swapped = led_elsewhere(node, first, node.options[second].next)
    return with_nodes(tree, led_elsewhere(swapped, second, node.options[first].next))


def exchange_fixes(tree: Tree, rng: random.Random) -> Tree:
    one, other = rng.sample(fixes(tree), 2)
    return with_nodes(
        tree,
        replace(one, title=other.title, body=other.body, script=other.script),
        replace(other, title=one.title, body=one.body, script=one.script),
    )


def replace_fix(tree: Tree, rng: random.Random) -> Tree:
    node = rng.choice(fixes(tree))
    return with_nodes(tree, replace(node, title="Order a new workstation", body="", script=None))


def hand_over_though_solved(tree: Tree, rng: random.Random) -> Tree:
    node = rng.choice(fixes(tree))
    return with_nodes(tree, led_elsewhere(node, 0, handing_over(tree)))


def hand_over_at_an_answer(tree: Tree, rng: random.Random) -> Tree:
    node = rng.choice(questions(tree) or fixes(tree))
    return with_nodes(tree, led_elsewhere(node, 0, handing_over(tree)))


def handing_over(tree: Tree) -> str:
    return next(node.id for node in tree.nodes if node.kind == "escalation")


HARMFUL: tuple[Edit, ...] = (
    swap_answers,
    exchange_fixes,
    replace_fix,
    hand_over_though_solved,
    hand_over_at_an_answer,
)


def reorder_answers(tree: Tree, rng: random.Random) -> Tree:
    node = rng.choice(questions(tree) or list(tree.nodes))
    return with_nodes(tree, replace(node, options=tuple(reversed(node.options))))


def say_more(tree: Tree, rng: random.Random) -> Tree:
    node = rng.choice(tree.nodes)
    return with_nodes(tree, replace(node, body=f"{node.body}\n\nAsk the user to stay on the line."))


def punctuate(tree: Tree, rng: random.Random) -> Tree:
    node = rng.choice(tree.nodes)
    return with_nodes(
        tree, replace(node, title=f"{node.title.rstrip('?.')}  {'?' * node.title.endswith('?')}".strip())
    )


def begin_politely(tree: Tree, rng: random.Random) -> Tree:
    node = rng.choice(fixes(tree))
    return with_nodes(tree, replace(node, title=f"Now, {node.title[0].lower()}{node.title[1:]}"))


def check_before_handing_over(tree: Tree, rng: random.Random) -> Tree:
    """One more act in front of the hand-over."""
    end = handing_over(tree)
    more = Node("more", "action", "Collect the logs of the device", "", None, (Option("o1", "Done", end),))
    nodes = [
        replace(
            node,
            options=tuple(replace(o, next="more") if o.next == end else o for o in node.options),
        )
        for node in tree.nodes
    ]
    return replace(tree, nodes=(*nodes, more))


def one_more_answer(tree: Tree, rng: random.Random) -> Tree:
    node = rng.choice(questions(tree) or [tree.node(tree.root)])
    more = Option("omore", "The user has left already", handing_over(tree))
    return with_nodes(tree, replace(node, options=(*node.options, more)))


HARMLESS: tuple[Edit, ...] = (
    reorder_answers,
    say_more,
    punctuate,
    begin_politely,
    check_before_handing_over,
    one_more_answer,
)


def pruned(tree: Tree) -> Tree:
    """Without the steps that an edit has cut off."""
    seen, queue = {tree.root}, [tree.root]
    for node_id in queue:
        for option in tree.node(node_id).options:
            if option.next not in seen:
                seen.add(option.next)
                queue.append(option.next)
    return parse(replace(tree, nodes=tuple(node for node in tree.nodes if node.id in seen)).to_json())
