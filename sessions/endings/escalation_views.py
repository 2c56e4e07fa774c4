"""The doors of an escalation: its dialog with the package, the package drafted anew, and the inbox."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import trigger_client_event

from flowpilot.accounts.http import Request
from flowpilot.accounts.roles import Role, requires
from flowpilot.core.web import page_or_fragment, wants_fragment
from sessions import actions
from sessions.endings import forms, packaging, reading
from sessions.endings.views import dialog, done, moved_on, stale
from sessions.rules import IllegalTransition, Incomplete


@require_http_methods(["GET", "POST"])
@requires(Role.ENGINEER)
def escalate(request: Request, pk: UUID) -> HttpResponse:
    """To a colleague, a team, or outside. Under HTMX a model's draft comes after the dialog."""
    session = reading.session_of(request.user, pk)
    if request.method == "GET":
        later = wants_fragment(request) and not packaging.is_quick(session)
        initial = {
            "seen": reading.stamp(session),
            "reason": request.GET.get("reason", ""),
            "worked_minutes": reading.worked_minutes(session),
        }
        typed = {} if later else packaging.as_typed(packaging.drafted(session, request.user))
        form = forms.EscalateForm(initial={**initial, **typed}, session=session, user=request.user)
        return dialog(request, "escalate", form, draft_later=later, missing=missing(request, form))
    form = forms.EscalateForm(request.POST, session=session, user=request.user)
    if moved_on(form):
        return stale(request, "escalate", form, missing=missing(request, form))
    if not form.is_valid():
        return dialog(request, "escalate", form, status=422, missing=missing(request, form))
    try:
        said = hand_over(form)
    except IllegalTransition as conflict:
        return stale(request, "escalate", form, str(conflict), missing=missing(request, form))
    except Incomplete as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return dialog(request, "escalate", form, status=422, missing=missing(request, form))
    return done(request, session, said)


@require_GET
@requires(Role.ENGINEER)
def package(request: Request, pk: UUID) -> HttpResponse:
    """The package drafted anew, with the reason that was typed: the fields of the dialog."""
    session = reading.session_of(request.user, pk)
    typed = packaging.as_typed(packaging.drafted(session, request.user, reason=request.GET.get("reason", "")))
    form = forms.EscalateForm(initial=typed, session=session, user=request.user)
    context = {"form": form, "session": session, "missing": missing(request, form)}
    return page_or_fragment(
        request, "sessions/endings/package.html", "sessions/endings/_package_fields.html", context
    )


@require_GET
@requires(Role.ENGINEER)
def inbox(request: Request) -> HttpResponse:
    """Escalations that wait for somebody, those directed at the reader first. The page asks again by itself,
    and is answered when there is something else to show than the list with the mark that it names."""
    waiting = reading.inbox(request.user)
    mark = reading.mark_of(waiting)
    if wants_fragment(request) and request.GET.get("shown") == mark:
        return HttpResponse(status=204)
    context = {"waiting": waiting, "mark": mark}
    pages = "sessions/endings/inbox.html", "sessions/endings/_inbox.html"
    answer = page_or_fragment(request, *pages, context)
    return trigger_client_event(answer, "inbox-changed", {}) if wants_fragment(request) else answer


@require_GET
@requires(Role.ENGINEER)
def inbox_count(request: Request) -> HttpResponse:
    """The number beside the inbox in the navigation, which asks for it once a minute."""
    return render(request, "components/_nav_inbox.html")


def hand_over(form: forms.EscalateForm) -> str:
    """Call the verb that fits the addressee; returns what to say then."""
    given = form.cleaned_data
    session, user = form.session, form.user
    kept = packaging.from_typed(session, user, given)
    common: dict[str, Any] = {"reason": given["reason"], "code": given["code"], "package": kept, "by": user}
    if given["where"] == forms.OUTSIDE:
        actions.escalate(
            session,
            destination=given["destination"],
            worked_minutes=given.get("worked_minutes"),
            write_back=given.get("write_back", ""),
            **common,
        )
        return _("Escalated to %(name)s. The session has ended.") % {"name": session.escalation_destination}
    to = given["to"] if given["where"] == forms.COLLEAGUE else None
    to_team = given["to_team"] if given["where"] == forms.TEAM else None
    actions.request_escalation(session, to=to, to_team=to_team, **common)
    return _("%(name)s is asked to take over.") % {"name": to or to_team or _("Whoever is free")}


def missing(request: Request, form: forms.EscalateForm) -> list[Any]:
    return packaging.missing(form.session, request.user)
