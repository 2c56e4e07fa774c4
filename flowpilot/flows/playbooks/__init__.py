"""Playbooks: a general troubleshooting tree for each domain, where no flow of the library fits.

They are ordinary flow documents in `data/`, one file a domain, and come with the product: they belong to no
account and are not published. Each names the vendors' pages that it rests on.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources

from flowpilot.flows.document import Tree, content_hash, parse


@dataclass(frozen=True)
class Playbook:
    """The general tree of one domain."""

    domain: str
    """A key of `flowpilot.flows.domains`."""
    title: str
    summary: str
    sources: tuple[str, ...]
    """Vendor and title of each page that it rests on."""
    tree: Tree
    version: str
    """The first 12 characters of the tree's content hash."""


@cache
def playbooks() -> dict[str, Playbook]:
    """All playbooks by their domain; every tree is valid."""
    folder = resources.files("flowpilot.flows.playbooks").joinpath("data")
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".json")), key=lambda each: each.name
    )
    found = (_playbook(file.read_text("utf-8")) for file in files)
    return {playbook.domain: playbook for playbook in found}


def _playbook(text: str) -> Playbook:
    data = json.loads(text)
    tree = parse(data["tree_structure"])
    return Playbook(
        data["domain"], data["title"], data["summary"], tuple(data["sources"]), tree, content_hash(tree)[:12]
    )
