"""What came of a session: the part of its page that the review answers for."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from flowpilot.accounts.http import Request
from flowpilot.accounts.roles import Role, administers, requires
from flowpilot.core.web import find, fragments, page_or_fragment, see_other, wants_fragment
from proposals import actions, jobs, reading
from proposals.models import SessionAnalysis
from proposals.views.addresses import session_url
from proposals.views.panels import REFUSALS, refused, status_of
from sessions.models import AISession


@require_GET
@requires(Role.ENGINEER)
def session_analysis(request: Request, pk: UUID) -> HttpResponse:
    """What the learning job made of a session; the session's page loads this part from here."""
    return session_panel(request, find(AISession, request.user, pk))


@require_POST
@requires(Role.TEAM_ADMIN)
def retry(request: Request, pk: UUID) -> HttpResponse:
    session = find(AISession, request.user, pk)
    try:
        actions.retry(session, by=request.user)
    except REFUSALS as refusal:
        return refused(
            request, str(refusal) or _("There is no failed analysis to retry."), session_url(session)
        )
    return session_done(request, session, "success", _("The analysis will try this session again."))


@require_POST
@requires(Role.TEAM_ADMIN)
def propose(request: Request, pk: UUID) -> HttpResponse:
    """Propose a flow from one session, now and by hand."""
    session = find(AISession, request.user, pk)
    try:
        analysis = jobs.propose_from(session, by=request.user)
    except REFUSALS as refusal:
        return refused(request, str(refusal), session_url(session), status=status_of(refusal))
    failed = analysis.state == SessionAnalysis.State.FAILED
    said = _("The analysis failed: %s") % analysis.error if failed else analysis.reason
    return session_done(request, session, "error" if failed else "success", said)


def session_panel(request: Request, session: AISession, **more: Any) -> HttpResponse:
    analyses = reading.learned_from(session, request.user)
    may_decide = administers(request.user, session) and session.status == AISession.Status.RESOLVED
    context = {"session": session, "analyses": analyses, "may_decide": may_decide, **more}
    if not wants_fragment(request):
        page, part = "proposals/session_analysis.html", "proposals/_session_analysis.html"
        return page_or_fragment(request, page, part, context)
    toast = ["components/_toast.html"] if more else []
    return fragments(request, ["proposals/_session_analysis.html", *toast], context)


def session_done(request: Request, session: AISession, level: str, said: str) -> HttpResponse:
    if not wants_fragment(request):
        messages.add_message(request, messages.ERROR if level == "error" else messages.SUCCESS, said)
        return see_other(session_url(session))
    session.refresh_from_db()
    return session_panel(request, session, toast={"level": level, "message": said})
