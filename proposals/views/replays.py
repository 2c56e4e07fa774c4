"""Past sessions, walked through a draft: what came of it, and the button that does it again."""

from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from flowpilot.accounts.http import Request
from flowpilot.accounts.roles import Role, requires
from flowpilot.core.web import page_or_fragment, see_other, wants_fragment
from proposals import actions, opened
from proposals.replays import replay_of
from proposals.views.addresses import detail_url
from proposals.views.panels import refused


@require_http_methods(["GET", "POST"])
@requires(Role.ENGINEER)
def replay(request: Request, pk: UUID) -> HttpResponse:
    """What the last replay of the draft found, how far the one is that goes on, or that there was none; POST
    asks for one. The panel of a proposal does so by itself when it is opened for the first time."""
    proposal = opened.proposal(request.user, pk, with_decisions=False)
    if request.method == "POST":
        try:
            actions.request_replay(proposal)
        except actions.CannotReplay as refusal:
            return refused(request, str(refusal), detail_url(request, proposal))
        if not wants_fragment(request):
            return see_other(request.path)
    context = {"proposal": proposal, "replay": replay_of(proposal, request.user)}
    return page_or_fragment(request, "proposals/replay.html", "proposals/_replay.html", context)
