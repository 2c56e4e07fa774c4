"""What `manage.py check` says about the settings of models."""

from typing import Any, Final

from anthropic.resources.messages import messages as vendor_messages
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from flowpilot.ai.prices import UnknownModel, model_named

DEPRECATED: Final[dict[str, str]] = vendor_messages.DEPRECATED_MODELS
"""Model → the day on which the vendor switches it off, as its client spells it."""


@register()
def models_can_be_asked(**_kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for job, model in settings.AI_MODELS.items():
        variable = f"FLOWPILOT_AI_MODEL_{job.upper()}"
        try:
            model_named(model)
        except UnknownModel as error:
            found.append(Error(f"{variable}: {error}", id="ai.E001"))
        if model in DEPRECATED:
            found.append(
                Warning(f"{variable}: {model} is switched off on {DEPRECATED[model]}.", id="ai.W001")
            )
    return found
