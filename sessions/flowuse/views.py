"""The doors to the sessions of a flow: parts of the library's pages, which load them when they are seen."""

from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from flowpilot.accounts.http import Request
from flowpilot.accounts.roles import Role, requires
from flowpilot.core.web import find, page_or_fragment
from flowpilot.flows.models import Flow
from sessions.flowuse import reading


@require_GET
@requires(Role.ENGINEER)
def followed(request: Request, pk: UUID) -> HttpResponse:
    flow = find(Flow, request.user, pk)
    context = {"flow": flow, "sessions": reading.followed(request.user, flow)}
    return page_or_fragment(
        request, "sessions/flowuse/followed.html", "sessions/flowuse/_followed.html", context
    )


@require_GET
@requires(Role.ENGINEER)
def open_on(request: Request, pk: UUID) -> HttpResponse:
    flow = find(Flow, request.user, pk)
    context = {"flow": flow, "open": reading.open_on(flow)}
    return page_or_fragment(request, "sessions/flowuse/open.html", "sessions/flowuse/_open.html", context)
