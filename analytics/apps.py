from django.apps import AppConfig
from django.utils.module_loading import import_string


class AnalyticsConfig(AppConfig):
    name = "analytics"

    def ready(self) -> None:
        # Not imported above: it needs the models, which are there only now.
        import_string("analytics.sets.make_known")()
