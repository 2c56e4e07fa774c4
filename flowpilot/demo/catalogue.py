"""The demo's content, read from `content/` and checked: what does not fit is refused by file and name."""

import json
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from flowpilot.demo.material import Account, Content, Flow, Leave, Problem, Route, Voices
from flowpilot.flows.document import InvalidTree, Node, Option, Tree, parse

CONTENT = Path(__file__).parent / "content"

Built = TypeVar("Built", bound=Content)


class InvalidContent(Exception):
    """A file of the demo's content contradicts itself or another one; the message says where."""


@dataclass(frozen=True)
class Catalogue:
    accounts: tuple[Account, ...]
    problems: dict[str, Problem]
    flows: dict[str, Flow]
    voices: Voices

    def flow_of(self, problem: Problem) -> Flow:
        """The published flow for a problem. Raises `InvalidContent` where it has none."""
        if problem.flow is None:
            raise InvalidContent(f"{problem.slug}.toml names no flow")
        return self.flows[problem.flow]


@cache
def catalogue() -> Catalogue:
    """Everything in `content/`. Raises `InvalidContent` naming the file."""
    flows = {path.stem: _flow(path) for path in sorted((CONTENT / "flows").glob("*.json"))}
    problems = {path.stem: _problem(path) for path in sorted((CONTENT / "problems").glob("*.toml"))}
    for problem in problems.values():
        check_ways(problem, flows)
    accounts = _read(CONTENT / "accounts.toml")["accounts"]
    return Catalogue(
        accounts=tuple(_build(Account, account, "accounts.toml") for account in accounts),
        problems=problems,
        flows=flows,
        voices=_build(Voices, _read(CONTENT / "voices.toml"), "voices.toml"),
    )


def steps_of(tree: Tree, path: Iterable[str]) -> list[tuple[Node, Option | None]]:
    """The nodes and chosen options that a path names. Raises ValueError where it does not follow the tree."""
    expected, found = tree.root, []
    for entry in path:
        node_id, _, option_id = entry.partition("/")
        if node_id != expected:
            raise ValueError(f"“{entry}” does not follow: the flow is at “{expected}”")
        node = tree.node(node_id)
        option = next((option for option in node.options if option.id == option_id), None)
        if option_id and option is None:
            raise ValueError(f"node “{node_id}” has no option “{option_id}”")
        found.append((node, option))
        expected = option.next if option else ""
    return found


def check_ways(problem: Problem, flows: dict[str, Flow]) -> None:
    """Every route and every way out follows the problem's flow."""
    if problem.flow not in flows:
        if problem.flow or problem.routes or problem.leaves:
            raise InvalidContent(f"{problem.slug}.toml: there is no flow “{problem.flow}”")
        return
    ways: list[Route | Leave] = [*problem.routes, *problem.leaves]
    for way in ways:
        try:
            _check_way(way, flows[problem.flow].tree)
        except ValueError as error:
            raise InvalidContent(f"{problem.slug}.toml, path {' '.join(way.path)}: {error}") from error


def _check_way(way: Route | Leave, tree: Tree) -> None:
    """A route ends where it says that it ends, a way out not in a resolution; remarks are on the path."""
    last = steps_of(tree, way.path)[-1][1]
    end = tree.node(last.next).kind if last else ""
    if isinstance(way, Route) and end != ("resolution" if way.resolves else "escalation"):
        raise ValueError(f"path ends in {end or 'the open'}")
    if isinstance(way, Leave) and end == "resolution":
        raise ValueError("the flow is not left, it resolves")
    if last is None and not way.says.get(way.path[-1]):
        raise ValueError(f"nothing is said where no option of “{way.path[-1]}” fits")
    if unknown := set(way.says) - {entry.partition("/")[0] for entry in way.path}:
        raise ValueError(f"remarks for nodes that are not on the path: {sorted(unknown)}")


def _problem(path: Path) -> Problem:
    return _build(Problem, {"slug": path.stem, **_read(path)}, path.name)


def _flow(path: Path) -> Flow:
    flow = _build(Flow, json.loads(path.read_text("utf-8")), path.name)
    try:
        parse(flow.tree_structure)
    except InvalidTree as error:
        raise InvalidContent(f"{path.name}: {error}") from error
    return flow


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))


def _build(kind: type[Built], data: dict[str, Any], name: str) -> Built:
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        raise InvalidContent(f"{name}: {error}") from error
