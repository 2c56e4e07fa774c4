"""How a session walked the flow that it had pinned: to its end, or off it, and where."""

from collections.abc import Sequence
from dataclasses import dataclass

from flowpilot.ai.contracts import SessionFacts, StepFacts
from flowpilot.ai.offline.many.observing import observe
from flowpilot.ai.offline.many.words import SAME_MEANING, answer_key, read, similarity, verdict_of
from flowpilot.flows.document import Node, Option, Tree


@dataclass(frozen=True)
class Leaving:
    """Where a session left the flow: a node, and the option it took there last, if one of the node's."""

    node: str
    option: str | None
    said: str = ""
    """What was answered instead, where no option fitted."""


@dataclass(frozen=True)
class Walk:
    """A session on its flow. `followed` sessions were resolved by it; those that left it have `left_at`."""

    path: tuple[tuple[str, str | None], ...]
    """Node and option ids, in the order walked; None where no option of the node was taken."""
    end: str | None
    """The resolution or escalation that was reached."""
    followed: bool
    left_at: Leaving | None
    own: tuple[StepFacts, ...]
    """The engineer's own steps from there on; the fix is among them, or only in the resolution's words."""


def walk(session: SessionFacts, tree: Tree) -> Walk:
    """How a session followed a tree: the version that it pinned, or a later one that kept the node ids.

    It followed if it reached a resolution and no own step was what fixed it. It left at the last flow step
    before its own fix, or at its last flow step where it came to no end. A session that was escalated where
    the flow says so neither followed nor left.
    """
    steps = sorted(session.steps, key=lambda step: (step.order, step.id))
    on_flow = [step for step in steps if step.source == "flow" and step.node_id in tree]
    taken = [(step, _option_taken(step, tree.node(str(step.node_id)))) for step in on_flow]
    path = tuple((str(step.node_id), option.id if option else None) for step, option in taken)
    end = _end(taken, tree)
    fix = _own_fix(session, tree, {node for node, _ in path})
    reached = end is not None and tree.node(end).kind == "resolution"
    if session.outcome == "resolved" and reached and fix is None:
        return Walk(path, end, True, None, ())
    before = [each for each in taken if fix is None or each[0].order < fix.order]
    left_at = _leaving(before[-1]) if before else Leaving(tree.root, None)
    since = before[-1][0].order if before else -1
    own = tuple(step for step in steps if step.source != "flow" and step.order > since)
    if session.outcome != "resolved" and end is not None and not own:
        return Walk(path, end, False, None, ())
    return Walk(path, end, False, left_at, own)


def _option_taken(step: StepFacts, node: Node) -> Option | None:
    """By id, else by what the label says, else by whether the act worked."""
    by_id = {option.id: option for option in node.options}
    if step.chosen_option_id in by_id:
        return by_id[str(step.chosen_option_id)]
    labels = [option.label for option in node.options]
    said = answer_key(step.chosen or step.response, labels)
    for option in node.options:
        if said and answer_key(option.label, labels) == said:
            return option
    worked = {"worked": True, "did_not_work": False}.get(step.outcome or "")
    return next(
        (each for each in node.options if worked is not None and verdict_of(each.label) is worked), None
    )


def _end(taken: Sequence[tuple[StepFacts, Option | None]], tree: Tree) -> str | None:
    """The end that the last step led to, or that was recorded as a step itself."""
    if not taken:
        return None
    step, option = taken[-1]
    node = tree.node(option.next if option else str(step.node_id))
    return None if node.options else node.id


def _own_fix(session: SessionFacts, tree: Tree, walked: set[str]) -> StepFacts | None:
    """The own step that fixed it; None if a step of the flow did, or only the resolution tells of one."""
    if session.outcome != "resolved":
        return None
    observed = observe([session])[0]
    ids = {observed.observations[fix].step for fix in observed.fixes}
    steps = [step for step in session.steps if step.id in ids and step.source != "flow"]
    own = [step for step in steps if not _restates(step.title, tree, walked)]
    return min(own, key=lambda step: (step.order, step.id), default=None)


def _restates(title: str, tree: Tree, walked: set[str]) -> bool:
    """Whether an own step only says again what an act of the flow said that was walked."""
    acts = [tree.node(node).title for node in sorted(walked) if tree.node(node).kind == "action"]
    return any(similarity(read(title), read(act), {}) >= SAME_MEANING for act in acts)


def _leaving(last: tuple[StepFacts, Option | None]) -> Leaving:
    step, option = last
    if option is not None:
        return Leaving(str(step.node_id), option.id)
    return Leaving(str(step.node_id), None, (step.chosen or step.response).strip())
