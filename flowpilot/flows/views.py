"""The doors of reading the library. Everybody in the account may."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from flowpilot.accounts.http import Request
from flowpilot.accounts.models import SavedView
from flowpilot.accounts.restoring import restores_view
from flowpilot.accounts.roles import Role, requires
from flowpilot.core.web import list_page, page_or_fragment
from flowpilot.flows import drafting, reading
from flowpilot.flows.editor import drawable
from flowpilot.flows.filters import SORT_WORDS, SORTS, FlowFilter
from flowpilot.flows.paper import numbered
from flowpilot.flows.trying import walked

LONGEST_NUMBER = 6


@require_GET
@requires(Role.ENGINEER)
@restores_view(SavedView.Screen.LIBRARY)
def library(request: Request) -> HttpResponse:
    """The account's flows, newest first unless `?sort=` says otherwise; under HTMX the rows."""
    sort = request.GET.get("sort", "")
    return list_page(
        request,
        FlowFilter,
        reading.library(request.user),
        page="flows/library.html",
        fragment="flows/_rows.html",
        sorts=SORTS,
        more={
            "sorts": SORT_WORDS,
            "sort": sort if sort in SORTS else "",
            "kept": {"sort": sort} if sort in SORTS else {},
            "may_write": reading.writes(request.user),
            "may_install": request.user.account_admin,
        },
    )


@require_GET
@requires(Role.ENGINEER)
def detail(request: Request, pk: UUID) -> HttpResponse:
    """A flow with its current version's tree, the list of its versions and what use teaches about it."""
    return render(request, "flows/detail.html", {"shown": reading.detail(request.user, pk)})


@require_GET
@requires(Role.ENGINEER)
def version(request: Request, pk: UUID, number: int) -> HttpResponse:
    """The same page on an earlier version."""
    return render(request, "flows/detail.html", {"shown": reading.detail(request.user, pk, number)})


@require_GET
@requires(Role.ENGINEER)
def print_version(request: Request, pk: UUID, number: int) -> HttpResponse:
    """A version for paper."""
    flow = drafting.flow_of(request.user, pk)
    version = reading.version_of(flow, number)
    context = {"flow": flow, "version": version, "steps": numbered(version.tree)}
    return render(request, "flows/print.html", context)


@require_GET
@requires(Role.ENGINEER)
def compare(request: Request, pk: UUID) -> HttpResponse:
    """What is different between two versions: `?from=1&to=3`; else in the current one from that before it."""
    numbers = tuple(number_in(request, name) for name in ("from", "to"))
    return render(request, "flows/compare.html", {"shown": reading.comparison(request.user, pk, *numbers)})


@require_GET
@requires(Role.ENGINEER)
def try_flow(request: Request, pk: UUID) -> HttpResponse:
    """A test run of the draft, for those who may edit it, or of the current version. Nothing is stored."""
    flow = drafting.flow_of(request.user, pk)
    draft = drafting.draft_of(flow) if drafting.may_edit(request.user, flow) else None
    published = flow.current_version
    tree = drawable(draft.work) if draft else (published.tree if published else None)
    walk = walked(tree, request.GET.get("path", "")) if tree else None
    context = {"flow": flow, "draft": draft, "walk": walk}
    return page_or_fragment(request, "flows/try.html", "flows/_try.html", context)


def number_in(request: Request, name: str) -> int | None:
    """The number in the address, None where there is none; 404 for what no version can be called."""
    given = request.GET.get(name, "")
    if given and not (given.isdecimal() and len(given) <= LONGEST_NUMBER):
        raise Http404
    return int(given) if given else None
