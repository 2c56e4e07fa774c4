"""The doors of the review: queue, detail, one URL per decision, and what came of a session."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import replace_url, reswap, retarget, trigger_client_event

from flowpilot.accounts.http import Request
from flowpilot.accounts.roles import NotAllowed, Role, administers, requires
from flowpilot.core.paging import page_of
from flowpilot.core.web import find, fragments, page_or_fragment, see_other, wants_fragment
from proposals import actions, jobs, reading
from proposals.alike import alike as find_alike
from proposals.filters import ProposalFilter
from proposals.forms import DecisionForm, DismissForm, RejectForm, SplitForm
from proposals.models import FlowProposal, SessionAnalysis
from sessions.models import AISession

REFUSALS = (
    NotAllowed,
    actions.NeedsEdit,
    actions.ReasonRequired,
    actions.CannotSplit,
    actions.CannotUndo,
    actions.OpenTwin,
    actions.NothingToRetry,
)
TAB_WORDS = {
    "pending": gettext_lazy("Pending"),
    "published": gettext_lazy("Published"),
    "dismissed": gettext_lazy("Dismissed"),
    "rejected": gettext_lazy("Rejected"),
    "expired": gettext_lazy("Expired"),
}


@dataclass(frozen=True)
class Decision:
    """A decision as a door knows it: what is asked, the verb, and what is said when it is done.

    dialog: template that asks, "" when the button itself is enough.
    """

    form: type[DecisionForm]
    verb: Callable[..., object]
    done: Promise
    dialog: str = ""


APPROVE = Decision(DecisionForm, actions.approve, gettext_lazy("Published “%s”."))
DISMISS = Decision(DismissForm, actions.dismiss, gettext_lazy("Dismissed “%s”."), "proposals/_dismiss.html")
REJECT = Decision(RejectForm, actions.reject, gettext_lazy("Rejected “%s”."), "proposals/_reject.html")


@require_GET
@requires(Role.ENGINEER)
def queue(request: Request) -> HttpResponse:
    """The list, with the first proposal open beside it; under HTMX rows, with the filters around them."""
    context = queue_context(request, tab(request))
    if wants_fragment(request):
        around = [] if "after" in request.GET else ["proposals/_filtered.html"]
        return fragments(request, ["proposals/_rows.html", *around], context)
    first = context["page"].rows[:1]
    context["detail"] = detail_of(request, first[0].pk) if first else None
    return page_or_fragment(request, "proposals/queue.html", "proposals/_rows.html", context)


@require_GET
@requires(Role.ENGINEER)
def detail(request: Request, pk: UUID) -> HttpResponse:
    """One proposal; without HTMX the queue around it."""
    shown = detail_of(request, pk)
    if wants_fragment(request):
        return fragments(request, ["proposals/_detail.html"], {"detail": shown, "query": address(request)})
    context = {**queue_context(request, tab(request, shown.proposal)), "detail": shown}
    return page_or_fragment(request, "proposals/queue.html", "proposals/_detail.html", context)


@require_GET
@requires(Role.ENGINEER)
def alike(request: Request, pk: UUID) -> HttpResponse:
    """Published flows and other proposals that resemble the proposal; its panel loads this part from here,
    because finding them takes longer than all the rest."""
    proposal = reading.proposal(request.user, pk)
    context = {"proposal": proposal, "alike": find_alike(proposal, request.user)}
    return page_or_fragment(request, "proposals/alike.html", "proposals/_alike.html", context)


@require_POST
@requires(Role.TEAM_ADMIN)
def approve(request: Request, pk: UUID) -> HttpResponse:
    return decide(request, pk, APPROVE)


@require_http_methods(["GET", "POST"])
@requires(Role.TEAM_ADMIN)
def dismiss(request: Request, pk: UUID) -> HttpResponse:
    return decide(request, pk, DISMISS)


@require_http_methods(["GET", "POST"])
@requires(Role.TEAM_ADMIN)
def reject(request: Request, pk: UUID) -> HttpResponse:
    return decide(request, pk, REJECT)


@require_POST
@requires(Role.TEAM_ADMIN)
def reopen(request: Request, pk: UUID) -> HttpResponse:
    return take_back(request, pk, actions.reopen, _("“%s” is open again."))


@require_POST
@requires(Role.TEAM_ADMIN)
def undo(request: Request, pk: UUID) -> HttpResponse:
    return take_back(request, pk, actions.undo, _("Undone: “%s” is open again."))


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


@require_POST
@requires(Role.TEAM_ADMIN)
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


def tab(request: Request, selected: FlowProposal | None = None) -> str:
    """The tab asked for, else where the proposal that a page was opened for stands.

    Links of the other tabs all name theirs, so what does not is about the pending ones.
    """
    asked = request.GET.get("status", "")
    if asked in reading.TABS:
        return asked
    return reading.tab_of(selected.status) if selected else "pending"


def narrowed(request: Request, open_tab: str) -> ProposalFilter:
    return ProposalFilter(request.GET, queryset=reading.queue(request.user, open_tab), request=request)


def queue_context(request: Request, open_tab: str) -> dict[str, Any]:
    filters = narrowed(request, open_tab)
    cursor = request.GET.get("after", "")
    page = page_of(filters.qs if filters.is_valid() else filters.queryset, cursor)
    filtered = bool(filters.is_valid() and filters.form.has_changed())
    return {
        "tab": open_tab,
        "kept": {"status": open_tab},
        "tabs": [tab_link(request, name, current=name == open_tab) for name in reading.TABS],
        "filter": filters,
        "filtered": filtered,
        "clear_url": f"{reverse('proposals:queue')}?status={open_tab}",
        "page": page,
        "first_run": not page.rows and not filtered and reading.nothing_was_ever_proposed(request.user),
        "following_page": cursor,
        "query": address(request, open_tab),
    }


def tab_link(request: Request, name: str, *, current: bool) -> dict[str, Any]:
    """A status tab; the filters stay on when it is changed."""
    kept = request.GET.copy()
    kept.pop("after", None)
    kept["status"] = name
    url = f"{reverse('proposals:queue')}?{kept.urlencode()}"
    return {"name": name, "label": TAB_WORDS[name], "url": url, "current": current}


def address(request: Request, open_tab: str = "") -> str:
    """The query string that every link of the queue carries on: "?status=…" or ""."""
    kept = request.GET.copy()
    kept.pop("after", None)
    if open_tab and open_tab != tab(request):
        kept["status"] = open_tab
    return f"?{kept.urlencode()}" if kept else ""


def detail_of(request: Request, pk: UUID) -> reading.Detail:
    return reading.detail(reading.proposal(request.user, pk), request.user)


def decide(request: Request, pk: UUID, decision: Decision) -> HttpResponse:
    """A decision's dialog on GET; on POST the verb, then the next proposal or why not."""
    proposal = find(FlowProposal, request.user, pk)
    if request.method == "GET":
        return ask(request, proposal, decision, decision.form(initial={"draft": proposal.current_draft_id}))
    form = decision.form(request.POST)
    if not form.is_valid():
        if decision.dialog and "draft" not in form.errors:
            return ask(request, proposal, decision, form, status=422)
        said = _("The page sent something unreadable. Reload it and decide again.")
        return refused(request, said, detail_url(request, proposal))
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
    """The next older row of the queue as filtered, else the newest one that is not this."""
    filters = narrowed(request, tab(request))
    rows = (filters.qs if filters.is_valid() else filters.queryset).exclude(pk=proposal.pk)
    ordered = rows.order_by("-created_at", "-id")
    at = proposal.created_at
    older = ordered.filter(Q(created_at__lt=at) | Q(created_at=at, pk__lt=proposal.pk)).first()
    found: FlowProposal | None = older or ordered.first()
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


