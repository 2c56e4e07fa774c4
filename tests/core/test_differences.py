"""Differences of shares, calibration and the bootstrap, against published values."""

from statistics import mean, median

import pytest

from flowpilot.core.statistics import bootstrap, calibration_error, difference, wilson


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        # R. G. Newcombe, Statistics in Medicine 17 (1998), table II, method 10
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 10), 0.6075, 1.0000),
    ],
)
def test_the_interval_of_a_difference_is_newcombes(
    one: tuple[int, int], other: tuple[int, int], low: float, high: float
) -> None:
    found = difference(wilson(*one), wilson(*other))

    assert found == (pytest.approx(low, abs=0.0001), pytest.approx(high, abs=0.0001))


def test_nothing_is_known_about_the_difference_from_no_case() -> None:
    assert difference(wilson(0, 0), wilson(3, 10)) == (-1.0, 1.0)


def test_the_calibration_error_is_the_weighted_distance_from_the_diagonal() -> None:
    assert calibration_error([]) == 0.0
    assert calibration_error([(9.0, 9, 10), (1.0, 1, 10)]) == 0.0
    # 10 of 20 cases said 90 % and came true in 5 of 10; the others were right: 0.5 × 0.4.
    assert calibration_error([(9.0, 5, 10), (1.0, 1, 10)]) == pytest.approx(0.2)


def test_the_bootstrap_interval_holds_the_difference_and_is_the_same_each_time() -> None:
    after, before = [float(n % 10) for n in range(60)], [float(n % 10 + 5) for n in range(60)]
    low, high = bootstrap(after, before, median)

    assert low <= -5 <= high < 0
    assert (low, high) == bootstrap(after, before, median)
    # The normal interval of the means: -5 ± 1.96 · sqrt(2 · 8.25 / 60)
    assert bootstrap(after, before, mean) == (pytest.approx(-6.03, abs=0.2), pytest.approx(-3.97, abs=0.2))
    with pytest.raises(ValueError, match="nothing to draw from"):
        bootstrap([], [1.0], median)
