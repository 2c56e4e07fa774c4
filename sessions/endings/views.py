"""The doors of the verbs: GET asks in a dialog (without HTMX on a page), POST does it.

409 when the session moved on meanwhile: the dialog comes back with how it stands now and what was typed.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from flowpilot.accounts.http import Request
from flowpilot.accounts.roles import Role, requires
from flowpilot.core.web import page_or_fragment, see_other, wants_fragment
from sessions import actions
from sessions.endings import forms, reading, taking
from sessions.endings.resolving import resolve_and_rate
from sessions.models import AISession
from sessions.rules import IllegalTransition, Incomplete, TooLate


@dataclass(frozen=True)
class Ending:
    """A verb as its door knows it: what is asked, what is done with the answer, what is said then."""

    name: str
    form: type[forms.EndingForm]
    verb: Callable[..., None]
    done: Promise
    initial: Callable[[AISession], dict[str, Any]] = field(default=lambda session: {})


PAUSE = Ending("pause", forms.PauseForm, actions.pause, gettext_lazy("Paused."))
RESOLVE = Ending(
    "resolve", forms.ResolveForm, resolve_and_rate, gettext_lazy("Resolved."), reading.resolution_draft
)
ABANDON = Ending(
    "abandon", forms.AbandonForm, actions.abandon, gettext_lazy("Abandoned."), reading.abandonment_draft
)
ACCEPT = Ending(
    "accept", forms.PlainForm, actions.accept_escalation, gettext_lazy("You hold this session now.")
)
DECLINE = Ending(
    "decline", forms.DeclineForm, actions.decline_escalation, gettext_lazy("Returned to where it came from.")
)
REOPEN = Ending("reopen", forms.ReopenForm, actions.reopen, gettext_lazy("Open again."))
RATE = Ending("rate", forms.RateForm, actions.rate, gettext_lazy("Thank you."), reading.rating_of)


@require_http_methods(["GET", "POST"])
@requires(Role.ENGINEER)
def pause(request: Request, pk: UUID) -> HttpResponse:
    """Put it down with a note; the toast offers to take it up again."""
    return ask_or_do(request, pk, PAUSE, undo="resume")


@require_POST
@requires(Role.ENGINEER)
def resume(request: Request, pk: UUID) -> HttpResponse:
    return at_once(request, pk, actions.resume, _("You are at it again."))


@require_http_methods(["GET", "POST"])
@requires(Role.ENGINEER)
def resolve(request: Request, pk: UUID) -> HttpResponse:
    """What fixed it, drafted from the thread; with rating, minutes and cause."""
    return ask_or_do(request, pk, RESOLVE)


@require_http_methods(["GET", "POST"])
@requires(Role.ENGINEER)
def abandon(request: Request, pk: UUID) -> HttpResponse:
    return ask_or_do(request, pk, ABANDON)


@require_http_methods(["GET", "POST"])
@requires(Role.ENGINEER)
def accept(request: Request, pk: UUID) -> HttpResponse:
    """Take a waiting escalation over, with its package in view. Who comes second is told who was first, also
    when the session is not theirs to see any more."""
    try:
        return ask_or_do(request, pk, ACCEPT)
    except Http404:
        told = taking.why_not_any_more(request.user, pk, request.GET.get(taking.OFFERED, ""))
        if not told:
            raise
        return too_late(request, told)


@require_http_methods(["GET", "POST"])
@requires(Role.ENGINEER)
def decline(request: Request, pk: UUID) -> HttpResponse:
    """Whoever was asked by name returns it with a reason."""
    return ask_or_do(request, pk, DECLINE)


@require_POST
@requires(Role.ENGINEER)
def cancel_escalation(request: Request, pk: UUID) -> HttpResponse:
    return at_once(request, pk, actions.cancel_escalation, _("Nobody is asked any more: it is yours again."))


@require_http_methods(["GET", "POST"])
@requires(Role.ENGINEER)
def reopen(request: Request, pk: UUID) -> HttpResponse:
    return ask_or_do(request, pk, REOPEN)


@require_http_methods(["GET", "POST"])
@requires(Role.ENGINEER)
def rate(request: Request, pk: UUID) -> HttpResponse:
    """1 to 5 with words; of an ended session, too."""
    return ask_or_do(request, pk, RATE)


def ask_or_do(request: Request, pk: UUID, ending: Ending, *, undo: str = "") -> HttpResponse:
    session = reading.session_of(request.user, pk)
    common: dict[str, Any] = {"session": session, "user": request.user}
    if request.method == "GET":
        initial = {"seen": reading.stamp(session), **ending.initial(session)}
        return dialog(request, ending.name, ending.form(initial=initial, **common))
    form = ending.form(request.POST, **common)
    if moved_on(form):
        return stale(request, ending.name, form)
    if not form.is_valid():
        return dialog(request, ending.name, form, status=422)
    try:
        ending.verb(session, **form.given, by=request.user)
    except IllegalTransition as conflict:
        if not reading.is_seen(request.user, session):
            return too_late(request, str(conflict))
        return stale(request, ending.name, form, str(conflict))
    except (Incomplete, TooLate) as refusal:
        named = getattr(refusal, "field", None)
        form.add_error(named if named in form.fields else None, str(refusal))
        return dialog(request, ending.name, form, status=422)
    return done(request, session, str(ending.done), undo=undo)


def at_once(request: Request, pk: UUID, verb: Callable[..., None], said: str) -> HttpResponse:
    """A verb that asks nothing: a button is enough."""
    session = reading.session_of(request.user, pk)
    try:
        verb(session, by=request.user)
    except IllegalTransition as conflict:
        messages.warning(request, str(conflict))
        return go(request, session)
    return done(request, session, said)


def moved_on(form: forms.EndingForm) -> bool:
    """Whether the session is in another state or in other hands than the dialog showed."""
    seen = form.data.get("seen", "")
    return bool(seen) and seen != reading.stamp(form.session)


def stale(request: Request, name: str, form: forms.EndingForm, said: str = "", **more: Any) -> HttpResponse:
    """How it stands now, and the form as typed: sending it again is about that state."""
    form.session.refresh_from_db()
    form.data = {**form.data.dict(), "seen": reading.stamp(form.session)}  # type: ignore[attr-defined]
    told = said or _("This session moved on while you were typing.")
    return dialog(
        request, name, form, status=409, conflict=told, last=reading.last_event(form.session), **more
    )


def too_late(request: Request, said: str) -> HttpResponse:
    """Back to what waits, for whoever may not open the session any more."""
    messages.warning(request, said)
    return _to(request, reverse("sessions:inbox"))


def dialog(
    request: Request, name: str, form: forms.EndingForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    """The form of a verb: in the dialog, or as a page of its own."""
    part = f"sessions/endings/_{name}.html"
    proof = request.GET.get(taking.OFFERED, "")
    query = f"?{urlencode({taking.OFFERED: proof})}" if proof else ""
    context = {
        "form": form,
        "session": form.session,
        "part": part,
        "url": reverse(f"sessions:{name}", args=[form.session.pk]) + query,
        **more,
    }
    return page_or_fragment(request, "sessions/endings/ending.html", part, context, status=status)


def done(request: Request, session: AISession, said: str, *, undo: str = "") -> HttpResponse:
    """The session's page anew, with what was done, and where that is taken back."""
    undo_url = reverse(f"sessions:{undo}", args=[session.pk]) if undo else ""
    messages.success(request, said, extra_tags=undo_url)
    return go(request, session)


def go(request: Request, session: AISession) -> HttpResponse:
    """To the session, if the reader still sees it: who hands it to another team may not."""
    seen = reading.is_seen(request.user, session)
    url = reverse("sessions:detail", args=[session.pk]) if seen else reverse("sessions:list")
    return _to(request, url)


def _to(request: Request, url: str) -> HttpResponse:
    return HttpResponseClientRedirect(url) if wants_fragment(request) else see_other(url)
