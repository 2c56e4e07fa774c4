"""The doors of the review: queue, detail, one URL per decision."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import reswap, retarget

from flowpilot.accounts.http import Request
from flowpilot.accounts.roles import NotAllowed, Role, administers, requires
from flowpilot.core.paging import page_of
from flowpilot.core.web import find, fragments, page_or_fragment, wants_fragment
from proposals import actions, jobs, reading
from proposals.filters import ProposalFilter
from proposals.forms import DecisionForm, DismissForm, RejectForm
from proposals.models import FlowProposal
from sessions.models import AISession

REFUSALS = (
    NotAllowed,
    actions.NeedsEdit,
    actions.ReasonRequired,
    actions.CannotUndo,
    actions.OpenTwin,
    actions.NothingToRetry,
)


@require_GET
@requires(Role.ENGINEER)
def queue(request: Request) -> HttpResponse:
    """The list, with the first proposal open beside it; under HTMX only the rows."""
    context = queue_context(request)
    rows = context["page"].rows
    context["detail"] = None
    if rows and not wants_fragment(request):
        context["detail"] = detail_of(request, rows[0].pk)
    return page_or_fragment(request, "proposals/queue.html", "proposals/_rows.html", context)


@require_GET
@requires(Role.ENGINEER)
def detail(request: Request, pk: UUID) -> HttpResponse:
    """One proposal; without HTMX the queue around it."""
    shown = detail_of(request, pk)
    if wants_fragment(request):
        return fragments(request, ["proposals/_detail.html"], {"detail": shown, **filters_kept(request)})
    context = {**queue_context(request, shown.proposal), "detail": shown}
    return page_or_fragment(request, "proposals/queue.html", "proposals/_detail.html", context)


@require_POST
@requires(Role.TEAM_ADMIN)
def approve(request: Request, pk: UUID) -> HttpResponse:
    return decide(request, pk, DecisionForm, "", actions.approve, _("Published “%s”."))


@require_http_methods(["GET", "POST"])
@requires(Role.TEAM_ADMIN)
def dismiss(request: Request, pk: UUID) -> HttpResponse:
    template = "proposals/_dismiss.html"
    return decide(request, pk, DismissForm, template, actions.dismiss, _("Dismissed “%s”."))


@require_http_methods(["GET", "POST"])
@requires(Role.TEAM_ADMIN)
def reject(request: Request, pk: UUID) -> HttpResponse:
    template = "proposals/_reject.html"
    return decide(request, pk, RejectForm, template, actions.reject, _("Rejected “%s”."))


@require_POST
@requires(Role.TEAM_ADMIN)
def reopen(request: Request, pk: UUID) -> HttpResponse:
    return reverse_decision(request, pk, actions.reopen, _("“%s” is open again."))


@require_POST
@requires(Role.TEAM_ADMIN)
def undo(request: Request, pk: UUID) -> HttpResponse:
    return reverse_decision(request, pk, actions.undo, _("Undone: “%s” is open again."))


@require_GET
@requires(Role.ENGINEER)
def session_analysis(request: Request, pk: UUID) -> HttpResponse:
    """What the learning job made of a session; the session's page loads this part from here."""
    session = find(AISession, request.user, pk)
    return session_panel(request, session)


@require_POST
@requires(Role.TEAM_ADMIN)
def retry(request: Request, pk: UUID) -> HttpResponse:
    session = find(AISession, request.user, pk)
    try:
        actions.retry(session, by=request.user)
    except REFUSALS as refusal:
        return refused(request, refusal, session_url(session))
    return session_done(request, session, _("The analysis will try this session again."))


@require_POST
@requires(Role.TEAM_ADMIN)
def propose(request: Request, pk: UUID) -> HttpResponse:
    """Propose a flow from one session, now and by hand."""
    session = find(AISession, request.user, pk)
    try:
        analysis = jobs.propose_from(session, by=request.user)
    except REFUSALS as refusal:
        return refused(request, refusal, session_url(session))
    return session_done(request, session, analysis.reason or analysis.error)


def queue_context(request: Request, selected: FlowProposal | None = None) -> dict[str, Any]:
    tab = request.GET.get("status") or (reading.tab_of(selected.status) if selected else "pending")
    tab = tab if tab in reading.TABS else "pending"
    narrowed = ProposalFilter(request.GET, queryset=reading.queue(request.user, tab), request=request)
    rows = narrowed.qs if narrowed.is_valid() else narrowed.queryset
    return {
        "tab": tab,
        "tabs": list(reading.TABS),
        "filter": narrowed,
        "page": page_of(rows, request.GET.get("after", "")),
        "selected": selected,
        "pending_count": reading.pending_count(request.user),
        **filters_kept(request),
    }


def filters_kept(request: Request) -> dict[str, Any]:
    """The query string that every link of the queue carries on."""
    kept = request.GET.copy()
    kept.pop("after", None)
    return {"query": kept.urlencode()}


