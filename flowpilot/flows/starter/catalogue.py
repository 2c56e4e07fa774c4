"""The starter library as it comes with the product: one JSON file a flow."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from flowpilot.core.text import parsed_json
from flowpilot.flows.document import Tree, parse

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Source:
    """A vendor's page that a flow rests on."""

    title: str
    url: str


@dataclass(frozen=True)
class Starter:
    """One flow. `key` stays the same for good; `version` grows when the content does."""

    key: str
    version: int
    title: str
    summary: str
    domain: str
    sources: tuple[Source, ...]
    read: Callable[[], Tree]

    @property
    def tree(self) -> Tree:
        """Read whenever it is asked for: who installs it needs it, and nobody else."""
        return self.read()


@cache
def starters() -> dict[str, Starter]:
    """All by key, in the order of their keys. What does not fit raises: the files come with the code."""
    return {starter.key: starter for starter in map(_starter, sorted(DATA.glob("*.json")))}


def _starter(path: Path) -> Starter:
    data = _data(path)
    return Starter(
        key=data["key"],
        version=data["version"],
        title=data["title"],
        summary=data["summary"],
        domain=data["domain"],
        sources=tuple(Source(each["title"], each["url"]) for each in data["sources"]),
        read=partial(_tree, path),
    )


def _tree(path: Path) -> Tree:
    return parse(_data(path)["tree"])


def _data(path: Path) -> Any:
    return parsed_json(path.read_bytes())
