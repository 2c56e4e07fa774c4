"""One decision about many proposals: asked once, then answered with what was done and what was not."""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect

from flowpilot.accounts.http import Request
from flowpilot.accounts.roles import Role, requires
from flowpilot.core.web import page_or_fragment, see_other, visible, wants_fragment
from proposals import actions
from proposals.forms import BulkDismissForm, BulkForm, BulkRejectForm
from proposals.models import FlowProposal
from proposals.views.addresses import address, queue_url, tab
from proposals.views.panels import narrowed, refused, rows_of

AT_ONCE: Final = 200
"""Proposals that one press decides about; of more, the first of the list."""
ASKED: Mapping[str, type[forms.Form]] = {
    "approve": forms.Form,
    "dismiss": BulkDismissForm,
    "reject": BulkRejectForm,
}
VERBS: Mapping[str, Any] = {
    "approve": actions.approve,
    "dismiss": actions.dismiss,
    "reject": actions.reject,
}


@require_POST
@requires(Role.TEAM_ADMIN)
def bulk(request: Request) -> HttpResponse:
    """Without `sure` the question, which holds what was ticked; with it, the decision."""
    given = BulkForm(request.POST)
    chosen = list(proposals_of(request)) if given.is_valid() else []
    if not chosen:
        return refused(request, _("Tick at least one proposal."), queue_url(request))
    action, sure = given.cleaned_data["action"], given.cleaned_data["sure"]
    form = ASKED[action](request.POST) if sure else ASKED[action]()
    if not sure or not form.is_valid():
        return ask(request, action, form, chosen, status=422 if sure else 200)
    outcome = actions.decide_each(
        chosen,
        lambda proposal, draft: VERBS[action](proposal, draft=draft, **form.cleaned_data, by=request.user),
    )
    tell(request, action, outcome)
    back = queue_url(request)
    return HttpResponseClientRedirect(back) if wants_fragment(request) else see_other(back)


def ask(
    request: Request,
    action: str,
    form: forms.Form,
    chosen: list[tuple[FlowProposal, UUID]],
    *,
    status: int,
) -> HttpResponse:
    context = {
        "action": action,
        "form": form,
        "chosen": chosen,
        "query": address(request),
        "dialog": "proposals/_bulk.html",
    }
    return page_or_fragment(request, "proposals/bulk.html", "proposals/_bulk.html", context, status=status)


def proposals_of(request: Request) -> Iterator[tuple[FlowProposal, UUID]]:
    """What was ticked, each with the draft that was seen; with `all` what the filters leave, as it is now."""
    if request.POST.get("all") and not request.POST.get("sure"):
        rows = rows_of(narrowed(request, tab(request)))[:AT_ONCE]
        yield from ((row, row.current_draft_id) for row in rows if row.current_draft_id)
        return
    seen = dict(_pairs(request.POST))
    rows = visible(FlowProposal, request.user).filter(pk__in=list(seen)[:AT_ONCE])
    yield from ((row, seen[row.pk]) for row in rows.order_by("-created_at", "-id"))


def _pairs(posted: QueryDict) -> Iterator[tuple[UUID, UUID]]:
    """ "<proposal>:<draft>"; what cannot be read was not written by our page."""
    for value in posted.getlist("ids"):
        proposal, _colon, draft = value.partition(":")
        try:
            yield UUID(proposal), UUID(draft)
        except ValueError:
            continue


def tell(request: Request, action: str, outcome: actions.Outcome) -> None:
    """ "12 approved, 2 skipped: changes to a flow need Edit & publish (2)"."""
    words = {
        "approve": ngettext("%(n)s approved", "%(n)s approved", outcome.done),
        "dismiss": ngettext("%(n)s dismissed", "%(n)s dismissed", outcome.done),
        "reject": ngettext("%(n)s rejected", "%(n)s rejected", outcome.done),
    }
    said = words[action] % {"n": outcome.done}
    if outcome.skipped:
        reasons = ", ".join(f"{reason} ({count})" for reason, count in outcome.skipped.most_common())
        said += _(", %(n)s skipped: %(reasons)s") % {"n": outcome.skipped.total(), "reasons": reasons}
    (messages.warning if outcome.skipped else messages.success)(request, said)
