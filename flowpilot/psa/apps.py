from django.apps import AppConfig


class PsaConfig(AppConfig):
    name = "flowpilot.psa"
    label = "psa"
    verbose_name = "PSA"
    default_auto_field = "django.db.models.BigAutoField"
