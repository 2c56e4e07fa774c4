"""The doors of the sessions room."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods

from flowpilot.accounts.http import Request
from flowpilot.accounts.roles import Role, requires
from flowpilot.core.web import list_page, page_or_fragment
from sessions import reading
from sessions.filters import SessionFilter
from sessions.forms import AttachForm, ProblemForm
from sessions.suggestions import suggest


@require_GET
@requires(Role.ENGINEER)
def list_sessions(request: Request) -> HttpResponse:
    """Sessions that the reader may see, newest first; under HTMX the rows, with the filters around them."""
    rows = reading.sessions(request.user)
    return list_page(request, SessionFilter, rows, page="sessions/list.html", fragment="sessions/_rows.html")


@require_GET
@requires(Role.ENGINEER)
def detail(request: Request, pk: UUID) -> HttpResponse:
    """One session: the problem, every step with its answer, how it ended, and its history."""
    context = {"shown": reading.detail(request.user, pk), "attach_form": AttachForm()}
    return render(request, "sessions/detail.html", context)


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
