"""The doors of the sessions room."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from flowpilot.accounts.http import Request
from flowpilot.accounts.models import SavedView
from flowpilot.accounts.restoring import restores_view
from flowpilot.accounts.roles import Role, requires
from flowpilot.core.web import find, list_page, page_or_fragment, see_other
from sessions import actions, reading
from sessions.filters import SessionFilter
from sessions.forms import HandOverForm, ProblemForm
from sessions.models import AISession
from sessions.rules import IllegalTransition, Incomplete
from sessions.suggestions import suggest


@require_GET
@requires(Role.ENGINEER)
@restores_view(SavedView.Screen.SESSIONS)
def list_sessions(request: Request) -> HttpResponse:
    """Sessions that the reader may see, newest first; under HTMX the rows, with the filters around them."""
    rows = reading.sessions(request.user)
    return list_page(
        request,
        SessionFilter,
        rows,
        page="sessions/list.html",
        fragment="sessions/_rows.html",
        beside=["sessions/_filtered.html"],
    )


@require_GET
@requires(Role.ENGINEER)
def seen_before(request: Request, pk: UUID) -> HttpResponse:
    """Resolved sessions that resemble one; its page loads this part from here."""
    session, found = reading.seen_before(request.user, pk)
    context = {"session": session, "similar": found}
    return page_or_fragment(request, "sessions/seen_before.html", "sessions/_seen_before.html", context)


@require_http_methods(["GET", "POST"])
@requires(Role.ENGINEER)
def find_flow(request: Request) -> HttpResponse:
    """Describe a problem, see which flows may answer it. Sent by POST: the text may be long, and what is in
    an address ends up in logs."""
    form = ProblemForm(request.POST if request.method == "POST" else None)
    found = suggest(form.cleaned_data["problem"], request.user) if form.is_valid() else None
    context = {"form": form, "suggestions": found}
    status = 422 if form.errors else 200
    return page_or_fragment(
        request, "sessions/find_flow.html", "sessions/_find_flow.html", context, status=status
    )


@require_GET
@requires(Role.TEAM_ADMIN)
def held(request: Request, pk: UUID) -> HttpResponse:
    """The open sessions in a person's hands, to be handed to others; under HTMX for the person's page."""
    person, found = reading.held_by(request.user, pk)
    context = {"person": person, "held": found}
    return page_or_fragment(request, "sessions/held.html", "sessions/_held.html", context)


@require_POST
@requires(Role.TEAM_ADMIN)
def hand_over(request: Request, pk: UUID) -> HttpResponse:
    """Put a session into other hands, and back to where it was asked for."""
    session = find(AISession, request.user, pk)
    former = session.holder_id
    form = HandOverForm(request.POST, reader=request.user)
    if not form.is_valid():
        messages.error(request, _("Choose to whom the session goes."))
        return see_other(reverse("sessions:held", args=[former]))
    to = form.cleaned_data["to"]
    try:
        actions.reassign(session, to=to, by=request.user)
    except (IllegalTransition, Incomplete) as refusal:
        messages.error(request, str(refusal))
    else:
        said = _("“%(title)s” is in the hands of %(name)s now.")
        messages.success(request, said % {"title": session.title, "name": to})
    return see_other(reverse("sessions:held", args=[former]))
