"""The doors of the library. Everybody in the account may read it."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from flowpilot.accounts.http import Request
from flowpilot.accounts.roles import Role, requires
from flowpilot.core.paging import page_of
from flowpilot.core.web import page_or_fragment, visible
from flowpilot.flows import reading
from flowpilot.flows.filters import FlowFilter
from flowpilot.flows.models import Flow


@require_GET
@requires(Role.ENGINEER)
def library(request: Request) -> HttpResponse:
    """The account's flows, newest first; under HTMX only the rows."""
    rows = visible(Flow, request.user).with_people()  # type: ignore[attr-defined]
    narrowed = FlowFilter(request.GET, queryset=rows, request=request)
    found = narrowed.qs if narrowed.is_valid() else rows
    kept = request.GET.copy()
    kept.pop("after", None)
    context = {
        "filter": narrowed,
        "page": page_of(found, request.GET.get("after", "")),
        "query": kept.urlencode(),
    }
    return page_or_fragment(request, "flows/library.html", "flows/_rows.html", context)


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
