from django.apps import AppConfig


class AiConfig(AppConfig):
    name = "flowpilot.ai"
    label = "ai"
    verbose_name = "AI"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Registers what `manage.py check` looks at.
        from flowpilot.ai.anthropic import checks  # noqa: F401, PLC0415
