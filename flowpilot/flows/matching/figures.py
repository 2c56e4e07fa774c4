"""From the answers of a trial to the figures that matching is judged by."""

from collections.abc import Sequence
from typing import Any

from flowpilot.core.retrieval.probability import expected_calibration_error
from flowpilot.flows.matching.tiers import tier_for
from flowpilot.flows.matching.trial import Answer, Trial

TIERS = ("guided", "exploring", "discovery")


def figures_of(trial: Trial) -> dict[str, Any]:
    """All figures, shares from 0 to 1, times in milliseconds.

    Recall and rank count the questions that have an entry; tiers count all: "precision" is the share of the
    tier whose first hit is right, "coverage" the share of the questions that reach it.
    """
    answers = trial.answers
    answerable = [answer for answer in answers if answer.question.id is not None]
    return {
        "n": len(answers),
        "n_without_flow": len(answers) - len(answerable),
        "library": trial.entries,
        **{f"recall_at_{depth}": _recall(answerable, depth) for depth in (1, 5, 10)},
        "mrr_at_10": _mean(
            [1 / (answer.place + 1) for answer in answerable if answer.place is not None], answerable
        ),
        "tiers": {tier: _tier(answers, tier) for tier in TIERS} if _has_probabilities(answers) else None,
        "expected_calibration_error": _calibration_error(answers),
        "database_ms": _percentiles([answer.database_ms for answer in answers]),
        "total_ms": _percentiles([answer.total_ms for answer in answers]),
        "encoded_per_second": _rounded(trial.encoded_per_second),
        "index_seconds": _rounded(trial.index_seconds),
        "peak_megabytes": _rounded(trial.peak_megabytes),
    }


def _recall(answers: Sequence[Answer], depth: int) -> float | None:
    found = [1.0 for answer in answers if answer.place is not None and answer.place < depth]
    return _mean(found, answers)


def _mean(values: Sequence[float], over: Sequence[object]) -> float | None:
    return round(sum(values) / len(over), 4) if over else None


def _has_probabilities(answers: Sequence[Answer]) -> bool:
    return any(answer.probability is not None for answer in answers)


def _tier(answers: Sequence[Answer], tier: str) -> dict[str, Any]:
    inside = [answer for answer in answers if tier_for(answer.probability or 0.0) == tier]
    return {
        "n": len(inside),
        "coverage": _mean([1.0] * len(inside), answers),
        "precision": _mean([1.0 for answer in inside if answer.is_right], inside),
        "without_flow": _mean([1.0 for answer in inside if answer.question.id is None], inside),
    }


def _calibration_error(answers: Sequence[Answer]) -> float | None:
    said = [(answer.probability, answer.is_right) for answer in answers if answer.probability is not None]
    return round(expected_calibration_error(said), 4) if said else None


def _percentiles(values: Sequence[float]) -> dict[str, float] | None:
    """The middle and the value that 19 of 20 stay below."""
    if not values:
        return None
    ordered = sorted(values)
    at = {"p50": 0.5, "p95": 0.95}
    return {name: round(ordered[int((len(ordered) - 1) * share)], 2) for name, share in at.items()}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
