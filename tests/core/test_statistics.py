"""Shares with their uncertainty."""

import pytest

from flowpilot.core.statistics import Z80, percentile, wilson


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    # From the tables of R's `prop.test(hits, n, correct = FALSE)`.
    [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0), (81, 263, 0.2553, 0.3662)],
)
def test_the_interval_is_wilsons(hits: int, n: int, low: float, high: float) -> None:
    share = wilson(hits, n)
    assert (round(share.low, 4), round(share.high, 4)) == (low, high)


def test_a_weaker_claim_has_a_narrower_interval() -> None:
    assert round(wilson(1, 1, z=Z80).low, 3) == 0.378


def test_nothing_is_known_of_no_cases() -> None:
    share = wilson(0, 0)
    assert (share.rate, share.low, share.high, share.enough) == (None, 0.0, 1.0, False)


def test_twenty_cases_are_enough() -> None:
    assert [wilson(0, 19).enough, wilson(0, 20).enough] == [False, True]


@pytest.mark.parametrize(("hits", "n"), [(2, 1), (-1, 3)])
def test_what_is_no_share_is_refused(hits: int, n: int) -> None:
    with pytest.raises(ValueError, match="is no share"):
        wilson(hits, n)


def test_a_percentile_lies_between_two_values_in_proportion() -> None:
    assert percentile([], 0.5) is None
    assert percentile([7.0], 0.9) == 7.0
    assert percentile([1.0, 2.0, 3.0, 4.0], 0.5) == 2.5
    assert percentile([10.0, 20.0, 30.0, 40.0, 50.0], 0.9) == pytest.approx(46.0)
