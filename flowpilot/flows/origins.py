"""What a flow came from, when that says something newer: a variant's origin, the file of a starter."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from flowpilot.flows.changes import Merge, merge3
from flowpilot.flows.document import Tree, content_hash, parse
from flowpilot.flows.models import Flow, FlowOrigin
from flowpilot.flows.starter import catalogue
from flowpilot.flows.starter.catalogue import Starter
from flowpilot.flows.trees.merge import Side


@dataclass(frozen=True)
class State:
    """What an origin says. texts and note are a starter's: title, summary, domain; the pages it rests on."""

    version: int
    name: str
    tree: Tree
    texts: Mapping[str, str] = field(default_factory=dict)
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """What the flow's draft remembers when it is rebased on this."""
        texts = dict(self.texts)
        return {"version": self.version, "tree": self.tree.to_json(), "texts": texts, "note": self.note}


@dataclass(frozen=True)
class Upstream:
    """A newer state of the origin. base and texts: what it said when the flow was last in step with it."""

    was: int
    base: Tree
    texts: Mapping[str, str]
    newest: State


def upstream(flow: Flow, rebased_on: Mapping[str, Any] | None = None) -> Upstream | None:
    """The origin's newer state; None when there is none, or no origin. `rebased_on`: what the open draft
    was brought in step with already."""
    origin: FlowOrigin | None = getattr(flow, "origin", None)
    was = rebased_on["version"] if rebased_on else origin.version if origin else 0
    newest = _newer(flow, origin, was) if origin else None
    if origin is None or newest is None:
        return None
    if rebased_on:
        return Upstream(was, parse(rebased_on["tree"]), rebased_on.get("texts", {}), newest)
    return Upstream(was, parse(origin.tree), origin.texts, newest)


def rebased(onto: Upstream, tree: Tree, settled: dict[str, Side]) -> Merge:
    """The tree with what its origin changed since. "ours" of a conflict is the origin's side."""
    return merge3(base=onto.base, ours=onto.newest.tree, theirs=tree, settle=settled)


def retold(onto: Upstream, own: Mapping[str, str]) -> dict[str, str]:
    """A flow's texts with what its origin changed since: those that still say what they came with."""
    return told_anew(own, was=onto.texts, newest=onto.newest.texts)


def told_anew(own: Mapping[str, str], *, was: Mapping[str, str], newest: Mapping[str, str]) -> dict[str, str]:
    """Texts by name, those that still say what they `was` as the newest has them."""
    return {name: newest.get(name, value) if was.get(name) == value else value for name, value in own.items()}


def untouched(flow: Flow) -> bool:
    """Whether a starter still says what it came with."""
    version = flow.current_version
    return version is not None and content_hash(version.tree) == content_hash(parse(flow.origin.tree))


def starter_state(starter: Starter) -> State:
    texts = {"title": starter.title, "summary": starter.summary, "domain": starter.domain}
    return State(starter.version, _("the starter library"), starter.tree, texts, "\n".join(_lines(starter)))


def _lines(starter: Starter) -> Iterator[str]:
    yield _("Starter library, version %(number)s. It rests on:") % {"number": starter.version}
    yield from (f"{source.title}: {source.url}" for source in starter.sources)


def _newer(flow: Flow, origin: FlowOrigin, was: int) -> State | None:
    if origin.kind == FlowOrigin.Kind.STARTER:
        starter = catalogue.starters().get(origin.key)
        return starter_state(starter) if starter and starter.version > was else None
    source = flow.forked_from
    version = source.current_version if source else None
    if source is None or version is None or version.number <= was:
        return None
    return State(version.number, f"“{source.title}”", version.tree)