def detail_of(request: Request, pk: UUID) -> reading.Detail:
    return reading.detail(reading.proposal(request.user, pk), request.user)


def decide(
    request: Request,
    pk: UUID,
    form_class: type[DecisionForm],
    dialog: str,
    verb: Callable[..., object],
    done: str,
) -> HttpResponse:
    """A decision's dialog on GET; on POST the verb, then the next proposal or why not."""
    proposal = find(FlowProposal, request.user, pk)
    if request.method == "GET":
        form = form_class(initial={"draft": proposal.current_draft_id})
        return fragments(request, [dialog], {"form": form, "proposal": proposal, **filters_kept(request)})
    form = form_class(request.POST)
    if not form.is_valid():
        context = {"form": form, "proposal": proposal, **filters_kept(request)}
        return fragments(request, [dialog or "proposals/_refused.html"], context, status=422)
    following = next_after(request, proposal)
    try:
        verb(proposal, **form.cleaned_data, by=request.user)
    except (actions.AlreadyDecided, actions.DraftChanged) as conflict:
        return stale(request, pk, conflict)
    except REFUSALS as refusal:
        return refused(request, refusal, detail_url(proposal))
    return decided(request, proposal, following, done % proposal.title)


def reverse_decision(request: Request, pk: UUID, verb: Callable[..., None], done: str) -> HttpResponse:
    proposal = find(FlowProposal, request.user, pk)
    try:
        verb(proposal, by=request.user)
    except actions.AlreadyDecided as conflict:
        return stale(request, pk, conflict)
    except REFUSALS as refusal:
        return refused(request, refusal, detail_url(proposal))
    return decided(request, proposal, proposal, done % proposal.title, undo=False)


def next_after(request: Request, proposal: FlowProposal) -> FlowProposal | None:
    """The next older row of the queue as filtered, else the newest one that is not this."""
    rows = queue_context(request, proposal)["filter"].qs.exclude(pk=proposal.pk)
    ordered = rows.order_by("-created_at", "-id")
    older = ordered.filter(created_at__lte=proposal.created_at).first()
    found: FlowProposal | None = older or ordered.first()
    return found


def decided(
    request: Request,
    proposal: FlowProposal,
    following: FlowProposal | None,
    message: str,
    *,
    undo: bool = True,
) -> HttpResponse:
    """The next proposal in the panel; the row, the counts and a toast go out-of-band."""
    if not wants_fragment(request):
        messages.success(request, message)
        return redirect("proposals:queue")
    context = {
        "detail": detail_of(request, following.pk) if following else None,
        "decided": proposal,
        "pending_count": reading.pending_count(request.user),
        "toast": {"level": "success", "message": message, "undo": undo and proposal},
        **filters_kept(request),
    }
    templates = ["proposals/_detail.html", "proposals/_decided.html", "components/_toast.html"]
    response = fragments(request, templates, context, event="proposal-decided")
    return retarget(response, "#detail")


def stale(request: Request, pk: UUID, conflict: Exception) -> HttpResponse:
    """Somebody was first, or the draft is another one now: say so and show what is true."""
    if not wants_fragment(request):
        messages.warning(request, str(conflict))
        return redirect("proposals:detail", pk=pk)
    context = {"detail": detail_of(request, pk), "conflict": str(conflict), **filters_kept(request)}
    return retarget(fragments(request, ["proposals/_detail.html"], context, status=409), "#detail")


def refused(request: Request, refusal: Exception, back: str) -> HttpResponse:
    """The rules say no: a warning toast, and everything stays as it was."""
    if not wants_fragment(request):
        messages.warning(request, str(refusal))
        return redirect(back)
    status = 403 if isinstance(refusal, NotAllowed) else 422
    toast = {"level": "warning", "message": str(refusal)}
    response = fragments(request, ["components/_toast.html"], {"toast": toast}, status=status)
    return reswap(response, "none")


def detail_url(proposal: FlowProposal) -> str:
    return reverse("proposals:detail", args=[proposal.pk])


def session_url(session: AISession) -> str:
    return reverse("sessions:detail", args=[session.pk])


def session_panel(request: Request, session: AISession, **more: Any) -> HttpResponse:
    context = {
        "session": session,
        "analyses": reading.analyses_of(session),
        "may_decide": administers(request.user, session.team_id),
        **more,
    }
    templates = ["proposals/_session_analysis.html"]
    return fragments(request, [*templates, "components/_toast.html"] if more else templates, context)


def session_done(request: Request, session: AISession, message: str) -> HttpResponse:
    if not wants_fragment(request):
        messages.success(request, message)
        return redirect("sessions:detail", pk=session.pk)
    session.refresh_from_db()
    return session_panel(request, session, toast={"level": "success", "message": message})
