"""An app that makes the product's own engine hang, as a library or a remote model may."""

from time import sleep

from django.apps import AppConfig

from flowpilot.ai.contracts import AnalyseRequest, AnalyseResult

HANGS = "hangs for ever"
DEAF = "hangs and cannot be interrupted"
LONGER_THAN_ANYTHING = 3600


class Stuck(AppConfig):
    name = "tests.journeys.stuck"
    label = "stuck"

    def ready(self) -> None:
        # Only now may what imports models be imported.
        from flowpilot.ai import router  # noqa: PLC0415
        from flowpilot.ai.offline.engine import OfflineEngine  # noqa: PLC0415

        class StuckEngine(OfflineEngine):
            def analyse(self, request: AnalyseRequest) -> AnalyseResult:
                titles = " ".join(facts.title for facts in request.sessions)
                while DEAF in titles:
                    _sleep_through_everything()
                if HANGS in titles:
                    sleep(LONGER_THAN_ANYTHING)
                return super().analyse(request)

        router.OFFLINE = StuckEngine()


def _sleep_through_everything() -> None:
    try:
        sleep(LONGER_THAN_ANYTHING)
    except BaseException:  # noqa: BLE001 that is the point
        return
