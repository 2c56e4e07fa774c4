"""How sure it is that the present way resolves a session, and why, in one sentence.

In a flow it is the calibrated probability of the match, moved by what the steps brought. Each answer
multiplies the odds by a fixed factor, so the order does not matter, and a changed answer takes back what
it did:

    an offered answer fitted   x 1.25     the step did not help      x 0.8
    the step worked            x 4        unclear, or passed over    x 0.9
    none of the answers fitted x 0.5

Whoever leaves the flow keeps a quarter of the odds. Without a flow it is what the engine says of its step,
moved by the outcomes since. Without a published flow it is never guided.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sessions.models import GUIDED_ABOVE, AISessionStep

UNSCORED: Final = 0.5
"""Of a flow that the engineer chose without a score, and of what nobody has judged yet."""
FITTED: Final = 1.25
NONE_FITTED: Final = 0.5
LEFT: Final = 0.25
OUTCOMES: Final = {"worked": 4.0, "did_not_work": 0.8, "unclear": 0.9, "skipped": 0.9}
LEAST, MOST = 0.02, 0.98


@dataclass(frozen=True)
class Confidence:
    """`score` from 0.0 to 1.0, and why it is that."""

    score: float
    reason: str


def in_flow(prior: float | None, steps: Iterable[AISessionStep]) -> Confidence:
    """While a flow is followed; `prior` is the match's probability, `steps` are the answered ones of it, and
    the scripts that were run beside them."""
    answered = list(steps)
    score = _moved(UNSCORED if prior is None else prior, (factor_of(step) for step in answered))
    known = (
        _("The flow was chosen without a score")
        if prior is None
        else _("The flow fits with a probability of %(percent)s %%") % {"percent": round(100 * prior)}
    )
    fitted = sum(bool(step.chosen_option) for step in answered)
    if not answered:
        return Confidence(score, _("%(known)s; nothing was answered yet.") % {"known": known})
    told = ngettext("%(n)d answer fitted it.", "%(n)d answers fitted it.", fitted) % {"n": fitted}
    return Confidence(score, " ".join([f"{known}; {told}", *_of_scripts(answered)]))


def _of_scripts(steps: Iterable[AISessionStep]) -> Iterator[str]:
    if n := sum(step.kind == AISessionStep.Kind.SCRIPT for step in steps):
        yield ngettext(
            "What came of %(n)d script counts, too.", "What came of %(n)d scripts counts, too.", n
        ) % {"n": n}


def after_leaving(before: float) -> Confidence:
    """When a flow is left: what it knew still counts for something."""
    return Confidence(
        min(GUIDED_ABOVE, _moved(before, [LEFT])),
        _("The flow was left; its answers so far still count, its way on does not."),
    )


def without_flow(score: float, reason: str) -> Confidence:
    """As an engine says it of its step; without a published flow nothing is guided."""
    return Confidence(min(GUIDED_ABOVE, _bounded(score)), reason)


def after_answer(before: float, step: AISessionStep) -> Confidence:
    """Without a flow, when a step was answered and the next one is not known yet."""
    outcome = step.get_outcome_display().lower() or _("answered")
    reason = _("After the last step: %(outcome)s.") % {"outcome": outcome}
    return Confidence(min(GUIDED_ABOVE, _moved(before, [factor_of(step)])), reason)


def factor_of(step: AISessionStep) -> float:
    """What an answer does to the odds."""
    if step.outcome:
        return OUTCOMES[step.outcome]
    return FITTED if step.chosen_option else NONE_FITTED if step.options else 1.0


def _moved(probability: float, factors: Iterable[float]) -> float:
    start = _bounded(probability)
    odds = start / (1 - start)
    for factor in factors:
        odds *= factor
    return round(_bounded(odds / (1 + odds)), 3)


def _bounded(probability: float) -> float:
    return min(MOST, max(LEAST, probability))
