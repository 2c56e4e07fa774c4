"""How each job is asked: which model, how hard it thinks, how long the answer may be and may take."""

from dataclasses import dataclass, replace
from typing import Final, Literal

from django.conf import settings

from flowpilot.ai.contracts import Job
from flowpilot.ai.prices import model_named

Effort = Literal["", "low", "medium", "high"]
"""Empty: the request does not say."""


@dataclass(frozen=True)
class Plan:
    model: str
    effort: Effort
    thinking: str
    """What stands in the request's field of that name; empty: the field is left out."""
    max_tokens: int
    """Of the answer, thinking included; generous, for only what is used costs."""
    read_seconds: float
    """The longest silence of the vendor that is borne."""
    total_seconds: float
    """For the whole job, attempts, pauses and repairs included."""
    attempts: int = 2


SURE_FROM: Final = 0.6
"""A triage that is less sure of its domain is asked for again, of the stronger model."""
_PLANS: Final[dict[Job, Plan]] = {
    "triage": Plan("", "low", "", 3_000, 15, 25),
    "guide": Plan("", "low", "between_tools", 2_000, 15, 45),
    "script": Plan("", "medium", "", 8_000, 30, 90),
    "escalate": Plan("", "low", "between_tools", 4_000, 30, 60),
    "analyse": Plan("", "high", "", 16_000, 60, 400),
}


_TRIAGE_AGAIN: Final = Plan("", "low", "between_tools", 3_000, 20, 30)


def plan_for(job: Job) -> Plan:
    """The plan with the model of the settings."""
    return _with_model(_PLANS[job], settings.AI_MODELS[job])


def stronger_triage() -> Plan:
    """Pictures, and what the quick model is not sure of, are triaged by the model that guides."""
    return _with_model(_TRIAGE_AGAIN, settings.AI_MODELS["guide"])


def _with_model(plan: Plan, model: str) -> Plan:
    """What the model would refuse is not said."""
    known = model_named(model)
    thinking = plan.thinking if plan.thinking in known.thinking else ""
    return replace(plan, model=model, effort=plan.effort if known.takes_effort else "", thinking=thinking)
