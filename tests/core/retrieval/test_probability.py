"""From figures to a probability, and back from outcomes to the coefficients."""

from math import exp, log
from random import Random

import pytest

from flowpilot.core.retrieval.probability import (
    Calibration,
    Figures,
    expected_calibration_error,
    figures,
    fit,
    log_loss,
)

TRUE = Calibration(
    bias=-0.5, weights=(1.0, 2.0, 0.5, 0.5), means=(0.5, 0.1, 0.1, 3.0), scales=(0.1, 0.1, 0.1, 0.5)
)


def outcomes(number: int) -> list[tuple[Figures, bool]]:
    chance = Random(7)  # noqa: S311
    drawn = [
        (
            chance.gauss(0.5, 0.1),
            abs(chance.gauss(0.1, 0.1)),
            abs(chance.gauss(0.1, 0.1)),
            chance.gauss(3.0, 0.5),
        )
        for _each in range(number)
    ]
    return [(given, chance.random() < TRUE.probability(given)) for given in drawn]


def test_the_figures_are_score_leads_and_length() -> None:
    assert figures(0.75, [0.5] * 5, 9, background=0.25) == (0.75, 0.25, 0.25, log(10))
    assert figures(0.5, [0.75, *[0.25] * 5], 9, background=0.0) == (0.5, -0.25, pytest.approx(0.15), log(10))


def test_rivals_that_are_not_there_score_as_the_background() -> None:
    assert figures(0.75, [], 9, background=0.25) == (0.75, 0.5, 0.5, log(10))
    assert figures(0.5, [0.125], 9, background=0.25) == (0.5, 0.25, 0.275, log(10))
    assert figures(0.75, [0.5], 9, background=0.25) == (0.75, 0.25, 0.25, log(10))
    assert figures(0.125, [], 9, background=0.25) == pytest.approx((0.125, 0.025, 0.025, log(10)))


def test_the_second_lead_is_over_the_mean_of_the_best_five_in_any_order() -> None:
    assert figures(1.0, [0.0, 0.5, 0.25, 0.25, 0.25, 0.0, 0.0], 0, background=0.9)[2] == 0.75


def test_a_probability_is_the_logistic_of_the_scaled_figures() -> None:
    assert TRUE.probability((0.6, 0.2, 0.2, 3.5)) == pytest.approx(1 / (1 + exp(-3.5)))
    assert TRUE.probability((-1e6, 0.0, 0.0, 0.0)) == 0.0
    assert TRUE.probability((1e6, 0.0, 0.0, 0.0)) == 1.0


def test_a_fit_finds_the_coefficients_that_made_the_outcomes() -> None:
    found = fit(outcomes(4_000))
    for given in ((0.4, 0.0, 0.0, 2.5), (0.5, 0.1, 0.1, 3.0), (0.6, 0.3, 0.2, 3.5)):
        assert found.probability(given) == pytest.approx(TRUE.probability(given), abs=0.05)


def test_a_fit_of_outcomes_without_error_stays_finite() -> None:
    rows = [((float(right), 0.1, 0.1, 3.0), bool(right)) for right in (0, 1) * 20]
    found = fit(rows)
    assert found.probability((1.0, 0.1, 0.1, 3.0)) > 0.9
    assert found.probability((0.0, 0.1, 0.1, 3.0)) < 0.1


def test_nothing_is_learned_from_outcomes_that_are_all_alike() -> None:
    with pytest.raises(ValueError, match="all alike"):
        fit([((0.5, 0.1, 0.1, 3.0), True)] * 10)


def test_coefficients_survive_being_written_down() -> None:
    assert Calibration.from_json(TRUE.to_json()) == TRUE


def test_the_calibration_error_is_the_distance_of_said_and_true() -> None:
    assert expected_calibration_error([(0.9, True)] * 9 + [(0.9, False)]) == pytest.approx(0.0)
    assert expected_calibration_error([(0.9, False)] * 10) == pytest.approx(0.9)
    assert expected_calibration_error([(1.0, True), (0.05, False)]) == pytest.approx(0.025)
    assert expected_calibration_error([]) == 0.0


def test_surprise_is_small_where_the_probability_was_right() -> None:
    assert log_loss([(0.5, True), (0.5, False)]) == pytest.approx(log(2))
    assert log_loss([(0.9, True)]) < log_loss([(0.6, True)])
