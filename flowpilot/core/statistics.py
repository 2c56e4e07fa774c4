"""Shares with their uncertainty: one formula for every rate that the product shows or compares."""

from dataclasses import dataclass
from math import sqrt

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
