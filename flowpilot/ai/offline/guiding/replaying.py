"""How a resolved session would have fared in a tree: to its own fix, away from it, or nowhere near.

What the session is known to have answered decides the way; where it says nothing, every way stays open. So
"wrong" is said only of a tree whose own questions, answered as they were, lead away from what helped.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal
from uuid import UUID

from flowpilot.ai.contracts import Grounding, SessionFacts, SourceSpan
from flowpilot.ai.offline.guiding.answers import solved_option, unsolved_option
from flowpilot.ai.offline.guiding.repeats import Done, done_of, found_in, is_same, told
from flowpilot.ai.offline.guiding.walking import option_known
from flowpilot.ai.offline.many.words import answer_key
from flowpilot.flows.document import Node, Option, Tree

Fate = Literal["right", "wrong", "uncovered"]
"""It comes to its fix, and from there to a resolution; its answers lead away from the fix, or the fix leads
to no resolution; the tree does not have the fix."""

_LINES_READ: Final = 40
"""Lines of a long resolution in which a step of the tree is looked for."""
_CATCH_ALL: Final = frozenset({"other", "else", "none", "neither", "another", "different"})


Traces = Mapping[str, Set[UUID | None]]
"""By node: the steps of one session that it is known to come from; None stands for what resolved it. So a
step that was put in words of its own is recognised."""

WORSE_BY: Final = 0.2
"""Of the chance to come to the fix: what a tree may take away before it counts as worse. An answer more to a
question that was not asked takes less, a way that was closed takes more."""


@dataclass(frozen=True)
class Replayed:
    """`chance`: how likely the session comes to its fix and from there to a resolution, 0.0 to 1.0, every
    answer that is not known counted as equally likely.

    `node`: the fix for "right"; for "wrong" the step at which it goes astray, with the option taken there
    ("" where the fix itself is the trouble). Both are "" for "uncovered".
    """

    fate: Fate
    chance: float = 0.0
    node: str = ""
    option: str = ""

    def worse_than(self, before: "Replayed") -> bool:
        """Whether this is a loss compared with how the session fared in another tree."""
        return before.chance - self.chance >= WORSE_BY


def traces_of(grounding: Grounding, session: UUID) -> dict[str, set[UUID | None]]:
    """What a draft's grounding says about one session, by node."""
    found: dict[str, set[UUID | None]] = {}
    for key, spans in grounding.items():
        steps = {span.step for span in spans if span.session == session and _tells(span)}
        if steps and "/" not in key:
            found[key] = steps
    return found


def _tells(span: SourceSpan) -> bool:
    return span.step is not None or span.field in ("resolution", "resolution_action")


def replay(session: SessionFacts, tree: Tree, traces: Traces | None = None) -> Replayed:
    """Walk a valid tree with what a resolved session did."""
    return _Walk(session, tree, traces or {}).replayed()


