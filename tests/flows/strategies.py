"""Hypothesis strategies for flow trees, for every test that needs one."""

from collections.abc import Callable
from dataclasses import replace

from hypothesis import strategies as st

from flowpilot.flows.document import Node, Option, Script, Tree, parse, walk
from flowpilot.flows.trees.fields import NodeKind
from flowpilot.flows.trees.renaming import renamed

ENDS: tuple[NodeKind, ...] = ("resolution", "escalation")
INNER: tuple[NodeKind, ...] = ("question", "action")
STORABLE = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
WORDS = st.sampled_from(["Restart", "Check", "the router", "DNS", "password", "löschen", "再起動", "VPN"])


def titles() -> st.SearchStrategy[str]:
    return st.lists(WORDS, min_size=1, max_size=3).map(" ".join)


def bodies() -> st.SearchStrategy[str]:
    return st.just("") | st.text(STORABLE, max_size=20)


def scripts() -> st.SearchStrategy[Script | None]:
    return st.none() | st.builds(
        Script,
        shell=st.sampled_from(["powershell", "bash", "cmd"]),
        body=titles(),
        risk=st.sampled_from(["read", "change", "destructive"]),
        undo=bodies(),
    )


@st.composite
def trees(draw: st.DrawFn, max_nodes: int = 10, rich: bool = True) -> Tree:
    """Valid trees with rejoins; `rich` adds bodies and scripts. Ids do not follow the order of the nodes.

    Links lead from lower to higher numbers only, so there is no circle; every node but the first is
    given a link from a lower one that has room, so all are reached.
    """
    inner = draw(st.integers(0, max_nodes - 1))
    ends = draw(st.integers(1, max(max_nodes - inner, 1)))
    if not inner:
        ends = 1
    count = inner + ends
    targets: list[list[int]] = [[] for _ in range(inner)]
    for number in range(1, count):
        # An inner node is hung on its forerunner at the latest, which then has room.
        room = [parent for parent in range(min(number, inner)) if len(targets[parent]) < 11]
        targets[draw(st.sampled_from(room))].append(number)
    kinds: list[NodeKind] = []
    for number in range(inner):
        kind = draw(st.sampled_from(INNER))
        fewest = 2 if kind == "question" else 1
        extra = draw(st.integers(0, 1))
        while len(targets[number]) < fewest or (extra and len(targets[number]) < 12):
            extra = extra if len(targets[number]) < fewest else 0
            targets[number].append(draw(st.integers(number + 1, count - 1)))
        kinds.append(kind)
    kinds += [draw(st.sampled_from(ENDS)) for _ in range(ends)]
    ids = draw(st.permutations([f"n{number + 1}" for number in range(count)]))
    nodes = [
        Node(
            id=ids[number],
            kind=kinds[number],
            title=draw(titles()),
            body=draw(bodies()) if rich else "",
            script=draw(scripts()) if rich else None,
            options=tuple(
                Option(f"o{place}", f"{draw(WORDS)} {place}", ids[target])
                for place, target in enumerate(targets[number] if number < inner else [], start=1)
            ),
        )
        for number in range(count)
    ]
    return parse(Tree(1, ids[0], tuple(draw(st.permutations(nodes)))).to_json())


@st.composite
def edited(draw: st.DrawFn, tree: Tree, steps: int = 3) -> Tree:
    """A descendant of the tree: some edits as a person would make them in the editor, ids kept."""
    current = tree
    for _ in range(draw(st.integers(0, steps))):
        edit = draw(st.sampled_from(EDITS))
        current = edit(draw, current)
    return current


def _inner(tree: Tree) -> list[Node]:
    return [node for node in walk(tree) if node.options]


def _with(tree: Tree, *nodes: Node, root: str | None = None) -> Tree:
    """The tree with nodes put in or exchanged; what is not reached any more is left out. May be invalid."""
    by_id = {node.id: node for node in tree.nodes} | {node.id: node for node in nodes}
    loose = Tree(1, root or tree.root, tuple(by_id.values()))
    return Tree(1, loose.root, tuple(walk(loose)))


def _valid_or(tree: Tree, changed: Tree) -> Tree:
    try:
        return parse(changed.to_json())
    except ValueError:
        return tree


def _free(prefix: str, taken: set[str]) -> str:
    return next(f"{prefix}{number}" for number in range(1, 1000) if f"{prefix}{number}" not in taken)


def _reword(draw: st.DrawFn, tree: Tree) -> Tree:
    node = draw(st.sampled_from(tree.nodes))
    return _with(tree, replace(node, title=draw(titles()), body=draw(bodies()), script=draw(scripts())))


def _lead_elsewhere(draw: st.DrawFn, tree: Tree) -> Tree:
    if not _inner(tree):
        return tree
    node = draw(st.sampled_from(_inner(tree)))
    place = draw(st.integers(0, len(node.options) - 1))
    target = draw(st.sampled_from(tree.nodes)).id
    options = list(node.options)
    options[place] = Option(options[place].id, options[place].label, target)
    if not _acyclic(tree, node.id, target):
        return tree
    return _valid_or(tree, _with(tree, replace(node, options=tuple(options))))


