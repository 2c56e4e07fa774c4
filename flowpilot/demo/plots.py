"""What happens in a session, before anybody looks at the clock: a list of beats and how it turns out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from random import Random

from flowpilot.ai.contracts import StepSource
from flowpilot.demo.casting import Cast
from flowpilot.demo.catalogue import steps_of
from flowpilot.demo.chance import weighted
from flowpilot.demo.material import Cause, Flow, Leave, Problem, Route, Step, moves
from flowpilot.demo.shapes import DemoOption
from flowpilot.flows.document import Node, Option, Tree

SOLVED, NOT_SOLVED = DemoOption("o1", "Solved"), DemoOption("o2", "Not solved")
_DEAD_ENDS = [(0, 0.45), (1, 0.4), (2, 0.15)]
_OPTIONAL_KEPT = 0.65
_REMARK_MADE = 0.7
_FIX_TRIED = 0.5
"""In sessions that were escalated: the right idea, but it did not help here."""
_ACTION_IS_TITLE = 0.6
_NODE_MINUTES = {"question": (1.5, 5.0), "action": (4.0, 16.0)}


@dataclass(frozen=True, slots=True)
class Beat:
    """One step without its times; `minutes` is how long it took."""

    kind: str
    source: StepSource
    title: str
    body: str
    options: tuple[DemoOption, ...]
    chosen: DemoOption | None
    response: str
    outcome: str
    minutes: float
    node_id: str = ""


@dataclass(frozen=True, slots=True)
class Plot:
    beats: tuple[Beat, ...]
    guided: bool
    """Whether a flow was followed to its end."""
    summary: str = ""
    action: str = ""
    reason: str = ""


def follow(rng: Random, flow: Flow, route: Route, cast: Cast) -> Plot:
    """A flow from its root to a resolution or an escalation."""
    beats = _named(_through(rng, flow.tree, route.path, route.says), cast)
    if route.resolves:
        return Plot(beats, True, *_words(rng, cast, beats, route.resolutions, route.actions))
    return Plot(beats, True, reason=cast.fill(rng.choice(route.reasons)))


def leave(rng: Random, flow: Flow, problem: Problem, way: Leave, cast: Cast) -> Plot:
    """A flow up to where it did not help, then what the engineer did instead."""
    beats = [*_through(rng, flow.tree, way.path, way.says)]
    beats += _beats(rng, problem, way.moves, "engineer")
    return Plot(_named(beats, cast), False, *_words(rng, cast, beats, way.resolutions, way.actions))


def explore(rng: Random, problem: Problem, cause: Cause, cast: Cast, *, solved: bool = True) -> Plot:
    """From question to question without a flow; an unsolved one ends before or with the failing fix."""
    beats = _beats(rng, problem, cause.path, "offline")
    detours = [
        _beat(rng, problem.steps[name], "did_not_work", rng.choice(["offline", "engineer"]))
        for name in rng.sample(cause.dead_ends, min(len(cause.dead_ends), weighted(rng, _DEAD_ENDS)))
    ]
    for detour in detours:
        beats.insert(rng.randrange(min(1, len(beats) - 1), len(beats)), detour)
    if solved:
        return Plot(_named(beats, cast), False, *_words(rng, cast, beats, cause.resolutions, cause.actions))
    last = problem.steps[moves(cause.path[-1:])[0].step]
    tried = not last.options and rng.random() < _FIX_TRIED
    beats[-1:] = [_beat(rng, last, "did_not_work", "offline")] if tried else []
    return Plot(_named(beats, cast), False, reason=cast.fill(rng.choice(problem.escalations)))


def cut_short(rng: Random, plot: Plot) -> Plot:
    """The same story broken off somewhere before its end."""
    kept = rng.randrange(1, max(2, len(plot.beats)))
    return Plot(plot.beats[:kept], False)


def _named(beats: Iterable[Beat], cast: Cast) -> tuple[Beat, ...]:
    return tuple(replace(beat, response=cast.fill(beat.response)) for beat in beats)


def _words(
    rng: Random, cast: Cast, beats: Sequence[Beat], resolutions: Sequence[str], actions: Sequence[str]
) -> tuple[str, str]:
    """What the engineer writes at the end: a summary, and the step that did it by its title or anew."""
    worked = [beat.title for beat in beats if beat.outcome == "worked"]
    action = worked[-1] if worked and rng.random() < _ACTION_IS_TITLE else rng.choice(actions)
    return cast.fill(rng.choice(resolutions)), cast.fill(action)


def _beats(rng: Random, problem: Problem, path: Iterable[str], source: StepSource) -> list[Beat]:
    kept = [move for move in moves(path) if not move.optional or rng.random() < _OPTIONAL_KEPT]
    return [_beat(rng, problem.steps[move.step], move.answer, source) for move in kept]


def _beat(rng: Random, step: Step, answer: str, source: StepSource) -> Beat:
    options = _options(step)
    chosen = next((option for option in options if option.label == answer), None)
    if not step.options:
        chosen = SOLVED if answer == "worked" else NOT_SOLVED
    return Beat(
        kind=step.kind,
        source=source,
        title=rng.choice(step.titles),
        body=step.text,
        options=options,
        chosen=chosen,
        response=_remark(rng, step.says.get(answer, ())),
        outcome=_outcome(step, answer),
        minutes=step.minutes,
    )


def _options(step: Step) -> tuple[DemoOption, ...]:
    if not step.options:
        return SOLVED, NOT_SOLVED
    return tuple(DemoOption(f"o{place}", label) for place, label in enumerate(step.options, start=1))


def _outcome(step: Step, answer: str) -> str:
    """Actions work or do not; looking something up has no outcome."""
    if step.kind != "action":
        return ""
    return "worked" if step.options else answer


def _through(rng: Random, tree: Tree, path: Iterable[str], says: dict[str, tuple[str, ...]]) -> list[Beat]:
    return [_node(rng, tree, node, option, says.get(node.id, ())) for node, option in steps_of(tree, path)]


def _node(rng: Random, tree: Tree, node: Node, option: Option | None, remarks: tuple[str, ...]) -> Beat:
    return Beat(
        kind=node.kind,
        source="flow",
        title=node.title,
        body=node.body,
        options=tuple(DemoOption(option.id, option.label) for option in node.options),
        chosen=DemoOption(option.id, option.label) if option else None,
        # Where no option fits, the remark is the answer.
        response=rng.choice(remarks) if option is None else _remark(rng, remarks),
        outcome=_node_outcome(tree, node, option),
        minutes=rng.uniform(*_NODE_MINUTES[node.kind]),
        node_id=node.id,
    )


def _node_outcome(tree: Tree, node: Node, option: Option | None) -> str:
    """An action of a flow worked if the flow ends well with its answer; in between nobody says."""
    if node.kind != "action" or option is None:
        return ""
    return {"resolution": "worked", "escalation": "did_not_work"}.get(tree.node(option.next).kind, "")


def _remark(rng: Random, remarks: tuple[str, ...]) -> str:
    return rng.choice(remarks) if remarks and rng.random() < _REMARK_MADE else ""
