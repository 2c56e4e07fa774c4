"""The coefficients that turn scores into probabilities: shipped, or of an account's own outcomes."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from flowpilot.core.retrieval.probability import (
    Calibration,
    Figures,
    expected_calibration_error,
    fit,
    log_loss,
)
from flowpilot.core.retrieval.scoring import Engine
from flowpilot.flows.matching.tiers import GUIDED_ABOVE
from flowpilot.flows.models import MatchingCalibration

ENOUGH: Final = 200
"""Outcomes that an account needs for coefficients of its own."""
ENOUGH_OF_EACH: Final = 40
"""Of these, so many must have helped, and so many must not."""
_PRECISE: Final = 0.9
"""Share of "guided" that has to be right."""
_HELD_OUT: Final = 5
"""Every fifth outcome is kept from the fit, to compare old and new on."""

Outcome = tuple[Figures, bool]
"""What a match was scored on, and whether its flow helped."""


class TooFewOutcomes(Exception):
    """The account has not enough outcomes for coefficients of its own."""

    def __init__(self, helped: int, did_not: int) -> None:
        super().__init__(f"{helped} helped, {did_not} did not")
        self.helped, self.did_not = helped, did_not


@dataclass(frozen=True)
class Quality:
    """How good probabilities were on outcomes that they were not fitted to."""

    outcomes: int
    guided: int
    """Outcomes that were said to be above the bound of "guided"."""
    guided_right: int
    calibration_error: float
    log_loss: float

    @property
    def guided_precision(self) -> float:
        """Share of "guided" that was right; 1.0 where nobody was guided, since nobody was misled."""
        return self.guided_right / self.guided if self.guided else 1.0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Refit:
    """The coefficients that an account's outcomes suggest, beside those in force."""

    engine: Engine
    outcomes: int
    calibration: Calibration
    before: Quality
    after: Quality

    @property
    def is_better(self) -> bool:
        """Less surprised by what came true, and "guided" misleads no oftener than it may or did."""
        kept = self.after.guided_precision >= min(_PRECISE, self.before.guided_precision)
        return kept and self.after.log_loss < self.before.log_loss


@cache
def shipped(engine: Engine) -> Calibration:
    """Fitted on public support articles, forum questions and their answers."""
    data = resources.files("flowpilot.flows.matching").joinpath("data/calibration.json").read_text("utf-8")
    return Calibration.from_json(json.loads(data)[engine])


def calibration_for(account_id: UUID, engine: Engine) -> Calibration:
    """The account's own coefficients, if it has some; otherwise the shipped ones."""
    rows = MatchingCalibration.objects.for_account(account_id).filter(engine=engine, in_force=True)
    own = rows.values_list("coefficients", flat=True).first()
    with suppress(ValueError):  # fitted before matching looked at as many figures as it does now
        return Calibration.from_json(own) if own else shipped(engine)
    return shipped(engine)


def refit(account_id: UUID, engine: Engine, outcomes: Sequence[Outcome]) -> Refit:
    """Fit coefficients to outcomes, and judge them on every fifth, which a first fit has not seen.

    Raises `TooFewOutcomes`. Writes nothing.
    """
    helped = sum(right for _figures, right in outcomes)
    if len(outcomes) < ENOUGH or min(helped, len(outcomes) - helped) < ENOUGH_OF_EACH:
        raise TooFewOutcomes(helped, len(outcomes) - helped)
    held_out = outcomes[::_HELD_OUT]
    seen = [outcome for place, outcome in enumerate(outcomes) if place % _HELD_OUT]
    return Refit(
        engine=engine,
        outcomes=len(outcomes),
        calibration=fit(outcomes),
        before=quality(calibration_for(account_id, engine), held_out),
        after=quality(fit(seen), held_out),
    )


def quality(calibration: Calibration, outcomes: Sequence[Outcome]) -> Quality:
    said = [(calibration.probability(given), right) for given, right in outcomes]
    guided = [right for probability, right in said if probability > GUIDED_ABOVE]
    return Quality(len(said), len(guided), sum(guided), expected_calibration_error(said), log_loss(said))


@transaction.atomic
def put_in_force(account_id: UUID, new: Refit) -> MatchingCalibration:
    """Use these coefficients from now on; the former ones are kept."""
    rows = MatchingCalibration.objects.for_account(account_id).filter(engine=new.engine)
    rows.filter(in_force=True).update(in_force=False)
    return MatchingCalibration.objects.create(
        account_id=account_id,
        engine=new.engine,
        coefficients=new.calibration.to_json(),
        outcomes=new.outcomes,
        before=new.before.to_json(),
        after=new.after.to_json(),
        in_force=True,
    )
