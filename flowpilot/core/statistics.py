"""Shares with their uncertainty: one formula for every rate that the product shows or compares."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt
from random import Random

Z95, Z80 = 1.959964, 1.281552
"""Quantiles of the normal distribution for two-sided intervals of 95 % and 80 %."""

ENOUGH = 20
"""From this many cases on a share is shown; with fewer, "not enough data" stands in its place."""


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `n`, and the interval in which the true share lies: all between 0.0 and 1.0.

    With n = 0 nothing is known: rate is None, low 0.0, high 1.0.
    """

    hits: int
    n: int
    low: float
    high: float

    @property
    def rate(self) -> float | None:
        return self.hits / self.n if self.n else None

    @property
    def enough(self) -> bool:
        return self.n >= ENOUGH


def wilson(hits: int, n: int, *, z: float = Z95) -> Share:
    """The share with its Wilson score interval. Raises `ValueError` unless 0 <= hits <= n.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of
    the American Statistical Association 22 (1927), 209–212. It holds for few cases and for shares near 0
    and 1, where the normal interval does not: Brown, Cai, DasGupta, "Interval estimation for a binomial
    proportion", Statistical Science 16 (2001), 101–133.
    """
    if not 0 <= hits <= n:
        raise ValueError(f"{hits} of {n} is no share")
    if n == 0:
        return Share(0, 0, 0.0, 1.0)
    share, squared = hits / n, z * z
    centre = share + squared / (2 * n)
    spread = z * sqrt(share * (1 - share) / n + squared / (4 * n * n))
    scale = 1 + squared / n
    low = 0.0 if hits == 0 else max(0.0, (centre - spread) / scale)
    high = 1.0 if hits == n else min(1.0, (centre + spread) / scale)
    return Share(hits, n, low, high)


def difference(after: Share, before: Share, *, z: float = Z95) -> tuple[float, float]:
    """The interval of `after` minus `before`, two independent shares; from -1.0 to 1.0.

    Source: R. G. Newcombe, "Interval estimation for the difference between independent proportions",
    Statistics in Medicine 17 (1998), 873–890, method 10: from the two Wilson intervals.
    """
    one, other = wilson(after.hits, after.n, z=z), wilson(before.hits, before.n, z=z)
    if one.rate is None or other.rate is None:
        return -1.0, 1.0
    gap = one.rate - other.rate
    down = sqrt((one.rate - one.low) ** 2 + (other.high - other.rate) ** 2)
    up = sqrt((one.high - one.rate) ** 2 + (other.rate - other.low) ** 2)
    return max(-1.0, gap - down), min(1.0, gap + up)


def percentile(values: Sequence[float], share: float) -> float | None:
    """The value below which that share of the values lies, which come in ascending order; between two of them
    in proportion, as PostgreSQL's `percentile_cont`. None of nothing.

    Source: R. J. Hyndman, Y. Fan, "Sample quantiles in statistical packages", The American Statistician 50
    (1996), 361–365, definition 7.
    """
    if not values:
        return None
    place = (len(values) - 1) * share
    below = int(place)
    above = min(below + 1, len(values) - 1)
    return values[below] + (values[above] - values[below]) * (place - below)


def calibration_error(bins: Sequence[tuple[float, int, int]]) -> float:
    """Expected calibration error, 0.0 to 1.0, over bins of (sum of probabilities, number that came true, n).

    Source: Naeini, Cooper, Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning",
    AAAI 2015: the differences between mean probability and frequency, weighted by n.
    """
    whole = sum(n for _told, _true, n in bins)
    return sum(abs(told - true) for told, true, _n in bins) / whole if whole else 0.0


def bootstrap(
    after: Sequence[float],
    before: Sequence[float],
    of: Callable[[Sequence[float]], float],
    *,
    rounds: int = 500,
    seed: int = 1,
) -> tuple[float, float]:
    """The percentile interval (95 %) of `of(after) - of(before)`, by drawing both samples again. The same
    seed gives the same interval. Raises `ValueError` for an empty sample.

    Source: B. Efron, R. J. Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 13.
    """
    if not after or not before:
        raise ValueError("There is nothing to draw from")
    random = Random(seed)  # noqa: S311 statistics, no secret
    drawn = sorted(
        of(random.choices(after, k=len(after))) - of(random.choices(before, k=len(before)))
        for _round in range(rounds)
    )
    return drawn[int(rounds * 0.025)], drawn[min(rounds - 1, int(rounds * 0.975))]
