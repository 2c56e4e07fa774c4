"""The star of a flow."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from flowpilot.accounts.http import Request
from flowpilot.accounts.roles import Role, requires
from flowpilot.core.web import find, see_other, wants_fragment
from flowpilot.flows import favourites
from flowpilot.flows.models import Flow


@require_POST
@requires(Role.ENGINEER)
def star(request: Request, pk: UUID) -> HttpResponse:
    """Set or take away the reader's own star, as the form says; back comes the button."""
    flow = find(Flow, request.user, pk)
    starred = request.POST.get("starred") == "1"
    if starred:
        favourites.star(flow, by=request.user)
    else:
        favourites.unstar(flow, by=request.user)
    if not wants_fragment(request):
        return see_other(reverse("flows:detail", args=[pk]))
    return render(request, "flows/_star.html", {"flow": flow, "starred": starred})
