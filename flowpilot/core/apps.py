from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "flowpilot.core"
    label = "core"