def _acyclic(tree: Tree, source: str, target: str) -> bool:
    return source not in {node.id for node in walk(Tree(1, target, tree.nodes))}


def _insert_action(draw: st.DrawFn, tree: Tree) -> Tree:
    """Put a new action in front of what an option leads to."""
    if not _inner(tree):
        return tree
    node = draw(st.sampled_from(_inner(tree)))
    place = draw(st.integers(0, len(node.options) - 1))
    options = list(node.options)
    new = Node(
        id=_free("n", {known.id for known in tree.nodes}),
        kind="action",
        title=draw(titles()),
        options=(Option("o1", "Done", options[place].next),),
    )
    options[place] = Option(options[place].id, options[place].label, new.id)
    return _valid_or(tree, _with(tree, new, replace(node, options=tuple(options))))


def _add_option(draw: st.DrawFn, tree: Tree) -> Tree:
    """Give a node another option that leads to a new end; an end becomes an action by it."""
    node = draw(st.sampled_from(tree.nodes))
    end = Node(_free("n", {known.id for known in tree.nodes}), draw(st.sampled_from(ENDS)), draw(titles()))
    option = Option(_free("o", {known.id for known in node.options}), draw(titles()), end.id)
    options = list(node.options)
    options.insert(draw(st.integers(0, len(options))), option)
    grown = replace(node, kind=node.kind if node.options else "action", options=tuple(options))
    return _valid_or(tree, _with(tree, end, grown))


def _drop_option(draw: st.DrawFn, tree: Tree) -> Tree:
    if not _inner(tree):
        return tree
    node = draw(st.sampled_from(_inner(tree)))
    gone = draw(st.sampled_from(node.options))
    options = tuple(option for option in node.options if option != gone)
    return _valid_or(tree, _with(tree, replace(node, options=options)))


def _cut_short(draw: st.DrawFn, tree: Tree) -> Tree:
    """Turn an inner node into an end, or a question into an action."""
    if not _inner(tree):
        return tree
    node = draw(st.sampled_from(_inner(tree)))
    if draw(st.booleans()):
        return _with(tree, replace(node, kind=draw(st.sampled_from(ENDS)), options=()))
    return _with(tree, replace(node, kind="action"))


def _shuffle_options(draw: st.DrawFn, tree: Tree) -> Tree:
    node = draw(st.sampled_from(tree.nodes))
    options = tuple(draw(st.permutations(list(node.options))))
    return _with(tree, replace(node, options=options))


def _swap_labels(draw: st.DrawFn, tree: Tree) -> Tree:
    if not _inner(tree):
        return tree
    node = draw(st.sampled_from(_inner(tree)))
    labels = draw(st.permutations([option.label for option in node.options]))
    options = tuple(Option(o.id, label, o.next) for o, label in zip(node.options, labels, strict=True))
    return _with(tree, replace(node, options=options))


def _swap_neighbours(draw: st.DrawFn, tree: Tree) -> Tree:
    """Let two nodes along a link change places: what was asked second is asked first."""
    inner = _inner(tree)
    pairs = [(node.id, o.next) for node in inner for o in node.options if tree.node(o.next).options]
    if not pairs:
        return tree
    first, second = draw(st.sampled_from(pairs))
    swapped = renamed(tree, {first: second, second: first}, {})
    titled = (replace(node, title=tree.node(node.id).title) for node in swapped.nodes)
    return Tree(1, swapped.root, tuple(titled))


def _new_root(draw: st.DrawFn, tree: Tree) -> Tree:
    """Put a question in front of everything, or drop the first node."""
    first = tree.node(tree.root)
    drop = draw(st.booleans())
    if drop and first.options:
        return _with(tree, root=draw(st.sampled_from(first.options)).next)
    taken = {node.id for node in tree.nodes}
    end = Node(_free("n", taken), "escalation", draw(titles()))
    options = (Option("o1", "Yes", tree.root), Option("o2", "No", end.id))
    question = Node(_free("n", taken | {end.id}), "question", draw(titles()), options=options)
    return _valid_or(tree, _with(tree, end, question, root=question.id))


EDITS: tuple[Callable[[st.DrawFn, Tree], Tree], ...] = (
    _reword,
    _lead_elsewhere,
    _insert_action,
    _add_option,
    _drop_option,
    _cut_short,
    _shuffle_options,
    _swap_labels,
    _swap_neighbours,
    _new_root,
)


@st.composite
def lineages(draw: st.DrawFn, descendants: int = 1, steps: int = 4) -> tuple[Tree, ...]:
    """A tree and descendants of it that were edited apart from each other."""
    base = draw(trees(rich=False))
    return (base, *(draw(edited(base, steps)) for _ in range(descendants)))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["schema", "root", "nodes", "id", "kind", "options", "next", "label", "script", "op"]
            )
            | st.text(max_size=4),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)
