"""A session of the evidence, read beside the proposal that it speaks for."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_GET

from flowpilot.accounts.http import Request
from flowpilot.accounts.roles import Role, requires
from flowpilot.core.web import find, page_or_fragment
from proposals.models import FlowProposal
from proposals.views.addresses import address
from sessions import reading as sessions


@require_GET
@requires(Role.ENGINEER)
def transcript(request: Request, pk: UUID, session: UUID) -> HttpResponse:
    """What was asked and answered in a session; 404 for one that the reader may not open, or that is no
    evidence of the proposal."""
    proposal = find(FlowProposal, request.user, pk)
    if not proposal.evidence.filter(session_id=session).exists():
        raise Http404
    shown = sessions.detail(request.user, session)
    context = {
        "proposal": proposal,
        "shown": shown,
        "session": shown.session,
        "steps": shown.session.steps.order_by("step_order"),
        "dialog": "proposals/_transcript.html",
        "query": address(request),
    }
    return page_or_fragment(request, "proposals/decision.html", "proposals/_transcript.html", context)
