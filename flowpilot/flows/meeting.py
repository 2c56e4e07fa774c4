"""Two drafts of one flow that were saved on top of the same state: what is different in the other one."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from django.utils.translation import gettext as _

from flowpilot.flows.actions import Texts
from flowpilot.flows.document import Tree
from flowpilot.flows.drafting import Work
from flowpilot.flows.editor import drawable
from flowpilot.flows.models import FlowDraft
from flowpilot.flows.telling import FIELDS, Difference, compared
from flowpilot.flows.trees.marks import Marked, marked


@dataclass(frozen=True)
class Theirs:
    """The other draft: drawn and marked against one's own as far as both can be, and what the drawing does
    not show, in words from one's own to theirs."""

    draft: FlowDraft
    tree: Tree | None
    marks: Marked | None
    beside: list[Difference]


def theirs_of(work: Work, draft: FlowDraft) -> Theirs:
    theirs, own = drawable(draft.work), drawable(work.tree)
    marks = marked(own, theirs) if own and theirs else None
    drawn = {one.node.id for one in marks.nodes if one.state != "removed"} if marks else set()
    drawn |= {node.id for node in work.tree.nodes if marks and node.id not in draft.work}
    beside = [*_texts(work.texts, Texts.of(draft)), *_steps(work.tree, draft.work, drawn)]
    return Theirs(draft, theirs, marks, beside)


def _texts(own: Texts, theirs: Texts) -> Iterator[Difference]:
    was = asdict(own)
    for name, value in asdict(theirs).items():
        if was[name] != value:
            yield Difference(str(FIELDS[name]), compared(was[name], value))


def _steps(own: Tree, theirs: Tree, drawn: set[str]) -> Iterator[Difference]:
    """Steps that are drawn on no side, or that nothing can be drawn of, where they are different."""
    for node_id in dict.fromkeys(node.id for tree in (theirs, own) for node in tree.nodes):
        before, after = (_written(tree, node_id) for tree in (own, theirs))
        if node_id not in drawn and before != after:
            yield Difference(_("Step that is not drawn"), compared(before, after))
    if not drawn and own.root != theirs.root:
        yield Difference(_("First step"), compared(_first(own), _first(theirs)))


def _written(tree: Tree, node_id: str) -> str:
    """A step as text; "" where it is not there."""
    if node_id not in tree:
        return ""
    node = tree.node(node_id)
    script = node.script.body if node.script else ""
    answers = "\n".join(f"{option.label} → {_title(tree, option.next)}" for option in node.options)
    return "\n".join(part for part in (_title(tree, node_id), node.body, script, answers) if part)


def _first(tree: Tree) -> str:
    return _title(tree, tree.root)


def _title(tree: Tree, node_id: str) -> str:
    known = tree.node(node_id).title if node_id in tree else ""
    return known or _("Untitled")
