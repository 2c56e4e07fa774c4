"""One URL per decision about a proposal, and those that take one back."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from flowpilot.accounts.http import Request
from flowpilot.accounts.roles import Role, requires
from flowpilot.core.web import find, page_or_fragment, see_other, wants_fragment
from proposals import actions, jobs
from proposals.forms import ApproveForm, DecisionForm, DismissForm, RejectForm, SplitForm
from proposals.models import FlowProposal, SessionAnalysis
from proposals.views.addresses import address, beside_the_list, detail_url, queue_url, row_id, tab
from proposals.views.panels import (
    REFUSALS,
    narrowed,
    panel,
    queue_context,
    refused,
    rows_of,
    stale,
    status_of,
)
from sessions.models import AISession


@dataclass(frozen=True)
class Decision:
    """A decision as a door knows it: what is asked, the verb, and what is said when it is done.

    dialog: template that asks, "" when the button itself is enough.
    """

    form: type[DecisionForm]
    verb: Callable[..., object]
    done: Promise
    dialog: str = ""


APPROVE = Decision(ApproveForm, actions.approve, gettext_lazy("Published “%s”."))
DISMISS = Decision(DismissForm, actions.dismiss, gettext_lazy("Dismissed “%s”."), "proposals/_dismiss.html")
REJECT = Decision(RejectForm, actions.reject, gettext_lazy("Rejected “%s”."), "proposals/_reject.html")


@require_POST
@requires(Role.TEAM_ADMIN)
@beside_the_list
def approve(request: Request, pk: UUID) -> HttpResponse:
    return decide(request, pk, APPROVE)


@require_http_methods(["GET", "POST"])
@requires(Role.TEAM_ADMIN)
@beside_the_list
def dismiss(request: Request, pk: UUID) -> HttpResponse:
    return decide(request, pk, DISMISS)


@require_http_methods(["GET", "POST"])
@requires(Role.TEAM_ADMIN)
@beside_the_list
def reject(request: Request, pk: UUID) -> HttpResponse:
    return decide(request, pk, REJECT)


@require_POST
@requires(Role.TEAM_ADMIN)
@beside_the_list
def reopen(request: Request, pk: UUID) -> HttpResponse:
    return take_back(request, pk, actions.reopen, _("“%s” is open again."))


@require_POST
@requires(Role.TEAM_ADMIN)
@beside_the_list
def undo(request: Request, pk: UUID) -> HttpResponse:
    return take_back(request, pk, actions.undo, _("Undone: “%s” is open again."))


@require_POST
@requires(Role.TEAM_ADMIN)
@beside_the_list
def split(request: Request, pk: UUID) -> HttpResponse:
    """Split a session off a proposal: it was another problem, and is analysed by itself now."""
    proposal = find(FlowProposal, request.user, pk)
    named = SplitForm(request.POST)
    if not named.is_valid():
        said = _("The page sent something unreadable. Reload it and try again.")
        return refused(request, said, detail_url(request, proposal))
    session = find(AISession, request.user, named.cleaned_data["session"])
    try:
        analysis = jobs.split_off(proposal, session, by=request.user)
    except actions.AlreadyDecided as conflict:
        return stale(request, proposal, str(conflict))
    except REFUSALS as refusal:
        return refused(request, str(refusal), detail_url(request, proposal), status=status_of(refusal))
    failed = analysis.state == SessionAnalysis.State.FAILED
    came = _("its analysis failed: %s") % analysis.error if failed else analysis.reason
    said = _("Split off “%(session)s”: %(came)s") % {"session": session.title, "came": came}
    if not wants_fragment(request):
        messages.add_message(request, messages.ERROR if failed else messages.SUCCESS, said)
        return see_other(detail_url(request, proposal))
    toast = {"level": "error" if failed else "success", "message": said}
    return panel(request, proposal, toast, context=queue_context(request, tab(request)))


def decide(request: Request, pk: UUID, decision: Decision) -> HttpResponse:
    """A decision's dialog on GET; on POST the decision itself."""
    proposal = find(FlowProposal, request.user, pk)
    if request.method == "GET":
        first = decision.form(initial={"draft": proposal.current_draft_id})
        return not_as_seen(request, proposal) or ask(request, proposal, decision, first)
    form = decision.form(request.POST)
    if not form.is_valid():
        if decision.dialog and "draft" not in form.errors:
            return ask(request, proposal, decision, form, status=422)
        said = _("The page sent something unreadable. Reload it and decide again.")
        return refused(request, said, detail_url(request, proposal))
    return carried_out(request, proposal, decision, form)


