"""The detectors' rules against planted truth, with seeds that do not change."""

from random import Random

from benchmarks.gaps import calibration, decay, escalations, topics, weak_options


def test_an_option_twenty_points_weaker_is_found_and_an_equal_one_is_not() -> None:
    found = weak_options(Random(3), 400)

    assert found["power_60"] >= 0.8
    assert max(found["false_20"], found["false_60"]) <= 0.05


def test_a_domain_twenty_points_above_its_team_is_found_and_an_equal_one_is_not() -> None:
    found = escalations(Random(3), 400)

    assert found["power_40"] >= 0.8
    assert found["false_40"] <= 0.05


def test_a_decay_is_found_within_some_dozens_of_sessions_at_about_its_place() -> None:
    found = decay(Random(3), 20)

    assert found["found"] == 1.0
    assert found["median_delay_sessions"] <= 40
    assert found["median_distance_of_the_place"] <= 15
    assert found["false_alarms_per_1000_sessions"] <= 0.5


def test_a_planted_error_of_calibration_is_measured() -> None:
    assert abs(calibration(Random(3), 5)["mean"] - 0.1) <= 0.02


def test_problems_without_a_flow_become_topics_that_are_about_one_thing() -> None:
    found = topics(1)

    assert found["precision"] >= 0.9
    assert found["recall"] >= 0.8
