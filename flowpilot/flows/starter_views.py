"""The door of the starter library: what installing it would do, and doing it."""

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from flowpilot.accounts.http import Request
from flowpilot.accounts.roles import Role, requires
from flowpilot.core.web import page_or_fragment
from flowpilot.flows.actions.starters import install_starters, planned, tally
from flowpilot.flows.publishing_views import leave


@require_http_methods(["GET", "POST"])
@requires(Role.ACCOUNT_ADMIN)
def starters(request: Request) -> HttpResponse:
    assert request.user.account_id is not None
    if request.method == "GET":
        steps = planned(request.user.account_id)
        context = {"tally": tally(steps), "steps": steps, "flow": None, "dialog": "flows/_starters.html"}
        return page_or_fragment(request, "flows/dialog.html", "flows/_starters.html", context)
    done = tally(install_starters(request.user.account_id, by=request.user))
    said = _("Starter library: %(new)s installed, %(newer)s brought up to date, %(drafts)s as drafts.")
    counted = {"new": done["install"], "newer": done["upgrade"], "drafts": done["draft"]}
    messages.success(request, said % counted)
    return leave(request, reverse("flows:library"))
