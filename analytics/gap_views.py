"""The doors of the knowledge gaps."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from analytics import gap_reading
from analytics.actions import gaps
from analytics.gap_filters import WEIGHTIEST_FIRST, GapFilter
from analytics.models import KnowledgeGap
from flowpilot.accounts.http import Request
from flowpilot.accounts.roles import Role, requires
from flowpilot.core.web import list_page, see_other
from proposals.models import SessionAnalysis

SAID = {
    "acknowledge": gettext_lazy("“%(title)s” is acknowledged."),
    "resolve": gettext_lazy("“%(title)s” is resolved; it opens again when more sessions show it."),
    "dismiss": gettext_lazy("“%(title)s” is dismissed and will not be shown again."),
    "reopen": gettext_lazy("“%(title)s” is open again."),
}


@require_GET
@requires(Role.TEAM_ADMIN)
def gap_list(request: Request) -> HttpResponse:
    """Where knowledge is missing, the weightiest first."""
    tab, others = gap_reading.tab_named(request.GET.get("state", "")), request.GET.copy()
    for name in ("state", "after"):
        others.pop(name, None)
    rows = gap_reading.gaps_under(tab, request.user)

    def around() -> gap_reading.Listed:
        narrowed = GapFilter(request.GET, queryset=rows, request=request)
        return gap_reading.listed(tab, others.urlencode(), narrowed.qs if narrowed.is_valid() else rows)

    return list_page(
        request,
        GapFilter,
        rows,
        page="analytics/gaps.html",
        fragment="analytics/_gap_rows.html",
        beside=["analytics/_gaps_around.html"],
        sorts=WEIGHTIEST_FIRST,
        # Rows that follow stand within what is around the first ones: it is not read again.
        more={"shown": SimpleLazyObject(around), "kept": {"state": tab}},
    )


@require_GET
@requires(Role.TEAM_ADMIN)
def gap(request: Request, pk: UUID) -> HttpResponse:
    """One gap: what was measured, and the sessions that show it."""
    found = gap_reading.gap_of(request.user, pk)
    return render(request, "analytics/gap.html", {"shown": gap_reading.detail(request.user, found)})


@require_POST
@requires(Role.TEAM_ADMIN)
def decide(request: Request, pk: UUID, verb: str) -> HttpResponse:
    """Acknowledge, resolve, dismiss or reopen, and back to the gap."""
    if verb not in gaps.DECISIONS:
        raise Http404
    found = gap_reading.gap_of(request.user, pk)
    gaps.DECISIONS[verb](found, by=request.user)
    messages.success(request, SAID[verb] % {"title": found.title})
    return see_other(reverse("analytics:gap", args=[pk]))


@require_POST
@requires(Role.TEAM_ADMIN)
def draft(request: Request, pk: UUID) -> HttpResponse:
    """Have the gap's sessions analysed together; on to the proposal, if there is one now."""
    found = gap_reading.gap_of(request.user, pk)
    try:
        analysis = gaps.draft_flow(found, by=request.user)
    except gaps.ManyProblems:
        messages.warning(request, _("These sessions are about many problems: no flow answers them all."))
        return see_other(_address(found))
    except gaps.NothingToDraftFrom:
        messages.warning(
            request, _("No session of this gap is resolved: there is nothing to learn from yet.")
        )
        return see_other(_address(found))
    if analysis.proposal_id:
        messages.success(
            request, _("A draft was made from the sessions of “%(title)s”.") % {"title": found.title}
        )
        return see_other(reverse("proposals:detail", args=[analysis.proposal_id]))
    messages.warning(request, _why(analysis))
    return see_other(_address(found))


def _why(analysis: SessionAnalysis) -> str:
    told: dict[str, Any] = {"reason": analysis.reason or analysis.error}
    return _("Nothing was proposed. %(reason)s") % told


def _address(found: KnowledgeGap) -> str:
    return reverse("analytics:gap", args=[found.pk])
