"""What the doors of the review answer with: the list, the panel beside it, toasts and refusals."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django_htmx.http import replace_url, reswap, retarget

from flowpilot.accounts.http import Request
from flowpilot.accounts.models import SavedView
from flowpilot.accounts.roles import NotAllowed
from flowpilot.core.paging import page_of
from flowpilot.core.web import fragments, see_other, wants_fragment
from proposals import actions, opened, reading
from proposals.context import expect_counts
from proposals.filters import ProposalFilter
from proposals.models import FlowProposal
from proposals.views.addresses import address, detail_url, queue_url

REFUSALS = (
    NotAllowed,
    actions.NeedsEdit,
    actions.ReasonRequired,
    actions.Unconfirmed,
    actions.CannotSplit,
    actions.CannotUndo,
    actions.FlowRetired,
    actions.NotItsOriginal,
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


def narrowed(request: Request, open_tab: str) -> ProposalFilter:
    return ProposalFilter(request.GET, queryset=reading.queue(request.user, open_tab), request=request)


def rows_of(filters: ProposalFilter) -> QuerySet[FlowProposal]:
    """What the filters leave; a filter that cannot be read leaves everything."""
    rows: QuerySet[FlowProposal] = filters.qs if filters.is_valid() else filters.queryset
    return rows


def queue_context(request: Request, open_tab: str) -> dict[str, Any]:
    expect_counts(request)
    filters = narrowed(request, open_tab)
    cursor = request.GET.get("after", "")
    page = page_of(rows_of(filters), cursor, sort=filters.order)
    filtered = filters.narrows
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
        "may_decide": bool(request.user.account_admin or request.user.admin_team_ids),
        "since": timezone.now().isoformat(),
        "screen": SavedView.Screen.REVIEW,
        "query": address(request, open_tab),
    }


def tab_link(request: Request, name: str, *, current: bool) -> dict[str, Any]:
    """A status tab; the filters stay on when it is changed."""
    kept = request.GET.copy()
    kept.pop("after", None)
    kept["status"] = name
    url = f"{reverse('proposals:queue')}?{kept.urlencode()}"
    return {"name": name, "label": TAB_WORDS[name], "url": url, "current": current}


def detail_of(request: Request, pk: UUID, *, with_decisions: bool = True) -> reading.Detail:
    return reading.detail(opened.proposal(request.user, pk, with_decisions=with_decisions), request.user)


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
