"""The doors of the practice PSA: tickets to try FlowPilot on."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from flowpilot.accounts.http import Request
from flowpilot.accounts.roles import Role, requires
from flowpilot.core.paging import page_of
from flowpilot.core.web import page_or_fragment
from flowpilot.psa import reading


@require_GET
@requires(Role.ENGINEER)
def practice(request: Request) -> HttpResponse:
    """The account's practice tickets, newest first; under HTMX the rows that follow."""
    page = page_of(reading.practice_tickets(request.user), request.GET.get("after", ""))
    return page_or_fragment(request, "psa/practice.html", "psa/_practice_rows.html", {"page": page})


@require_GET
@requires(Role.ENGINEER)
def practice_ticket(request: Request, number: int) -> HttpResponse:
    """One practice ticket with its conversation."""
    ticket = reading.practice_ticket(request.user, number)
    return render(request, "psa/practice_ticket.html", {"ticket": ticket})
