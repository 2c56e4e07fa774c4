"""The list of proposals, and one of them beside it."""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from flowpilot.accounts.http import Request
from flowpilot.accounts.models import SavedView
from flowpilot.accounts.restoring import restores_view
from flowpilot.accounts.roles import Role, requires
from flowpilot.core.moments import moment_of
from flowpilot.core.web import fragments, page_or_fragment, wants_fragment
from proposals import reading
from proposals.alike import alike as find_alike
from proposals.views.addresses import address, tab
from proposals.views.panels import detail_of, narrowed, queue_context, rows_of

MOST_NEW: Final = 99
"""New proposals are counted so far."""


@require_GET
@requires(Role.ENGINEER)
@restores_view(SavedView.Screen.REVIEW)
def queue(request: Request) -> HttpResponse:
    """The list, with the first proposal open beside it; under HTMX rows, with the filters around them."""
    context = queue_context(request, tab(request))
    if wants_fragment(request):
        around = [] if "after" in request.GET else ["proposals/_filtered.html"]
        return fragments(request, ["proposals/_rows.html", *around], context)
    first = context["page"].rows[:1]
    context["detail"] = detail_of(request, first[0].pk) if first else None
    return page_or_fragment(request, "proposals/queue.html", "proposals/_rows.html", context)


@require_GET
@requires(Role.ENGINEER)
def detail(request: Request, pk: UUID) -> HttpResponse:
    """One proposal; without HTMX the queue around it."""
    shown = detail_of(request, pk)
    if wants_fragment(request):
        return fragments(request, ["proposals/_detail.html"], {"detail": shown, "query": address(request)})
    context = {**queue_context(request, tab(request, shown.proposal)), "detail": shown}
    return page_or_fragment(request, "proposals/queue.html", "proposals/_detail.html", context)


@require_GET
@requires(Role.ENGINEER)
def pulse(request: Request) -> HttpResponse:
    """How many proposals came since a moment (`?since=`), of those that the filters show. The list asks every
    now and then, and never moves by itself."""
    filters = narrowed(request, tab(request))
    since = since_of(request)
    came = rows_of(filters).filter(created_at__gt=since).order_by()[: MOST_NEW + 1].count() if since else 0
    new = f"{MOST_NEW}+" if came > MOST_NEW else str(came or "")
    context = {"since": request.GET.get("since", ""), "new": new, "query": address(request)}
    return page_or_fragment(request, "proposals/pulse.html", "proposals/_pulse.html", context)


@require_GET
@requires(Role.ENGINEER)
def tree(request: Request, pk: UUID) -> HttpResponse:
    """A big tree, which the panel loads by itself."""
    context = {"detail": detail_of(request, pk)}
    return page_or_fragment(request, "proposals/tree.html", "proposals/_tree.html", context)


@require_GET
@requires(Role.ENGINEER)
def alike(request: Request, pk: UUID) -> HttpResponse:
    """Published flows and other proposals that resemble the proposal; its panel loads this part from here,
    because finding them takes longer than all the rest."""
    proposal = reading.proposal(request.user, pk)
    context = {"proposal": proposal, "alike": find_alike(proposal, request.user)}
    return page_or_fragment(request, "proposals/alike.html", "proposals/_alike.html", context)


def since_of(request: Request) -> datetime | None:
    try:
        return moment_of(request.GET.get("since", ""))
    except (ValueError, TypeError, OverflowError):
        return None
