"""The doors of the library. Everybody in the account may read it."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from flowpilot.accounts.http import Request
from flowpilot.accounts.roles import Role, requires
from flowpilot.core.web import list_page
from flowpilot.flows import favourites, reading
from flowpilot.flows.filters import FlowFilter


@require_GET
@requires(Role.ENGINEER)
def library(request: Request) -> HttpResponse:
    """The account's flows, newest first; under HTMX the rows, with the filters around them."""
    rows = reading.library(request.user)
    return list_page(
        request,
        FlowFilter,
        rows,
        page="flows/library.html",
        fragment="flows/_rows.html",
        more={"starred_flows": favourites.starred_ids(request.user)},
    )


@require_GET
@requires(Role.ENGINEER)
def detail(request: Request, pk: UUID) -> HttpResponse:
    """A flow with its current version's tree and the list of its versions."""
    return render(request, "flows/detail.html", {"shown": reading.detail(request.user, pk)})


@require_GET
@requires(Role.ENGINEER)
def version(request: Request, pk: UUID, number: int) -> HttpResponse:
    """The same page on an earlier version."""
    return render(request, "flows/detail.html", {"shown": reading.detail(request.user, pk, number)})
