"""The doors that make flows and say whose they are: new, a client's variant, details."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from flowpilot.accounts.http import Request
from flowpilot.accounts.refusals import Changed
from flowpilot.accounts.roles import Role, requires
from flowpilot.core.web import page_or_fragment
from flowpilot.flows import actions, drafting
from flowpilot.flows.forms import DetailsForm, ForkForm, NewFlowForm
from flowpilot.flows.models import Flow
from flowpilot.flows.publishing_views import away, editable, leave


@require_http_methods(["GET", "POST"])
@requires(Role.TEAM_ADMIN)
def new(request: Request) -> HttpResponse:
    """A title and whose it is; the rest is written in the editor."""
    form = NewFlowForm(request.POST or None, user=request.user)
    if request.method == "GET" or not form.is_valid():
        return ask(request, form, "flows/_new.html")
    assert request.user.account_id is not None
    typed = form.cleaned_data
    flow = actions.start_flow(
        request.user.account_id,
        title=typed["title"],
        domain=typed["domain"] or None,
        team=typed["team"],
        client=typed["client"],
        by=request.user,
    )
    return leave(request, reverse("flows:edit", args=[flow.pk]))


@require_http_methods(["GET", "POST"])
@requires(Role.TEAM_ADMIN)
def fork(request: Request, pk: UUID) -> HttpResponse:
    """A variant of the flow for one client."""
    flow = drafting.flow_of(request.user, pk)
    first = {"title": flow.title, "team": flow.team_id}
    form = ForkForm(request.POST or None, user=request.user, initial=first)
    if request.method == "GET" or not form.is_valid():
        return ask(request, form, "flows/_fork.html", flow=flow)
    typed = form.cleaned_data
    try:
        variant = actions.fork(
            flow, title=typed["title"], client=typed["client"], team=typed["team"], by=request.user
        )
    except actions.NothingToFork:
        return away(request, flow, _("Nothing is published yet that could be varied."), messages.WARNING)
    return leave(request, reverse("flows:edit", args=[variant.pk]))


@require_http_methods(["GET", "POST"])
@requires(Role.TEAM_ADMIN)
def details(request: Request, pk: UUID) -> HttpResponse:
    """Team, client, owner and the date of the next review."""
    flow = editable(request, pk)
    first = {
        "team": flow.team_id,
        "client": flow.client_id,
        "owner": flow.owner_id,
        "review_due_at": flow.review_due_at,
        "seen": actions.details_state(flow),
    }
    form = DetailsForm(request.POST or None, user=request.user, flow=flow, initial=first)
    if request.method == "GET" or not form.is_valid():
        return ask(request, form, "flows/_details.html", flow=flow)
    typed = dict(form.cleaned_data)
    seen = typed.pop("seen")
    try:
        actions.change_details(flow, actions.Details(**typed), seen=seen, by=request.user)
    except Changed as refusal:
        form.add_error(None, str(refusal))
        return ask(request, form, "flows/_details.html", flow=flow, status=409)
    return away(request, flow, _("Saved."), messages.SUCCESS)


def ask(
    request: Request, form: forms.Form, dialog: str, *, flow: Flow | None = None, status: int | None = None
) -> HttpResponse:
    """The form: in the dialog, or as a page of its own without HTMX."""
    context: dict[str, Any] = {"form": form, "flow": flow, "dialog": dialog}
    answered = status or (200 if request.method == "GET" else 422)
    return page_or_fragment(request, "flows/dialog.html", dialog, context, status=answered)
