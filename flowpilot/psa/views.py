"""The doors of the practice PSA: tickets to try FlowPilot on."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from flowpilot.accounts.http import Request
from flowpilot.accounts.roles import Role, requires
from flowpilot.core.paging import page_of
from flowpilot.core.web import page_or_fragment, see_other
from flowpilot.psa import reading
from flowpilot.psa.practice import desk
from flowpilot.psa.practice.forms import ChangeForm, NoteForm, TicketForm


@require_GET
@requires(Role.ENGINEER)
def practice(request: Request) -> HttpResponse:
    """The account's practice tickets, newest first; under HTMX the rows that follow."""
    page = page_of(reading.practice_tickets(request.user), request.GET.get("after", ""))
    connected = reading.practice_connection(request.user) is not None
    context = {"page": page, "connected": connected}
    return page_or_fragment(request, "psa/practice.html", "psa/_practice_rows.html", context)


@require_http_methods(["GET", "POST"])
@requires(Role.ENGINEER)
def new_practice_ticket(request: Request) -> HttpResponse:
    """404 for an account without a practice PSA; 422 when something does not fit."""
    connection = reading.practice_connection(request.user)
    if connection is None:
        raise Http404
    form = TicketForm(request.POST or None)
    if request.method == "GET" or not form.is_valid():
        status = 200 if request.method == "GET" else 422
        return render(request, "psa/new_practice_ticket.html", {"form": form}, status=status)
    made = desk.open_ticket(connection, form.cleaned_data)
    return see_other(reverse("psa:practice-ticket", args=[made.number]))


@require_GET
@requires(Role.ENGINEER)
def practice_ticket(request: Request, number: int) -> HttpResponse:
    """One practice ticket with its conversation."""
    return _page(request, number)


@require_POST
@requires(Role.ENGINEER)
def practice_note(request: Request, number: int) -> HttpResponse:
    """A note of somebody there; FlowPilot is told of it by webhook."""
    ticket = reading.practice_ticket(request.user, number)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _page(request, number, status=422, note_form=form)
    given = form.cleaned_data
    desk.write(ticket, given["text"], by=str(request.user), internal=given["internal"])
    return _done(request, number)


@require_POST
@requires(Role.ENGINEER)
def change_practice_ticket(request: Request, number: int) -> HttpResponse:
    """Another status or priority; FlowPilot is told of it by webhook."""
    form = ChangeForm(request.POST, instance=reading.practice_ticket(request.user, number))
    if not form.is_valid():
        return _page(request, number, status=422, change_form=form)
    desk.change(reading.practice_ticket(request.user, number), form.cleaned_data)
    return _done(request, number)


def _done(request: Request, number: int) -> HttpResponse:
    messages.success(request, _("Done. FlowPilot is told of it as a ticket system would."))
    return see_other(reverse("psa:practice-ticket", args=[number]))


def _page(request: Request, number: int, *, status: int = 200, **forms: Any) -> HttpResponse:
    ticket = reading.practice_ticket(request.user, number)
    context = {"ticket": ticket, "note_form": NoteForm(), "change_form": ChangeForm(instance=ticket), **forms}
    return render(request, "psa/practice_ticket.html", context, status=status)
