"""The API's URL map: the same querysets and filters as the screens, read-only."""

from typing import Any

from django.urls import re_path
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.routers import APIRootView, DefaultRouter
from rest_framework.views import APIView

from flowpilot.accounts.roles import public
from flowpilot.flows.api import FlowViewSet
from proposals.api import ProposalViewSet
from sessions.api import SessionViewSet


class ApiRoot(APIRootView):
    """What there is, with addresses."""


class Unknown(APIView):
    """Every address that is none, so that programs read of it what they read of any other problem."""

    authentication_classes = ()
    permission_classes = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound


class Router(DefaultRouter):
    APIRootView = ApiRoot
    include_format_suffixes = False


router = Router()
router.register("sessions", SessionViewSet, basename="api-session")
router.register("proposals", ProposalViewSet, basename="api-proposal")
router.register("flows", FlowViewSet, basename="api-flow")

# With a slash at the end: without one, Django first sends to the address that has it.
urlpatterns = [*router.urls, re_path("^(?P<path>.+/)$", public(Unknown.as_view()), name="api-unknown")]
