"""The starter library as it comes with the product: one JSON file a flow."""

from dataclasses import dataclass
from functools import cache
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
    tree: Tree


@cache
def starters() -> dict[str, Starter]:
    """All by key, in the order of their keys. What does not fit raises: the files come with the code."""
    found = (_read(parsed_json(path.read_bytes())) for path in sorted(DATA.glob("*.json")))
    return {starter.key: starter for starter in found}


def _read(data: Any) -> Starter:
    return Starter(
        key=data["key"],
        version=data["version"],
        title=data["title"],
        summary=data["summary"],
        domain=data["domain"],
        sources=tuple(Source(each["title"], each["url"]) for each in data["sources"]),
        tree=parse(data["tree"]),
    )
