"""The doors of the sessions room."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from flowpilot.accounts.http import Request
from flowpilot.accounts.roles import Role, requires
from flowpilot.core.paging import page_of
from flowpilot.core.web import page_or_fragment, visible
from sessions import reading
from sessions.filters import SessionFilter
from sessions.models import AISession


@require_GET
@requires(Role.ENGINEER)
def list_sessions(request: Request) -> HttpResponse:
    """Sessions that the reader may see, newest first; under HTMX only the rows."""
    rows = visible(AISession, request.user).with_people()  # type: ignore[attr-defined]
    narrowed = SessionFilter(request.GET, queryset=rows, request=request)
    found = narrowed.qs if narrowed.is_valid() else rows
    kept = request.GET.copy()
    kept.pop("after", None)
    context = {
        "filter": narrowed,
        "page": page_of(found, request.GET.get("after", "")),
        "query": kept.urlencode(),
    }
    return page_or_fragment(request, "sessions/list.html", "sessions/_rows.html", context)


@require_GET
@requires(Role.ENGINEER)
def detail(request: Request, pk: UUID) -> HttpResponse:
    """One session: the problem, every step with its answer, how it ended, and its history."""
    return render(request, "sessions/detail.html", {"shown": reading.detail(request.user, pk)})
