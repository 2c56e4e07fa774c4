"""The doors to what a session told its ticket."""

from collections.abc import Callable
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from flowpilot.accounts.http import Request
from flowpilot.accounts.roles import NotAllowed, Role, requires
from flowpilot.core.web import find, page_or_fragment, see_other, wants_fragment
from flowpilot.psa import outbox
from flowpilot.psa.models import PsaPush
from sessions.models import AISession
from sessions.ticketing import reading


@require_GET
@requires(Role.ENGINEER)
def told(request: Request, pk: UUID) -> HttpResponse:
    """What was written into the ticket, when, or why not; loaded by the page of the session."""
    return _shown(request, find(AISession, request.user, pk))


@require_POST
@requires(Role.ENGINEER)
def retry(request: Request, pk: UUID, push: UUID) -> HttpResponse:
    """Send again what was given up, perhaps with another text."""
    body = request.POST.get("body")
    return _decide(request, pk, push, lambda found: outbox.retry(found, body=body))


@require_POST
@requires(Role.ENGINEER)
def arrived(request: Request, pk: UUID, push: UUID) -> HttpResponse:
    """Somebody has seen it in the ticket."""
    return _decide(request, pk, push, outbox.arrived)


def _decide(request: Request, pk: UUID, push: UUID, verb: Callable[[PsaPush], None]) -> HttpResponse:
    session = find(AISession, request.user, pk)
    found = reading.push_of(session, push)
    try:
        if not reading.may_decide(session, request.user):
            raise NotAllowed(_("Only who holds this session, or an admin of its team, can do that."))
        verb(found)
    except (NotAllowed, outbox.NotForPeople) as refusal:
        status = 403 if isinstance(refusal, NotAllowed) else 409
        return _shown(request, session, status=status, refusal=str(refusal))
    if wants_fragment(request):
        return _shown(request, session)
    return see_other(reverse("sessions:detail", args=[pk]) + "#told")


def _shown(request: Request, session: AISession, *, status: int = 200, refusal: str = "") -> HttpResponse:
    context: dict[str, object] = {"told": reading.told(session, request.user), "refusal": refusal}
    pages = "sessions/ticketing/told.html", "sessions/ticketing/_told.html"
    return page_or_fragment(request, *pages, context, status=status)
