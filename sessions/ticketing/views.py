"""The doors to what a session told its ticket."""

from collections.abc import Callable
from functools import partial
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
from flowpilot.psa.ports import LONGEST_ENTRY
from flowpilot.psa.replaying import ReplayForm
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
    """Send again what was given up, perhaps with another text or other minutes; 422 when they do not fit."""
    form = ReplayForm(request.POST)
    if not form.is_valid():
        session = find(AISession, request.user, pk)
        typed = form.shown_in(reading.push_of(session, push))
        return _shown(request, session, status=422, refusal=form.refusal, typed=typed)
    return _decide(request, pk, push, partial(outbox.retry, **form.given), typed=form)


@require_POST
@requires(Role.ENGINEER)
def arrived(request: Request, pk: UUID, push: UUID) -> HttpResponse:
    """Somebody has seen it in the ticket."""
    return _decide(request, pk, push, outbox.arrived)


@require_POST
@requires(Role.ENGINEER)
def put_aside(request: Request, pk: UUID, push: UUID) -> HttpResponse:
    """Somebody leaves it as it is."""
    return _decide(request, pk, push, outbox.put_aside)


@require_POST
@requires(Role.ENGINEER)
def count_again(request: Request, pk: UUID, push: UUID) -> HttpResponse:
    """Look anew how often it is in the ticket."""
    return _decide(request, pk, push, outbox.count_again)


def _decide(
    request: Request, pk: UUID, push: UUID, verb: Callable[..., None], typed: ReplayForm | None = None
) -> HttpResponse:
    session = find(AISession, request.user, pk)
    found = reading.push_of(session, push)
    try:
        if not reading.may_decide(session, request.user):
            raise NotAllowed(_("Only who holds this session, or an admin of its team, can do that."))
        verb(found, by=request.user)
    except (NotAllowed, outbox.NotForPeople) as refusal:
        status = 403 if isinstance(refusal, NotAllowed) else 409
        shown = typed.shown_in(found) if typed else None
        return _shown(request, session, status=status, refusal=str(refusal), typed=shown)
    if wants_fragment(request):
        return _shown(request, session)
    return see_other(reverse("sessions:detail", args=[pk]) + "#told")


def _shown(
    request: Request,
    session: AISession,
    *,
    status: int = 200,
    refusal: str = "",
    typed: PsaPush | None = None,
) -> HttpResponse:
    """`typed`: one of them with what was typed, which is not saved."""
    told = reading.told(session, request.user, typed)
    context: dict[str, object] = {"told": told, "refusal": refusal, "most": LONGEST_ENTRY}
    pages = "sessions/ticketing/told.html", "sessions/ticketing/_told.html"
    return page_or_fragment(request, *pages, context, status=status)
