"""The rules of a tree document: finds everything that is wrong with it, at once.

Errors come in a fixed order: the document's own fields, then node by node in the order of the list,
then what concerns the tree as a whole. Lists that are longer than allowed are reported and read only
up to the limit; conclusions that would need the rest of them are not drawn.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

from flowpilot.flows.trees.fields import (
    FEWEST_OPTIONS,
    MAX_OPTIONS,
    NODE_CHECKS,
    OPTION_CHECKS,
    Check,
    Place,
    TreeError,
    id_check,
    is_id,
    json_type,
    label_key,
    list_check,
    object_problems,
    shown,
)
from flowpilot.flows.trees.graph import depths, search

SCHEMA = 1
MAX_NODES = 500
MAX_DEPTH = 50

_FLOW = Place("The flow")


@dataclass(slots=True)
class _Links:
    """What the readable parts of a document link to: by node id, (option id, next) in order."""

    by_node: dict[str, list[tuple[object, str]]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    all_nodes: bool = True
    """Whether every node could be taken in under its own id."""
    all_links: bool = True
    """Whether, besides, every option was taken in."""

    def graph(self) -> dict[str, list[str]]:
        return {node: [target for _, target in links] for node, links in self.by_node.items()}


def problems(data: object) -> list[TreeError]:
    """Every broken rule of a tree document; an empty list says that it is valid. Never raises."""
    found = list(object_problems(_FLOW, data, _DOCUMENT_CHECKS))
    nodes = data.get("nodes") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(nodes, list):
        return found
    if not nodes:
        return [*found, _FLOW.error("no_nodes", "there is no node in it: add a first one.")]
    links = _Links()
    if len(nodes) > MAX_NODES:
        links.all_nodes = links.all_links = False
        too_many = f"{len(nodes):,} nodes are more than {MAX_NODES}: split it."
        found.append(_FLOW.error("too_many_nodes", too_many))
    for position, node in enumerate(nodes[:MAX_NODES], start=1):
        found += _node_problems(node, position, links)
    return [*found, *_structure_problems(data.get("root"), links)]


def node_problems(node: object) -> list[TreeError]:
    """Every broken rule that shows in a node alone, whatever tree it goes into."""
    return list(_node_problems(node, 1, _Links()))


def option_problems(place: Place, option: object) -> Iterator[TreeError]:
    """Every broken rule that shows in an option alone; `place` is what holds it."""
    yield from object_problems(_option_place(option, 1, place), option, OPTION_CHECKS)


def _schema_check(place: Place, name: str, value: object) -> Iterator[TreeError]:
    if isinstance(value, bool) or not isinstance(value, int):
        yield place.error("wrong_type", f"{name} must be the number {SCHEMA}, not {json_type(value)}.")
    elif value != SCHEMA:
        yield place.error("bad_schema", f"{name} must be {SCHEMA}: this version reads no other.")


_DOCUMENT_CHECKS: Mapping[str, Check] = {"schema": _schema_check, "root": id_check, "nodes": list_check}


def _node_problems(node: object, position: int, links: _Links) -> Iterator[TreeError]:
    place = _node_place(node, position)
    yield from object_problems(place, node, NODE_CHECKS)
    if not isinstance(node, dict):
        links.all_nodes = links.all_links = False
        return
    raw = node.get("options")
    options = raw if isinstance(raw, list) else []
    yield from _take_in(node.get("id"), options, place, links)
    if isinstance(raw, list):
        yield from _count_problems(place, node.get("kind"), len(options))
    yield from _options_problems(place, options[:MAX_OPTIONS])


def _take_in(node_id: object, options: list[object], place: Place, links: _Links) -> Iterator[TreeError]:
    """Note where a node's options lead, under its id; an id that is taken already is an error."""
    if not isinstance(node_id, str):
        links.all_nodes = links.all_links = False
        return
    if node_id in links.by_node:
        links.all_links = False
        yield place.error("duplicate_id", "another node has this id as well: rename one of them.")
        return
    links.names[node_id] = place.name
    links.by_node[node_id] = [
        (option.get("id"), option["next"])
        for option in options[:MAX_OPTIONS]
        if isinstance(option, dict) and isinstance(option.get("next"), str)
    ]
    if len(options) > MAX_OPTIONS:
        links.all_links = False


