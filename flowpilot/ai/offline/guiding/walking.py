"""Where a session stands in a tree: its answers followed from a node on, what was done before left out."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from flowpilot.ai.contracts import StepFacts
from flowpilot.ai.offline.guiding.answers import chosen_of, option_said, solved_option, unsolved_option
from flowpilot.ai.offline.guiding.repeats import Done, found_in, is_answered
from flowpilot.flows.document import Node, Option, Tree

Need = Literal["take", "answer", "skipped", "result", "end", "lost"]
"""What a node is there for now: to be taken; its answer could not be read; it was skipped, though the way on
hangs on it; it was done before and only what came of it is missing; the way ends here; none of its answers
fits."""

_NONE_FITS: Final = re.compile(
    r"\bnone of (?:these|them|the above|those)\b|\bneither\b|\bsomething else\b", re.IGNORECASE
)
_PATIENCE: Final = 2
"""Answers that cannot be read, after which asking again is no help."""


@dataclass(frozen=True)
class Stand:
    node: Node
    need: Need
    left_out: tuple[str, ...]
    """Titles of the steps that were passed over because they were done before."""
    way: tuple[tuple[Node, Option], ...]
    """The nodes that were answered or passed over, with the option taken."""
    before: Done | None = None
    """For `result`: what was done before."""


def stand_in(
    tree: Tree, start: str, steps_at: Callable[[str], Sequence[StepFacts]], done: Sequence[Done]
) -> Stand:
    """Follow the answers from node `start`. `steps_at` gives the session's steps at a node of this tree;
    `done` is what was done elsewhere."""
    node = tree.node(start)
    left_out: list[str] = []
    way: list[tuple[Node, Option]] = []
    while node.options:
        answered = [step for step in steps_at(node.id) if is_answered(step)]
        option = _answer(answered, node, tree)
        if option is None and answered:
            return Stand(node, _unread(answered), tuple(left_out), tuple(way))
        if option is None:
            before = found_in(done, node)
            option = option_known(before, node, tree) if before else None
            if option is None:
                need: Need = "result" if before and node.kind == "action" else "take"
                return Stand(node, need, tuple(left_out), tuple(way), before)
            left_out.append(node.title)
        way.append((node, option))
        node = tree.node(option.next)
    return Stand(node, "end", tuple(left_out), tuple(way))


def _answer(answered: Sequence[StepFacts], node: Node, tree: Tree) -> Option | None:
    """The newest answer that can be read."""
    found = (chosen_of(step, node, tree) for step in reversed(answered))
    return next((option for option in found if option is not None), None)


def _unread(answered: Sequence[StepFacts]) -> Need:
    said = answered[-1].chosen or answered[-1].response
    if len(answered) >= _PATIENCE or _NONE_FITS.search(said):
        return "lost"
    return "skipped" if answered[-1].outcome == "skipped" else "answer"


def option_known(before: Done, node: Node, tree: Tree) -> Option | None:
    """What came of something done elsewhere: what was answered there, else that it did not help."""
    step = before.step
    if step is None:
        return unsolved_option(node, tree)
    found = option_said(step.chosen or step.response, node, tree)
    if found is None and step.outcome is not None:
        found = solved_option(node, tree) if step.outcome == "worked" else unsolved_option(node, tree)
    return found
