"""The API's URL map: the same querysets and filters as the screens, read-only."""

from rest_framework.routers import APIRootView, DefaultRouter

from flowpilot.flows.api import FlowViewSet
from proposals.api import ProposalViewSet
from sessions.api import SessionViewSet


class ApiRoot(APIRootView):
    """What there is, with addresses."""


class Router(DefaultRouter):
    APIRootView = ApiRoot
    include_format_suffixes = False


router = Router()
router.register("sessions", SessionViewSet, basename="api-session")
router.register("proposals", ProposalViewSet, basename="api-proposal")
router.register("flows", FlowViewSet, basename="api-flow")

urlpatterns = router.urls
