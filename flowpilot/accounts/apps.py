from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "flowpilot.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
