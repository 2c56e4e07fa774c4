"""One decision about many proposals: asked once, then answered with what was done and what was not."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import Prefetch
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
from proposals.models import FlowProposal, ProposalDraft
from proposals.views.addresses import address, beside_the_list, queue_url, tab
from proposals.views.panels import narrowed, refused

AT_ONCE: Final = 200
"""Proposals that one press decides about; of more, the first of the list."""
TOO_MANY: Final = 2**31
"""No draft has such a number; the database could not read it."""
COUNTED: Final = 10_000
"""What matches is counted so far."""
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


class Unreadable(Exception):
    """The filters cannot be read, so nobody can say what matches them."""


@dataclass(frozen=True)
class Chosen:
    """What one press is about: proposals in the order of the list, each with the draft that was seen (its key
    and number). `found` is how many were ticked or match, beyond `COUNTED` one more than that. `filters`: the
    form of those that they match, None for ticked ones."""

    pairs: list[tuple[FlowProposal, ProposalDraft]]
    found: int
    filters: forms.Form | None = None

    @property
    def left(self) -> int:
        return self.found - len(self.pairs)

    @property
    def counted(self) -> str:
        """How many there are, in figures."""
        return f"{COUNTED}+" if self.found > COUNTED else str(self.found)


@require_POST
@requires(Role.TEAM_ADMIN)
@beside_the_list
def bulk(request: Request) -> HttpResponse:
    """Without `sure` the question, which holds what was ticked; with it, the decision."""
    given = BulkForm(request.POST)
    try:
        chosen = chosen_by(request) if given.is_valid() else None
    except Unreadable:
        said = _("A filter cannot be read, so nothing was chosen. Correct it, or tick the proposals.")
        return refused(request, said, queue_url(request))
    if chosen is None or not chosen.pairs:
        return refused(request, _("Tick at least one proposal."), queue_url(request))
    action, sure = given.cleaned_data["action"], given.cleaned_data["sure"]
    form = ASKED[action](request.POST) if sure else ASKED[action]()
    if not sure or not form.is_valid():
        return ask(request, action, form, chosen, status=422 if sure else 200)
    outcome = actions.decide_each(
        [(proposal, draft.pk) for proposal, draft in chosen.pairs],
        lambda proposal, draft: VERBS[action](proposal, draft=draft, **form.cleaned_data, by=request.user),
    )
    if chosen.left:
        outcome.skipped[_("more than %(count)s at once") % {"count": AT_ONCE}] = chosen.left
    tell(request, action, outcome)
    back = queue_url(request)
    return HttpResponseClientRedirect(back) if wants_fragment(request) else see_other(back)


def ask(request: Request, action: str, form: forms.Form, chosen: Chosen, *, status: int) -> HttpResponse:
    context = {
        "action": action,
        "form": form,
        "chosen": chosen,
        "query": address(request),
        "dialog": "proposals/_bulk.html",
    }
    return page_or_fragment(request, "proposals/bulk.html", "proposals/_bulk.html", context, status=status)


def chosen_by(request: Request) -> Chosen:
    """What was ticked; with `all` what the filters leave, as it is now. Raises `Unreadable`."""
    if request.POST.get("all") and not request.POST.get("sure"):
        return all_that_match(request)
    seen = dict(_pairs(request.POST))
    first = list(seen)[:AT_ONCE]
    rows = visible(FlowProposal, request.user).in_bulk(first)
    named = visible(ProposalDraft, request.user).filter(proposal__in=rows, number__in=set(seen.values()))
    drafts = {(draft.proposal_id, draft.number): draft for draft in named.only("proposal", "number")}
    pairs = [(rows[pk], drafts[pk, seen[pk]]) for pk in first if (pk, seen[pk]) in drafts]
    return Chosen(pairs, len(seen) - len(first) + len(pairs))


def all_that_match(request: Request) -> Chosen:
    filters = narrowed(request, tab(request))
    if not filters.is_valid():
        raise Unreadable
    drafts = Prefetch("current_draft", ProposalDraft.objects.only("number"))
    rows = filters.qs.filter(current_draft__isnull=False).prefetch_related(drafts)
    first = list(filters.order.ordered(rows)[:AT_ONCE])
    found = len(first) if len(first) < AT_ONCE else rows.order_by()[: COUNTED + 1].count()
    return Chosen([(row, row.current_draft) for row in first], found, filters.form)


def _pairs(posted: QueryDict) -> Iterator[tuple[UUID, int]]:
    """ "<proposal>:<number of its draft>"; what cannot be read was not written by our page."""
    for value in posted.getlist("ids"):
        proposal, _colon, draft = value.partition(":")
        try:
            row, number = UUID(proposal), int(draft)
        except ValueError:
            continue
        if 0 < number < TOO_MANY:
            yield row, number


def tell(request: Request, action: str, outcome: actions.Outcome) -> None:
    """ "12 approved, 2 skipped: changes to a flow need Edit & publish (2)"."""
    words = {
        "approve": ngettext("%(n)s approved", "%(n)s approved", outcome.done),
        "dismiss": ngettext("%(n)s dismissed", "%(n)s dismissed", outcome.done),
        "reject": ngettext("%(n)s rejected", "%(n)s rejected", outcome.done),
    }
    said = words[action] % {"n": outcome.done}
    if outcome.skipped:
        by_number = sorted(outcome.skipped.items(), key=lambda one: (-one[1], one[0]))
        reasons = ", ".join(f"{reason} ({count})" for reason, count in by_number)
        said += _(", %(n)s skipped: %(reasons)s") % {"n": outcome.skipped.total(), "reasons": reasons}
    (messages.warning if outcome.skipped else messages.success)(request, said)
