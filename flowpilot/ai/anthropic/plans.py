"""How each job is asked: which model, how hard it thinks, how long the answer may be and may take."""

from dataclasses import dataclass, replace
from typing import Final, Literal

from django.conf import settings

from flowpilot.ai.contracts import Job
from flowpilot.ai.prices import model_named

Effort = Literal["low", "medium", "high"]


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


_PLANS: Final[dict[Job, Plan]] = {
    "triage": Plan("", "low", "", 3_000, 15, 25),
    "guide": Plan("", "low", "between_tools", 2_000, 15, 45),
    "script": Plan("", "medium", "", 8_000, 30, 90),
    "escalate": Plan("", "low", "between_tools", 4_000, 30, 60),
    "analyse": Plan("", "high", "", 16_000, 60, 400),
}


def plan_for(job: Job, *, pictures: bool = False) -> Plan:
    """The plan with the model of the settings; pictures are read by the model that guides."""
    model = settings.AI_MODELS["guide" if pictures else job]
    plan = _PLANS[job]
    takes = model_named(model).thinking
    return replace(plan, model=model, thinking=plan.thinking if plan.thinking in takes else "")
