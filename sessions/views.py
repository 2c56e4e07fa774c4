"""The doors of the sessions room."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from flowpilot.accounts.http import Request
from flowpilot.accounts.roles import Role, requires
from flowpilot.core.web import list_page
from sessions import reading
from sessions.filters import SessionFilter


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
    return render(request, "sessions/detail.html", {"shown": reading.detail(request.user, pk)})
