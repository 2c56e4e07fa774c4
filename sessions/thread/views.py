"""The doors of the guided thread."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import trigger_client_event

from flowpilot.accounts.http import Request
from flowpilot.accounts.roles import Role, requires
from flowpilot.core.edge.bodies import takes
from flowpilot.core.markup import render
from flowpilot.core.web import fragments, see_other, wants_fragment
from sessions.actions import following, replying, turns
from sessions.actions.replying import Reply
from sessions.attachment_views import UPLOAD_MEGABYTES
from sessions.models import AISession, AISessionStep
from sessions.rules import IllegalTransition, Incomplete, StaleStep, refuse_unless_holder
from sessions.thread import producing, reading, watching
from sessions.thread.forms import DraftForm, SayForm, WayForm, refusals
from sessions.thread.page_views import page
from sessions.thread.streaming import STREAM_HEADERS, after_checks, events

PARTS = ["sessions/thread/_thread.html", "sessions/thread/_beside.html"]
STALE = "stale"


@require_GET
@requires(Role.ENGINEER)
def detail(request: Request, pk: UUID) -> HttpResponse:
    """A session: for whoever holds it while it is open the console, else the same thread to read."""
    return page(request, pk)


@require_GET
@requires(Role.ENGINEER)
def thread(request: Request, pk: UUID) -> HttpResponse:
    """The thread as it stands, for pages that watch it; without HTMX the page."""
    session = reading.session_of(request.user, pk)
    return _parts(request, session) if wants_fragment(request) else page(request, pk)


@takes(UPLOAD_MEGABYTES)
@require_POST
@requires(Role.ENGINEER)
def say(request: Request, pk: UUID) -> HttpResponse:
    """Answer the step that was seen, or note something of one's own; then the next step is asked for."""
    session = reading.session_of(request.user, pk)
    form = SayForm(request.POST, request.FILES)
    if not form.is_valid():
        return _refused(request, session, refusals(form), status=422)
    answer = _done(request, session, lambda: _said(session, form.cleaned_data, request))
    # Only here something was sent: elsewhere what is being typed stays.
    taken = wants_fragment(request) and answer.status_code == 200
    return trigger_client_event(answer, "thread-said", {}) if taken else answer


@require_POST
@requires(Role.ENGINEER)
def go_on(request: Request, pk: UUID) -> HttpResponse:
    """The next step, please: the first one, or after a turn that broke off."""
    session = reading.session_of(request.user, pk)
    return _done(request, session, lambda: None)


@require_POST
@requires(Role.ENGINEER)
def change(request: Request, pk: UUID, step: UUID) -> HttpResponse:
    """Take an answer back; what came of it is kept as history."""
    session = reading.session_of(request.user, pk)
    found: AISessionStep | None = session.steps.filter(pk=step).first()

    def redo() -> None:
        if found is None:
            raise StaleStep
        found.session = session
        replying.redo(found, by=request.user)

    return _as_seen(request, session, lambda given: redo())


@require_POST
@requires(Role.ENGINEER)
def leave(request: Request, pk: UUID) -> HttpResponse:
    """Go on without the flow."""
    session = reading.session_of(request.user, pk)

    def go(given: dict[str, Any]) -> None:
        following.leave(session, reason=given["reason"], by=request.user)

    return _as_seen(request, session, go)


@require_POST
@requires(Role.ENGINEER)
def come_back(request: Request, pk: UUID) -> HttpResponse:
    """Back to the flow, where it was left."""
    session = reading.session_of(request.user, pk)
    return _as_seen(request, session, lambda given: following.come_back(session, by=request.user))


@require_POST
@requires(Role.ENGINEER)
def draft(request: Request, pk: UUID) -> HttpResponse:
    """Keep what is being typed; it is in the field again after signing in anew."""
    session = reading.session_of(request.user, pk)
    form = DraftForm(request.POST)
    if form.is_valid():
        replying.keep_draft(session, form.cleaned_data["response"], by=request.user)
    return HttpResponse(status=204)


