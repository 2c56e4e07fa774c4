"""What `manage.py check` says about the settings of models."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from flowpilot.ai.prices import UnknownModel, model_named


@register()
def models_have_prices(**_kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for job, model in settings.AI_MODELS.items():
        try:
            model_named(model)
        except UnknownModel as error:
            found.append(Error(f"FLOWPILOT_AI_MODEL_{job.upper()}: {error}", id="ai.E001"))
    return found
