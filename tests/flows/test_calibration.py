"""An account's own coefficients: only from enough outcomes, compared on unseen ones, old ones kept."""

from random import Random

import pytest

from flowpilot.core.retrieval.probability import Calibration
from flowpilot.core.retrieval.scoring import Found
from flowpilot.flows.matching.calibration import (
    Outcome,
    Quality,
    Refit,
    TooFewOutcomes,
    calibration_for,
    put_in_force,
    refit,
    shipped,
)
from flowpilot.flows.matching.tiers import tier_for
from flowpilot.flows.models import MatchingCalibration
from tests.factories import Cast


def _outcomes(number: int) -> list[Outcome]:
    """Flows of this account help when they have a lead, whatever their score."""
    chance = Random(3)  # noqa: S311
    leads = [chance.uniform(0.0, 0.4) for _each in range(number)]
    return [((0.3, lead, lead, 3.0), chance.random() < min(0.95, lead * 3)) for lead in leads]


def test_without_outcomes_the_shipped_coefficients_hold(cast: Cast) -> None:
    assert calibration_for(cast.account.pk, "bm25") == shipped("bm25")
    assert shipped("bm25") != shipped("fused")


def test_the_only_flow_is_probable_for_what_it_says_and_not_for_being_the_only_one() -> None:
    alone = Found((), 25, "fused", 1)
    chances = [shipped("fused").probability(alone.figures(score, [])) for score in (0.25, 0.6)]
    assert [tier_for(chance) for chance in chances] == ["discovery", "guided"]


def test_by_words_the_only_flow_is_less_sure_than_one_that_many_others_do_not_come_near() -> None:
    for texts, tier in ((1, "exploring"), (50, "guided")):
        chance = shipped("bm25").probability(Found((), 25, "bm25", texts).figures(0.2, []))
        assert tier_for(chance) == tier


def test_too_few_outcomes_change_nothing(cast: Cast) -> None:
    with pytest.raises(TooFewOutcomes):
        refit(cast.account.pk, "bm25", _outcomes(199))
    with pytest.raises(TooFewOutcomes) as few:
        refit(cast.account.pk, "bm25", [((0.5, 0.1, 0.1, 3.0), True)] * 300)
    assert (few.value.helped, few.value.did_not) == (300, 0)


def test_new_coefficients_are_in_force_for_their_account_and_engine(cast: Cast, outsiders: Cast) -> None:
    new = refit(cast.account.pk, "bm25", _outcomes(600))
    assert new.is_better
    assert (new.outcomes, new.before.outcomes, new.after.outcomes) == (600, 120, 120)
    put_in_force(cast.account.pk, new)
    assert calibration_for(cast.account.pk, "bm25") == new.calibration
    assert calibration_for(cast.account.pk, "fused") == shipped("fused")
    assert calibration_for(outsiders.account.pk, "bm25") == shipped("bm25")


@pytest.mark.parametrize(
    ("before", "after", "better"),
    [((10, 9), (10, 8), False), ((10, 7), (10, 7), True), ((10, 10), (10, 9), True)],
)
def test_coefficients_that_guide_to_the_wrong_flow_more_often_are_not_better(
    before: tuple[int, int], after: tuple[int, int], better: bool
) -> None:
    old, new = Quality(120, *before, 0.1, 0.6), Quality(120, *after, 0.1, 0.5)
    assert Refit("bm25", 600, shipped("bm25"), old, new).is_better == better


def test_former_coefficients_are_kept(cast: Cast) -> None:
    first, second = (refit(cast.account.pk, "bm25", _outcomes(number)) for number in (400, 600))
    put_in_force(cast.account.pk, first)
    row = put_in_force(cast.account.pk, second)
    kept = MatchingCalibration.objects.order_by("created_at").values_list("outcomes", "in_force")
    assert list(kept) == [(400, False), (600, True)]
    assert Calibration.from_json(row.coefficients) == second.calibration
    assert (row.before, row.after) == (second.before.to_json(), second.after.to_json())


def test_coefficients_of_another_number_of_figures_do_not_count(cast: Cast) -> None:
    row = put_in_force(cast.account.pk, refit(cast.account.pk, "bm25", _outcomes(400)))
    row.coefficients = {"bias": 0.0, "weights": [1.0] * 3, "means": [0.0] * 3, "scales": [1.0] * 3}
    row.save()
    assert calibration_for(cast.account.pk, "bm25") == shipped("bm25")