def stale(request: Request, proposal: FlowProposal, conflict: str) -> HttpResponse:
    """Somebody was first, or the draft is another one now: say so and show what is true."""
    if not wants_fragment(request):
        messages.warning(request, conflict)
        return see_other(detail_url(request, proposal))
    toast = {"level": "warning", "message": conflict}
    return panel(request, proposal, toast, context={"conflict": conflict}, status=409)


def panel(
    request: Request,
    proposal: FlowProposal | None,
    toast: dict[str, Any],
    *,
    context: dict[str, Any],
    status: int = 200,
) -> HttpResponse:
    """A proposal in the panel, wherever the request came from; counts, rows and a toast out-of-band."""
    shown = {
        **context,
        "query": address(request),
        "detail": detail_of(request, proposal.pk) if proposal else None,
        "toast": toast,
    }
    templates = ["proposals/_detail.html", "proposals/_decided.html", "components/_toast.html"]
    response = retarget(fragments(request, templates, shown, status=status), "#detail")
    return replace_url(response, detail_url(request, proposal) if proposal else queue_url(request))


def refused(request: Request, said: str, back: str, *, status: int = 422) -> HttpResponse:
    """The rules say no: a warning toast, and everything stays as it was."""
    if not wants_fragment(request):
        messages.warning(request, said)
        return see_other(back)
    toast = {"level": "warning", "message": said}
    response = fragments(request, ["components/_toast.html"], {"toast": toast}, status=status)
    return reswap(response, "none")


def status_of(refusal: Exception) -> int:
    return 403 if isinstance(refusal, NotAllowed) else 422


def row_id(proposal: FlowProposal) -> str:
    return f"row-{proposal.pk}"


def queue_url(request: Request) -> str:
    return reverse("proposals:queue") + address(request)


def detail_url(request: Request, proposal: FlowProposal) -> str:
    return reverse("proposals:detail", args=[proposal.pk]) + address(request)


def session_url(session: AISession) -> str:
    return reverse("sessions:detail", args=[session.pk])


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
