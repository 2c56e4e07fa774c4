"""What a flow came from, when that says something newer: a variant's origin, the file of a starter."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from flowpilot.flows.changes import Merge, merge3
from flowpilot.flows.document import Tree, content_hash, parse
from flowpilot.flows.models import Flow, FlowOrigin
from flowpilot.flows.starter import catalogue
from flowpilot.flows.trees.merge import Side


@dataclass(frozen=True)
class Upstream:
    """A newer state of the origin. base: what it said when the flow was last in step with it."""

    name: str
    was: int
    version: int
    base: Tree
    tree: Tree

    @property
    def state(self) -> dict[str, Any]:
        """What the flow's draft remembers when it is rebased on this."""
        return {"version": self.version, "tree": self.tree.to_json()}


def upstream(flow: Flow, rebased_on: dict[str, Any] | None = None) -> Upstream | None:
    """The origin's newer state; None when there is none, or no origin. `rebased_on`: what the open draft
    was brought in step with already."""
    origin: FlowOrigin | None = getattr(flow, "origin", None)
    newest = _newest(flow, origin) if origin else None
    if origin is None or newest is None:
        return None
    version, tree, name = newest
    was, base = (rebased_on["version"], rebased_on["tree"]) if rebased_on else (origin.version, origin.tree)
    return Upstream(name, was, version, parse(base), tree) if version > was else None


def rebased(onto: Upstream, tree: Tree, settled: dict[str, Side]) -> Merge:
    """The tree with what its origin changed since. "ours" of a conflict is the origin's side."""
    return merge3(base=onto.base, ours=onto.tree, theirs=tree, settle=settled)


def untouched(flow: Flow) -> bool:
    """Whether a starter still says what it came with."""
    version = flow.current_version
    return version is not None and content_hash(version.tree) == content_hash(parse(flow.origin.tree))


def _newest(flow: Flow, origin: FlowOrigin) -> tuple[int, Tree, str] | None:
    if origin.kind == FlowOrigin.Kind.STARTER:
        starter = catalogue.starters().get(origin.key)
        return (starter.version, starter.tree, _("the starter library")) if starter else None
    source = flow.forked_from
    version = source.current_version if source else None
    return (version.number, version.tree, f"“{source.title}”") if source and version else None
