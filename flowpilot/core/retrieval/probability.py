"""From scores to the probability that a hit is the right one: a logistic model of four figures.

The figures are the hit's score, its lead over the best rival, its lead over the mean of the best five (how
far it stands out of what resembles the question anyway), and the logarithm of the question's length. Pure.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from heapq import nlargest
from math import exp, log
from typing import Any, Self

Figures = tuple[float, float, float, float]
"""Score, lead over the best rival (below 0 for the rivals), lead over the mean of the best five rivals,
ln(1 + distinct lexemes of the question)."""
RIVALS = 5
ABSENT_BELOW = 0.8
"""Share of a score that a rival which is not there has at most."""
ROUNDS = 50
RIDGE = 1e-3
"""Keeps the fit finite when the outcomes can be told apart without error."""


def figures(score: float, rivals: Iterable[float], lexemes: int, *, background: float) -> Figures:
    """`rivals` are the scores of other texts, in any order. Those missing to five score as the worst of them,
    at least as `background`, but below the score itself: being the only text is no sign of being right.
    """
    best = nlargest(RIVALS, rivals)
    absent = max(min(background, ABSENT_BELOW * score), min(best, default=0.0))
    best = sorted([*best, *[absent] * (RIVALS - len(best))], reverse=True)
    return score, score - best[0], score - sum(best) / len(best), log(1 + lexemes)


@dataclass(frozen=True)
class Calibration:
    """sigmoid(bias + Σ weight · (figure - mean) / scale)"""

    bias: float
    weights: Figures
    means: Figures
    scales: Figures

    def probability(self, given: Figures) -> float:
        scaled = (
            weight * (figure - mean) / scale
            for weight, figure, mean, scale in zip(self.weights, given, self.means, self.scales, strict=True)
        )
        return _sigmoid(self.bias + sum(scaled))

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The inverse of `to_json`, for our own files and rows. Raises ValueError for coefficients of another
        number of figures."""
        return cls(
            bias=data["bias"],
            weights=_figures(data["weights"]),
            means=_figures(data["means"]),
            scales=_figures(data["scales"]),
        )


def fit(outcomes: Sequence[tuple[Figures, bool]]) -> Calibration:
    """The calibration under which these outcomes (figures, whether the hit was right) are most likely.

    Newton's method with a slight ridge. Raises ValueError when all outcomes are alike: nothing can be
    learned from them.
    """
    if len({right for _figures, right in outcomes}) < 2:
        raise ValueError("The outcomes are all alike.")
    columns = list(zip(*(given for given, _right in outcomes), strict=True))
    means = [sum(column) / len(column) for column in columns]
    scales = [_deviation(column, mean) or 1.0 for column, mean in zip(columns, means, strict=True)]
    rows = [
        [1.0, *((figure - mean) / scale for figure, mean, scale in zip(given, means, scales, strict=True))]
        for given, _right in outcomes
    ]
    weights = _newton(rows, [float(right) for _given, right in outcomes])
    return Calibration(weights[0], _figures(weights[1:]), _figures(means), _figures(scales))


def expected_calibration_error(outcomes: Sequence[tuple[float, bool]], bins: int = 10) -> float:
    """Mean distance between the probability that was said and the share that came true, over equal bins."""
    binned: dict[int, list[tuple[float, bool]]] = {}
    for said, right in outcomes:
        binned.setdefault(min(bins - 1, int(said * bins)), []).append((said, right))
    return sum(
        abs(sum(said for said, _right in inside) - sum(right for _said, right in inside))
        for inside in binned.values()
    ) / max(1, len(outcomes))


def log_loss(outcomes: Sequence[tuple[float, bool]]) -> float:
    """Mean surprise at what came true, in nats: the lower, the better the probabilities."""
    surprise = (-log(max(1e-12, said if right else 1 - said)) for said, right in outcomes)
    return sum(surprise) / max(1, len(outcomes))


def _sigmoid(value: float) -> float:
    return 1.0 / (1.0 + exp(-value)) if value >= 0 else 1.0 - 1.0 / (1.0 + exp(value))


def _deviation(column: Sequence[float], mean: float) -> float:
    return (sum((value - mean) ** 2 for value in column) / len(column)) ** 0.5


def _figures(values: Sequence[float]) -> Figures:
    one, two, three, four = values
    return one, two, three, four


def _newton(rows: Sequence[Sequence[float]], wanted: Sequence[float]) -> list[float]:
    weights = [0.0] * len(rows[0])
    for _round in range(ROUNDS):
        gradient = [-RIDGE * len(rows) * weight for weight in weights]
        curvature = [[0.0] * len(weights) for _row in weights]
        for row, right in zip(rows, wanted, strict=True):
            said = _sigmoid(sum(weight * value for weight, value in zip(weights, row, strict=True)))
            _add(gradient, curvature, row, right - said, said * (1 - said))
        for place in range(len(weights)):
            curvature[place][place] += RIDGE * len(rows)
        step = _solved(curvature, gradient)
        weights = [weight + change for weight, change in zip(weights, step, strict=True)]
        if max(map(abs, step)) < 1e-9:
            break
    return weights


def _add(
    gradient: list[float], curvature: list[list[float]], row: Sequence[float], error: float, slope: float
) -> None:
    for place, value in enumerate(row):
        gradient[place] += value * error
        for other, second in enumerate(row):
            curvature[place][other] += value * second * slope


def _solved(matrix: list[list[float]], vector: list[float]) -> list[float]:
    """Gauss with pivots; the matrix is positive definite thanks to the ridge."""
    rows = [[*row, value] for row, value in zip(matrix, vector, strict=True)]
    size = len(rows)
    for place in range(size):
        pivot = max(range(place, size), key=lambda row: abs(rows[row][place]))
        rows[place], rows[pivot] = rows[pivot], rows[place]
        for below in range(place + 1, size):
            factor = rows[below][place] / rows[place][place]
            rows[below] = [one - factor * other for one, other in zip(rows[below], rows[place], strict=True)]
    solution = [0.0] * size
    for place in reversed(range(size)):
        known = sum(rows[place][other] * solution[other] for other in range(place + 1, size))
        solution[place] = (rows[place][size] - known) / rows[place][place]
    return solution