class _Walk:
    """One session in one tree."""

    def __init__(self, session: SessionFacts, tree: Tree, traces: Traces) -> None:
        self._tree, self._traces = tree, traces
        self._done = done_of(session.steps)
        self._fixes = tuple(_fixes_of(session))
        self._worked = {step.id for step in session.steps if step.outcome == "worked"}

    def replayed(self) -> Replayed:
        fixes = {node.id for node in self._tree.nodes if self._is_fix(node)}
        if not fixes:
            return Replayed("uncovered")
        reached = list(
            _reached([self._tree.root], lambda n: () if n.id in fixes else self._ways(n), self._tree)
        )
        found = [node for node in reached if node.id in fixes]
        good = next((node for node in found if _ends_well(node, self._tree)), None)
        if good is not None:
            return Replayed("right", self._chance(reached, fixes), good.id)
        return Replayed("wrong", 0.0, found[0].id) if found else self._astray(reached, fixes)

    def _is_fix(self, node: Node) -> bool:
        if node.kind not in ("action", "resolution"):
            return False
        traced = self._traces.get(node.id, frozenset())
        known = node.kind == "action" and (None in traced or not self._worked.isdisjoint(traced))
        return known or any(is_same(fix, node) for fix in self._fixes)

    def _ways(self, node: Node) -> tuple[Option, ...]:
        """The options that the session may have taken at a node that was not its fix."""
        before = self._before(node)
        option = option_known(before, node, self._tree) if before else None
        if option is not None:
            return (option,)
        if before is not None and before.step is not None and before.step.chosen:
            return tuple(each for each in node.options if _catches_all(each))
        vain = unsolved_option(node, self._tree) if node.kind == "action" else None
        return (vain,) if vain else self._open_ways(node)

    def _open_ways(self, node: Node) -> tuple[Option, ...]:
        """The first step asks whether it is this problem, and of these sessions that is known."""
        if node.id != self._tree.root:
            return node.options
        inward = tuple(option for option in node.options if _may_resolve([option], self._tree))
        return inward or node.options

    def _before(self, node: Node) -> Done | None:
        traced = self._traces.get(node.id, frozenset())
        own = (done for done in self._done if done.step is not None and done.step.id in traced)
        return next(own, None) or found_in(self._done, node)

    def _chance(self, reached: Sequence[Node], fixes: Set[str]) -> float:
        known: dict[str, float] = {}

        def chance(node: Node) -> float:
            if node.id not in known:
                ways = () if node.id in fixes else self._ways(node)
                shares = [chance(self._tree.node(option.next)) for option in ways]
                known[node.id] = (
                    sum(shares) / len(shares)
                    if shares
                    else float(node.id in fixes and _ends_well(node, self._tree))
                )
            return known[node.id]

        return chance(reached[0])

    def _astray(self, reached: Sequence[Node], fixes: Set[str]) -> Replayed:
        """The first answer that leads away from every fix, though another one at its step would not."""
        for node in reached:
            taken = self._ways(node)
            if not _leads_to(taken, fixes, self._tree) and _leads_to(node.options, fixes, self._tree):
                return Replayed("wrong", 0.0, node.id, taken[0].id if taken else "")
        return Replayed("wrong", 0.0, self._tree.root)


def _fixes_of(session: SessionFacts) -> Iterator[Done]:
    """What put it right: as it was named, else what worked, else the lines of the resolution."""
    if session.resolution_action.strip():
        yield told(session.resolution_action)
        return
    worked = [step.title for step in session.steps if step.kind != "question" and step.outcome == "worked"]
    if worked:
        yield told(worked[-1])
        return
    lines = [line.strip(" -*#>0123456789.") for line in session.resolution.splitlines()]
    yield from (told(line) for line in [line for line in lines if line][:_LINES_READ])


def _ends_well(node: Node, tree: Tree) -> bool:
    """Whether a fix that helped leads to a resolution."""
    solved = solved_option(node, tree)
    ways = (solved,) if solved else node.options
    if not ways:
        return node.kind == "resolution"
    return _may_resolve(ways, tree)


def _may_resolve(options: Iterable[Option], tree: Tree) -> bool:
    return any(node.kind == "resolution" for node in _below(options, tree))


def _leads_to(options: Iterable[Option], nodes: Set[str], tree: Tree) -> bool:
    return any(node.id in nodes for node in _below(options, tree))


def _reached(starts: Iterable[str], ways: Callable[[Node], Iterable[Option]], tree: Tree) -> Iterator[Node]:
    """Every node that these ways lead to, the starts included, each once, the nearest first."""
    queue = list(dict.fromkeys(starts))
    seen = set(queue)
    for node_id in queue:
        node = tree.node(node_id)
        yield node
        for option in ways(node):
            if option.next not in seen:
                seen.add(option.next)
                queue.append(option.next)


def _below(options: Iterable[Option], tree: Tree) -> Iterator[Node]:
    return _reached([option.next for option in options], lambda node: node.options, tree)


@lru_cache(maxsize=4096)
def _catches_all(option: Option) -> bool:
    """Whether an option is for every answer that no other one is for."""
    return answer_key(option.label) == "" or not _CATCH_ALL.isdisjoint(option.label.lower().split())
