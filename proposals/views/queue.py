"""The list of proposals, and one of them beside it."""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET

from flowpilot.accounts.http import Request
from flowpilot.accounts.models import SavedView
from flowpilot.accounts.restoring import restores_view
from flowpilot.accounts.roles import Role, requires
from flowpilot.core.moments import moment_of
from flowpilot.core.web import fragments, page_or_fragment, wants_fragment
from proposals import actions, opened, reading
from proposals.alike import alike as find_alike
from proposals.views.addresses import address, detail_url, tab
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
    context["detail"] = detail_of(request, first[0].pk, with_decisions=False) if first else None
    context["later"] = True
    return page_or_fragment(request, "proposals/queue.html", "proposals/_rows.html", context)


@require_GET
@requires(Role.ENGINEER)
@restores_view(SavedView.Screen.REVIEW)
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
    """How many proposals came or came back since a moment (`?since=`), of those that the filters show. The
    list asks every now and then, and never moves by itself."""
    shown = rows_of(narrowed(request, tab(request)))
    since = since_of(request)
    came = reading.came_since(shown, since, request.user, MOST_NEW + 1) if since else 0
    new = f"{MOST_NEW}+" if came > MOST_NEW else str(came or "")
    context = {"since": request.GET.get("since", ""), "new": new, "query": address(request)}
    return page_or_fragment(request, "proposals/pulse.html", "proposals/_pulse.html", context)


@require_GET
@requires(Role.ENGINEER)
def parts(request: Request, pk: UUID) -> HttpResponse:
    """Steps, changes, sessions and decisions of the proposal that opens with the queue: its page would be
    twice as heavy with them."""
    shown = detail_of(request, pk)
    if not wants_fragment(request):
        return redirect(detail_url(request, shown.proposal))
    context = {"detail": shown, "proposal": shown.proposal, "query": address(request)}
    return fragments(request, ["proposals/_parts.html"], context)


@require_GET
@requires(Role.ENGINEER)
def tree(request: Request, pk: UUID) -> HttpResponse:
    """A big tree, which the panel loads by itself."""
    context = {"detail": detail_of(request, pk, with_decisions=False)}
    return page_or_fragment(request, "proposals/tree.html", "proposals/_tree.html", context)


@require_GET
@requires(Role.ENGINEER)
def alike(request: Request, pk: UUID) -> HttpResponse:
    """Published flows and other proposals that resemble the proposal; its panel loads this part from here,
    because finding them takes longer than all the rest."""
    proposal = opened.proposal(request.user, pk, with_decisions=False)
    query = address(request)
    duplicate_url = reverse("proposals:duplicate", args=[pk])
    seen = f"draft={proposal.current_draft_id}&of="
    context = {
        "proposal": proposal,
        "query": query,
        "duplicate_url": f"{duplicate_url}{query}&{seen}" if query else f"{duplicate_url}?{seen}",
        "alike": find_alike(proposal, request.user),
        "may_decide": actions.can_decide(proposal, request.user),
    }
    return page_or_fragment(request, "proposals/alike.html", "proposals/_alike.html", context)


def since_of(request: Request) -> datetime | None:
    try:
        return moment_of(request.GET.get("since", ""))
    except (ValueError, TypeError, OverflowError):
        return None
