"""Where the steps of a version come from, kept while its tree changes.

A grounding is {"sources": {key: [span, …]}, "counts": {key: {…}}}; a key is a node's id ("n3") or those of a
node and its option ("n2/o1"). Whoever edits a tree leaves the ids of what stays as they are.
"""

from collections.abc import Mapping
from typing import Any

from flowpilot.flows.document import Tree

PARTS = ("sources", "counts")


def still_there(grounding: Mapping[str, Any], tree: Tree) -> dict[str, Any]:
    """What a grounding says about the nodes and options that a tree has."""
    keys = {node.id for node in tree.nodes}
    keys |= {f"{node.id}/{option.id}" for node in tree.nodes for option in node.options}
    kept = {part: grounding.get(part, {}) for part in PARTS}
    return {part: {key: said[key] for key in said if key in keys} for part, said in kept.items() if said}


def by_new_ids(grounding: Mapping[str, Any], renamed: Mapping[str, str]) -> dict[str, Any]:
    """A grounding whose nodes and options are called something else now, by old key; the others stay."""
    return {
        part: {_new_key(key, renamed): said for key, said in grounding.get(part, {}).items()}
        for part in PARTS
    }


def _new_key(key: str, renamed: Mapping[str, str]) -> str:
    node, slash, option = renamed.get(key, key).partition("/")
    return f"{renamed.get(node, node)}{slash}{option}"
