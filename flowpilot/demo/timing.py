"""The clock of a session: when each step was asked and answered, and how sure the engine was then."""

from datetime import datetime, timedelta
from random import Random

from flowpilot.demo.plots import Beat, Plot
from flowpilot.demo.shapes import DemoStep

_SCORES = {"guided": (0.82, 0.97), "exploring": (0.42, 0.79), "discovery": (0.12, 0.38)}


def final_confidence(rng: Random, plot: Plot, *, known_problem: bool) -> float:
    """Where the engine's confidence ends up: high with a flow, middling without, low with neither."""
    if plot.guided:
        tiers, weights = ("guided", "exploring"), (0.88, 0.12)
    elif known_problem:
        tiers, weights = ("exploring", "discovery"), (0.78, 0.22)
    else:
        tiers, weights = ("exploring", "discovery"), (0.15, 0.85)
    return round(rng.uniform(*_SCORES[rng.choices(tiers, weights)[0]]), 2)


def played(rng: Random, plot: Plot, start: datetime, confidence: float | None) -> list[DemoStep]:
    """The plot's beats one after the other, all answered."""
    at = start + timedelta(seconds=rng.uniform(40, 200))
    steps = []
    for place, beat in enumerate(plot.beats, start=1):
        answered = at + timedelta(minutes=max(0.3, beat.minutes * rng.lognormvariate(0, 0.45)))
        steps.append(_step(beat, at, answered, _on_the_way(rng, confidence, place / len(plot.beats))))
        at = answered + timedelta(seconds=rng.uniform(4, 60))
    return steps


def _on_the_way(rng: Random, final: float | None, share: float) -> float | None:
    """Confidence grows towards its final value, with a little noise until then."""
    if final is None:
        return None
    if share == 1:
        return final
    return round(min(0.99, max(0.05, final * (0.7 + 0.3 * share) + rng.uniform(-0.05, 0.05))), 2)


def _step(beat: Beat, asked: datetime, answered: datetime, confidence: float | None) -> DemoStep:
    return DemoStep(
        kind=beat.kind,
        source=beat.source,
        node_id=beat.node_id,
        title=beat.title,
        body=beat.body,
        options=beat.options,
        chosen=beat.chosen,
        response=beat.response,
        outcome=beat.outcome,
        confidence_after=confidence,
        asked_at=asked,
        answered_at=answered,
    )