def _count_problems(place: Place, kind: object, count: int) -> Iterator[TreeError]:
    fewest = FEWEST_OPTIONS.get(kind) if isinstance(kind, str) else None
    if fewest == 0 and count:
        yield place.error("options_not_allowed", f"a flow ends at this {kind}: remove its options.")
    elif fewest and count < fewest:
        wanted = "at least two options" if fewest == 2 else "an option that says what comes next"
        yield place.error("too_few_options", f"this {kind} has {count or 'none'}: give it {wanted}.")
    elif count > MAX_OPTIONS:
        too_many = f"{count:,} options are more than {MAX_OPTIONS}: merge or split them."
        yield place.error("too_many_options", too_many)


def _options_problems(place: Place, options: list[object]) -> Iterator[TreeError]:
    ids: set[str] = set()
    labels: set[str] = set()
    for position, option in enumerate(options, start=1):
        inner = _option_place(option, position, place)
        yield from object_problems(inner, option, OPTION_CHECKS)
        if not isinstance(option, dict):
            continue
        option_id, label = option.get("id"), option.get("label")
        if isinstance(option_id, str):
            if option_id in ids:
                yield inner.error("duplicate_option_id", "another option here has this id: rename one.")
            ids.add(option_id)
        if isinstance(label, str) and label.strip():
            key = label_key(label)
            if key in labels:
                yield inner.error("duplicate_label", f"label {shown(label)} is used twice here: reword one.")
            labels.add(key)


def _node_place(node: object, position: int) -> Place:
    node_id = node.get("id") if isinstance(node, dict) else None
    return Place(f"Node {node_id}", node_id) if is_id(node_id) else Place(f"Node number {position}")


def _option_place(option: object, position: int, place: Place) -> Place:
    option_id = option.get("id") if isinstance(option, dict) else None
    if is_id(option_id):
        return Place(f"{place.name}, option {option_id}", place.node, option_id)
    return Place(f"{place.name}, option number {position}", place.node)


def _structure_problems(root: object, links: _Links) -> Iterator[TreeError]:
    graph = links.graph()
    known_root = root if isinstance(root, str) and root in graph else None
    if links.all_nodes:
        if is_id(root) and known_root is None:
            yield _FLOW.error("unknown_root", f"the first node {shown(root)} does not exist: choose another.")
        yield from _dangling(links)
    # From the root first, so that the option that leads back is the one furthest down.
    circles = search(graph, chain([known_root] if known_root else [], graph)).back
    yield from (_circle(links, node, number) for node, number in circles)
    if known_root is None or not links.all_links:
        return
    yield from _unreached(links, graph, known_root)
    if not circles:
        yield from _too_deep(links, graph, known_root)


def _link_place(links: _Links, node: str, option: object) -> Place:
    name, node_id = links.names[node], node if is_id(node) else None
    return Place(f"{name}, option {option}", node_id, option) if is_id(option) else Place(name, node_id)


def _dangling(links: _Links) -> Iterator[TreeError]:
    for node, targets in links.by_node.items():
        for option, target in targets:
            if target not in links.by_node and is_id(target):
                yield _link_place(links, node, option).error(
                    "unknown_next", f"leads to {shown(target)}, which does not exist: choose another node."
                )


def _circle(links: _Links, node: str, number: int) -> TreeError:
    option, target = links.by_node[node][number]
    return _link_place(links, node, option).error(
        "cycle", f"leads back to {shown(target)}, so the flow would never end: lead it on to another node."
    )


def _unreached(links: _Links, graph: dict[str, list[str]], root: str) -> Iterator[TreeError]:
    reached = set(search(graph, [root]).finished)
    for node in graph:
        if node not in reached:
            yield _link_place(links, node, None).error(
                "unreachable", "no path from the first node leads here: lead an option to it or remove it."
            )


def _too_deep(links: _Links, graph: dict[str, list[str]], root: str) -> Iterator[TreeError]:
    by_node = depths(graph, root)
    deepest = max(by_node.values())
    if deepest > MAX_DEPTH:
        first = next(node for node in graph if by_node.get(node) == MAX_DEPTH + 1)
        yield _link_place(links, first, None).error(
            "too_deep",
            f"the longest path has {deepest} nodes and passes its limit of {MAX_DEPTH} here: shorten it.",
        )
