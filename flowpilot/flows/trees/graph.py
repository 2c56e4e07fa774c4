"""Graph algorithms under the tree documents: iterative, linear, in the order of the input.

A graph maps each vertex to the vertices that its edges lead to, in order. Edges to vertices that are
not keys of the mapping are ignored.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Graph = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Search:
    """A depth-first search: `finished` in postorder; `back` the edges (vertex, number of the edge)
    that close a circle, in the order found."""

    finished: list[str]
    back: list[tuple[str, int]]


def search(graph: Graph, starts: Iterable[str]) -> Search:
    """Search depth first from each start in turn. Without back edges, reversed postorder is topological."""
    found = Search([], [])
    open_vertices: set[str] = set()
    seen: set[str] = set()
    for start in starts:
        if start not in seen and start in graph:
            _search_from(graph, start, seen, open_vertices, found)
    return found


def _search_from(graph: Graph, start: str, seen: set[str], open_vertices: set[str], found: Search) -> None:
    stack = [(start, enumerate(graph[start]))]
    seen.add(start)
    open_vertices.add(start)
    while stack:
        vertex, edges = stack[-1]
        for number, target in edges:
            if target in open_vertices:
                found.back.append((vertex, number))
            elif target not in seen and target in graph:
                seen.add(target)
                open_vertices.add(target)
                stack.append((target, enumerate(graph[target])))
                break
        else:
            stack.pop()
            open_vertices.discard(vertex)
            found.finished.append(vertex)


def depths(graph: Graph, root: str) -> dict[str, int]:
    """Vertices on the longest way from the root to each reachable vertex, both ends counted.

    The part of the graph that the root reaches must be free of circles.
    """
    longest = {root: 1}
    for vertex in reversed(search(graph, [root]).finished):
        for target in graph[vertex]:
            if target in graph:
                longest[target] = max(longest.get(target, 0), longest[vertex] + 1)
    return longest


def components(graph: Graph) -> list[list[str]]:
    """Strongly connected components, sources before what they lead to (Kosaraju's two searches)."""
    backwards: dict[str, list[str]] = {vertex: [] for vertex in graph}
    for vertex, targets in graph.items():
        for target in targets:
            if target in backwards:
                backwards[target].append(vertex)
    found: list[list[str]] = []
    placed: set[str] = set()
    for vertex in reversed(search(graph, graph).finished):
        if vertex not in placed:
            found.append(_collect(backwards, vertex, placed))
    return found


def _collect(graph: Graph, start: str, placed: set[str]) -> list[str]:
    members = [start]
    placed.add(start)
    for vertex in members:
        for target in graph[vertex]:
            if target not in placed:
                placed.add(target)
                members.append(target)
    return members