@require_GET
@requires(Role.ENGINEER)
def stream(request: Request, pk: UUID, turn: UUID) -> HttpResponse | StreamingHttpResponse:
    """What is stored of a turn, as it grows. Checked here; the body asks for nothing but that turn. Whoever
    watches too much at once is told so, and that page asks every second instead. Most pages come in by the
    short way (`middleware`) and are answered there."""
    found = reading.turn_of(request.user, pk, turn)
    if watching.has_enough(request.user.pk):
        said = _("You watch %(most)d threads at once already: close some of their pages.")
        told = said % {"most": settings.STREAMS_PER_PERSON}
        return HttpResponse(told, status=429, content_type="text/plain")
    body = watching.counted(request.user.pk, after_checks(events(found.pk, found.account_id)))
    return StreamingHttpResponse(body, headers=STREAM_HEADERS)


@require_GET
@requires(Role.ENGINEER)
def said(request: Request, pk: UUID, turn: UUID) -> HttpResponse:
    """What is stored of a turn so far, for pages that cannot watch its stream; 204 when it is over."""
    found = reading.turn_of(request.user, pk, turn)
    if found.broke_off or not found.is_running:
        return HttpResponse(status=204)
    return HttpResponse(render(found.text))


@require_POST
@requires(Role.ENGINEER)
def stop(request: Request, pk: UUID, turn: UUID) -> HttpResponse:
    """Ask whoever produces a turn to end it."""
    found = reading.turn_of(request.user, pk, turn)
    turns.stop(found, by=request.user)
    if not wants_fragment(request):
        return see_other(_address(pk))
    return _parts(request, reading.session_of(request.user, pk))


def _said(session: AISession, given: dict[str, Any], request: Request) -> None:
    # Where no step was seen to wait, what is written is a note.
    if given["kind"] or not (given["expected_step"] or given["option"] or given["outcome"]):
        replying.note(
            session,
            text=given["response"],
            outcome=given["own_outcome"],
            action=given["kind"] == "action",
            files=given["uploads"],
            expected_step=given["expected_step"],
            by=request.user,
        )
        return
    replying.reply(
        session,
        Reply(given["option"], given["response"], given["outcome"], given["uploads"]),
        expected_step=given["expected_step"] or 0,
        by=request.user,
    )


def _as_seen(request: Request, session: AISession, verb: Callable[[dict[str, Any]], None]) -> HttpResponse:
    """Carry out what changes the way, if the thread still is as the page showed it."""
    form = WayForm(request.POST)
    if not form.is_valid():
        return _refused(request, session, refusals(form), status=422)
    given = form.cleaned_data
    seen = given["expected_step"]
    return _done(request, session, lambda: replying.as_seen(session, seen, lambda: verb(given)))


def _done(request: Request, session: AISession, verb: Callable[[], None]) -> HttpResponse:
    """Carry the verb out, ask for what comes next, show the thread. Refused, what was typed is kept."""
    try:
        verb()
        _ask(request, session)
    except StaleStep:
        return _refused(request, session, STALE, status=409)
    except IllegalTransition as refusal:
        return _refused(request, session, str(refusal), status=409)
    except Incomplete as refusal:
        return _refused(request, session, str(refusal), status=422)
    if not wants_fragment(request):
        return see_other(_address(session.pk) + "#now")
    fresh = reading.session_of(request.user, session.pk)
    return trigger_client_event(_parts(request, fresh, answered=True), "thread-moved", {})


def _ask(request: Request, session: AISession) -> None:
    refuse_unless_holder(session, request.user)
    if replying.open_step(session) is not None:
        return
    turn = turns.ask(session, by=request.user)
    if turn is not None:
        producing.start(turn, beside=isinstance(request, ASGIRequest))


def _refused(request: Request, session: AISession, error: str, *, status: int) -> HttpResponse:
    fresh = reading.session_of(request.user, session.pk)
    if not wants_fragment(request):
        if request.FILES:
            messages.warning(request, _("The files have to be chosen again."))
        return page(request, session.pk, error=error, typed=request.POST.get("response", ""), status=status)
    return _parts(request, fresh, error=error, status=status)


def _parts(
    request: Request, session: AISession, *, error: str = "", answered: bool = False, status: int = 200
) -> HttpResponse:
    """The thread, and out-of-band what stands beside it. `answered`: the reader has just acted, so the focus
    goes to what comes next."""
    context = {
        "thread": reading.thread(session, request.user),
        "session": session,
        "error": error,
        "answered": answered,
        "oob": True,
    }
    return fragments(request, PARTS, context, status=status)


def _address(pk: UUID) -> str:
    return reverse("sessions:detail", args=[pk])
