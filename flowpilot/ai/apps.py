from django.apps import AppConfig

# Registers what `manage.py check` looks at.
from flowpilot.ai import checks as checks


class AiConfig(AppConfig):
    name = "flowpilot.ai"
    label = "ai"
    verbose_name = "AI"
    default_auto_field = "django.db.models.BigAutoField"