def carried_out(
    request: Request, proposal: FlowProposal, decision: Decision, form: DecisionForm
) -> HttpResponse:
    """The verb with what a valid form says, then the next proposal or why not."""
    following = next_after(request, proposal)
    try:
        decision.verb(proposal, **form.cleaned_data, by=request.user)
    except (actions.AlreadyDecided, actions.DraftChanged) as conflict:
        return stale(request, proposal, str(conflict))
    except REFUSALS as refusal:
        return refused(request, str(refusal), detail_url(request, proposal), status=status_of(refusal))
    return decided(request, proposal, following, decision.done % proposal.title)


def ask(
    request: Request, proposal: FlowProposal, decision: Decision, form: DecisionForm, *, status: int = 200
) -> HttpResponse:
    """The decision's form: in the dialog, or as a page of its own without HTMX."""
    context = {"form": form, "proposal": proposal, "dialog": decision.dialog, "query": address(request)}
    return page_or_fragment(request, "proposals/decision.html", decision.dialog, context, status=status)


def not_as_seen(request: Request, proposal: FlowProposal) -> HttpResponse | None:
    """In place of a dialog: the panel whose link asks for it showed another draft than the current one, and
    nobody decides about a draft without having seen it."""
    seen = request.GET.get("draft", str(proposal.current_draft_id))
    if seen == str(proposal.current_draft_id):
        return None
    conflict = actions.DraftChanged if proposal.is_pending else actions.AlreadyDecided
    return stale(request, proposal, str(conflict(proposal)))


def take_back(request: Request, pk: UUID, verb: Callable[..., None], done: str) -> HttpResponse:
    """Reopen or undo: the proposal stays in the panel, the list is drawn again."""
    proposal = find(FlowProposal, request.user, pk)
    try:
        verb(proposal, by=request.user)
    except actions.AlreadyDecided as conflict:
        return stale(request, proposal, str(conflict))
    except REFUSALS as refusal:
        return refused(request, str(refusal), detail_url(request, proposal), status=status_of(refusal))
    said = done % proposal.title
    if not wants_fragment(request):
        messages.success(request, said)
        return see_other(detail_url(request, proposal))
    toast = {"level": "success", "message": said}
    return panel(request, proposal, toast, context=queue_context(request, tab(request)))


def next_after(request: Request, proposal: FlowProposal) -> FlowProposal | None:
    """The next row of the queue as filtered and sorted, else the first one that is not this."""
    filters = narrowed(request, tab(request))
    rows, order = filters.order.ordered(rows_of(filters).exclude(pk=proposal.pk)), filters.order
    behind = order.after(rows, getattr(proposal, order.field), proposal.pk).first()
    found: FlowProposal | None = behind or rows.first()
    return found


def decided(
    request: Request, proposal: FlowProposal, following: FlowProposal | None, said: str
) -> HttpResponse:
    """The next proposal in the panel; its row goes, and the counts and a toast with Undo come along."""
    if not wants_fragment(request):
        messages.success(request, said)
        return see_other(detail_url(request, following) if following else queue_url(request))
    undo_url = reverse("proposals:undo", args=[proposal.pk]) + address(request)
    toast = {"level": "success", "message": said, "undo_url": undo_url, "undo_target": "#detail"}
    context = {} if following else queue_context(request, tab(request))
    response = panel(request, following, toast, context=context)
    rows = {"gone": row_id(proposal), "current": row_id(following) if following else None}
    return trigger_client_event(response, "proposal-decided", rows)
